"""The contract of the operators on hidden hands: checks, fakes, shapes and types.

A *question* is ``allowed`` int32 [3], the masks (bit = domino id) of the unseen dominoes that each
hidden seat may hold, and ``sizes`` int8 [3], how many dominoes it holds (0..7). The unseen dominoes
are the union of the masks. A *world* deals each of them to one seat: int32 [3], a mask a seat.

* ``count_worlds(allowed [B, 3], sizes [B, 3])``: int64 [B], exact; 0 where the sizes do not add up
  to the unseen dominoes or the masks leave no way.
* ``enumerate_worlds(allowed [3], sizes [3], start, stop)``: int32 [stop - start, 3], worlds number
  ``start`` to ``stop - 1``. The order is that of the text that names the seat of each unseen
  domino, lowest id first: "000...", ..., so number 0 gives the lowest ids to the first seats.
* ``sample_worlds(allowed [B, 3], sizes [B, 3], keys int64 [B], n_samples, sampler)``: int32
  [B, n_samples, 3]. World j of a row depends on the question, its key, j and the sampler alone.
  ``uniform``: every world equally likely. ``mrv``: of the dominoes that the fewest seats can still
  take, one at random goes to one of those seats at random, until all are dealt; not uniform.

A row that no world answers is an error of `sample_worlds` on the CPU. CUDA waits for nothing, so
there such a row, and what lies beyond the last world of `enumerate_worlds`, is -1.
"""

import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError, brief
from forge.game.constants import N_HIDDEN
from forge.ops.schemas import LIBRARY, expect, same_device

SAMPLERS = {"uniform": native.Sampler.UNIFORM, "mrv": native.Sampler.MRV}


def check_constraints(allowed: Tensor, sizes: Tensor) -> None:
    """allowed int32 [B, 3], sizes int8 [B, 3]."""
    ok = allowed.dim() == 2 and allowed.shape[1] == N_HIDDEN
    expect("allowed", allowed, torch.int32, "[B, 3]", ok)
    n = allowed.shape[0]
    expect("sizes", sizes, torch.int8, f"[{n}, 3]", sizes.shape == allowed.shape)
    same_device(allowed=allowed, sizes=sizes)


def check_question(allowed: Tensor, sizes: Tensor) -> None:
    """allowed int32 [3], sizes int8 [3]."""
    for name, tensor, dtype in (("allowed", allowed, torch.int32), ("sizes", sizes, torch.int8)):
        expect(name, tensor, dtype, "[3]", tensor.dim() == 1 and tensor.shape[0] == N_HIDDEN)
    same_device(allowed=allowed, sizes=sizes)


def check_sampling(
    allowed: Tensor, sizes: Tensor, keys: Tensor, n_samples: int, sampler: str
) -> None:
    """What `sample_worlds` takes; keys int64 [B]."""
    check_constraints(allowed, sizes)
    n = allowed.shape[0]
    expect("keys", keys, torch.int64, f"[{n}]", keys.dim() == 1 and keys.shape[0] == n)
    same_device(allowed=allowed, keys=keys)
    if n_samples < 1:
        raise ForgeError(f"n_samples must be 1 or more, got {n_samples}")
    check_sampler(sampler)


def check_sampler(sampler: str) -> None:
    """One of `SAMPLERS`."""
    if not isinstance(sampler, str) or sampler not in SAMPLERS:
        raise ForgeError(f"sampler must be {' or '.join(SAMPLERS)}, got {brief(sampler)}")


def check_range(start: int, stop: int) -> None:
    """0 <= start <= stop."""
    if start < 0 or stop < start:
        raise ForgeError(f"start and stop must be 0 <= start <= stop, got {start} and {stop}")


def empty_counts(allowed: Tensor) -> Tensor:
    """Room for int64 [B]."""
    return allowed.new_empty(allowed.shape[0], dtype=torch.int64)


def empty_worlds(allowed: Tensor, *shape: int) -> Tensor:
    """Room for int32 [*shape, 3]."""
    return allowed.new_empty((*shape, N_HIDDEN))


@torch.library.register_fake("forge::count_worlds", lib=LIBRARY)
def _fake_count_worlds(allowed: Tensor, sizes: Tensor) -> Tensor:
    check_constraints(allowed, sizes)
    return empty_counts(allowed)


@torch.library.register_fake("forge::sample_worlds", lib=LIBRARY)
def _fake_sample_worlds(
    allowed: Tensor, sizes: Tensor, keys: Tensor, n_samples: int, sampler: str = "uniform"
) -> Tensor:
    check_sampling(allowed, sizes, keys, n_samples, sampler)
    return empty_worlds(allowed, allowed.shape[0], n_samples)


@torch.library.register_fake("forge::enumerate_worlds", lib=LIBRARY)
def _fake_enumerate_worlds(allowed: Tensor, sizes: Tensor, start: int, stop: int) -> Tensor:
    check_question(allowed, sizes)
    check_range(start, stop)
    return empty_worlds(allowed, stop - start)
