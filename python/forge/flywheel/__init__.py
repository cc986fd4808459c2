"""Loops in which players get better by what they themselves made."""
