"""The operators, as ``torch.ops.forge.*`` and as functions of this module.

`schemas` is their contract; `cpu` and `cuda` register the kernels.
"""

from typing import Any

import torch

from forge.ops import cpu as cpu
from forge.ops import cuda as cuda
from forge.ops.cpu import count_states, verify_tablebase
from forge.ops.device import resolve_device
from forge.ops.memory import release_memory

__all__ = [
    "backward_induction",
    "count_states",
    "count_worlds",
    "enumerate_states",
    "enumerate_worlds",
    "expand_states",
    "play",
    "release_memory",
    "resolve_device",
    "sample_worlds",
    "search",
    "search_at_least",
    "solve",
    "tokenize_states",
    "verify_tablebase",
]

enumerate_states: Any = torch.ops.forge.enumerate_states
expand_states: Any = torch.ops.forge.expand_states
backward_induction: Any = torch.ops.forge.backward_induction
solve: Any = torch.ops.forge.solve
search: Any = torch.ops.forge.search
search_at_least: Any = torch.ops.forge.search_at_least
tokenize_states: Any = torch.ops.forge.tokenize_states
play: Any = torch.ops.forge.play
count_worlds: Any = torch.ops.forge.count_worlds
sample_worlds: Any = torch.ops.forge.sample_worlds
enumerate_worlds: Any = torch.ops.forge.enumerate_worlds
