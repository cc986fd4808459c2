"""The players of the arena; each file is imported when one of its players is built."""
