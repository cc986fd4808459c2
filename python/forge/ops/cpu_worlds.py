"""The CPU kernels of the operators on hidden hands; `world_schemas` has their contract."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.ops import world_schemas as schemas
from forge.ops.schemas import on_cpu

Array = npt.NDArray[Any]


def _questions(allowed: Tensor, sizes: Tensor) -> tuple[Array, Array]:
    """Contiguous [B, 3], or ForgeError where a mask or size cannot be."""
    masks, held = on_cpu("allowed", allowed), on_cpu("sizes", sizes)
    row, reason = native.first_bad_constraints(masks, held)
    if row >= 0:
        raise ForgeError(
            f"row {row}: {reason}, got allowed {masks[row].tolist()}, sizes {held[row].tolist()}"
        )
    return masks, held


def count_worlds(allowed: Tensor, sizes: Tensor) -> Tensor:
    schemas.check_constraints(allowed, sizes)
    questions = _questions(allowed, sizes)
    counts = schemas.empty_counts(allowed)
    native.count_worlds(*questions, counts.numpy(), torch.get_num_threads())
    return counts


def sample_worlds(
    allowed: Tensor, sizes: Tensor, keys: Tensor, n_samples: int, sampler: str = "uniform"
) -> Tensor:
    schemas.check_sampling(allowed, sizes, keys, n_samples, sampler)
    masks, held = _questions(allowed, sizes)
    row, reason = native.first_without_world(masks, held)
    if row >= 0:
        raise ForgeError(
            f"row {row} has no world: {reason}; "
            f"got allowed {masks[row].tolist()}, sizes {held[row].tolist()}"
        )
    worlds = schemas.empty_worlds(allowed, allowed.shape[0], n_samples)
    native.sample_worlds(
        masks,
        held,
        on_cpu("keys", keys),
        schemas.SAMPLERS[sampler],
        worlds.numpy(),
        torch.get_num_threads(),
    )
    return worlds


def enumerate_worlds(allowed: Tensor, sizes: Tensor, start: int, stop: int) -> Tensor:
    schemas.check_question(allowed, sizes)
    schemas.check_range(start, stop)
    allowed, sizes = allowed.contiguous(), sizes.contiguous()
    n_worlds = int(count_worlds(allowed[None], sizes[None]))
    if stop > n_worlds:
        raise ForgeError(f"stop must be at most the number of worlds, {n_worlds}, got {stop}")
    worlds = schemas.empty_worlds(allowed, stop - start)
    native.enumerate_worlds(
        allowed.numpy(), sizes.numpy(), start, worlds.numpy(), torch.get_num_threads()
    )
    return worlds


KERNELS: dict[str, Callable[..., Any]] = {
    "count_worlds": count_worlds,
    "sample_worlds": sample_worlds,
    "enumerate_worlds": enumerate_worlds,
}
