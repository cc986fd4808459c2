"""Host memory for large outputs, kept for the next one.

The first touch of fresh pages takes longer than solving what is written to them, so outputs of
`solve` and `enumerate_states` on the CPU come from a pool: when the last tensor that uses a block
is gone, the block waits for the next solve. `release_memory` gives it back to the system. Blocks of
the largest deals go back at once: they would make a process of any size one of gigabytes for good.
"""

import torch
from torch import Tensor

from forge.build import native

KEEP_BYTES = 1 << 30  # kept at most; blocks in use are not counted
LARGE_BYTES = 1 << 28  # from here on a block is not kept: the states of deals from 34 million on

_pool = native.HostPool(KEEP_BYTES)


def empty(n: int, dtype: torch.dtype) -> Tensor:
    """An uninitialised tensor [n] on the CPU."""
    if n == 0:
        return torch.empty(0, dtype=dtype)
    if n * dtype.itemsize >= LARGE_BYTES:
        return torch.empty(n, dtype=dtype)
    return torch.frombuffer(native.PooledBuffer(_pool, n * dtype.itemsize), dtype=dtype)


def tablebase_work() -> native.TablebaseWork:
    """Scratch of one tablebase, 18 MB; it goes back with its last user."""
    return native.TablebaseWork(_pool)


def kept_bytes() -> int:
    """Bytes waiting for the next solve."""
    return _pool.kept_bytes


def release_memory() -> None:
    """Gives the waiting memory back to the system."""
    _pool.release()
