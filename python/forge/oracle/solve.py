"""The whole tablebase of a deal: see `forge.ops.solve` and `Tablebase`."""

from forge.ops import backward_induction, count_states, enumerate_states, solve, verify_tablebase

__all__ = [
    "backward_induction",
    "count_states",
    "enumerate_states",
    "solve",
    "verify_tablebase",
]
