"""The exact oracle: deals, positions, tablebases, search, and shards of them."""
