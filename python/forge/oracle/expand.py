"""Child states: see `forge.ops.expand_states`."""

from forge.ops import expand_states

__all__ = ["expand_states"]
