"""Lanes of a device: each searches one position after the other, with a table of its own."""

from typing import Final

import torch
from torch import Tensor

# So many a multiprocessor; 2^10 entries of 8 bytes a lane.
LANES_PER_MULTIPROCESSOR: int = 512
LOG2_LANE_TABLE: int = 10
_ENTRY_TYPE: Final = torch.int64


def most_lanes(device: torch.device) -> int:
    """How many lanes a device is given, at most."""
    properties = torch.cuda.get_device_properties(device)
    return properties.multi_processor_count * LANES_PER_MULTIPROCESSOR


def lane_tables(n_lanes: int, device: torch.device) -> Tensor:
    """int64 [n_lanes, entries], empty tables."""
    return torch.zeros((n_lanes, 1 << LOG2_LANE_TABLE), dtype=_ENTRY_TYPE, device=device)
