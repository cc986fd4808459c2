"""The exact oracle: positions, search, tablebases, and shards of them."""
