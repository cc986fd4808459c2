"""Shards: files of solved deals, their names, format, checks, and the pipeline that makes them."""
