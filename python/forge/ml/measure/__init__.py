"""How good a Stage 1 network is: the reference protocol, one pass over rows, and what it found."""
