"""The page on which people play: built from a source checkout, and served to this machine."""
