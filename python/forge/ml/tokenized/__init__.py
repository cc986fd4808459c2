"""Tokenised data on disk: where positions come from, and the folder they are kept in."""
