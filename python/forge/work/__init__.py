"""How long work is done: whole files, claims, results, processes, stopping, progress, tracking."""
