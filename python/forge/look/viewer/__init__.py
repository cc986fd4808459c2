"""The terminal program that steps through decisions."""
