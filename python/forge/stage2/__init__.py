"""Stage 2: networks that play from a transcript, without seeing the other hands."""
