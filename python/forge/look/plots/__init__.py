"""Plots of results, as PNG."""
