"""The catalogue: trained networks that ship with the package, found by name and checked by hash."""
