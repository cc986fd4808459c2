"""The networks of Stage 1: a token block in, seven scores and a value out."""
