"""Advice at the table, and review of hands that were played."""
