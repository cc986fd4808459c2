"""Command lines: one table in `main`, one module a command."""
