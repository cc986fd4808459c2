"""How wrong E[Q] of samples, and of a network, is."""
