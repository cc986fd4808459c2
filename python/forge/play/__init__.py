"""Hands in lock step: what was played, what a seat may know of it, and random numbers by name."""
