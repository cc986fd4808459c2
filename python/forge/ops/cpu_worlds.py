"""The CPU kernels of the operators on hidden hands; `world_schemas` has their contract."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.ops import world_schemas as schemas


def _questions(allowed: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    """Contiguous [B, 3], or ForgeError where a mask or size cannot be."""
    allowed, sizes = allowed.contiguous(), sizes.contiguous()
    row, reason = native.first_bad_constraints(
        allowed.data_ptr(), sizes.data_ptr(), allowed.shape[0]
    )
    if row >= 0:
        raise ForgeError(
            f"row {row}: {reason}, got allowed {allowed[row].tolist()}, sizes {sizes[row].tolist()}"
        )
    return allowed, sizes


def count_worlds(allowed: Tensor, sizes: Tensor) -> Tensor:
    schemas.check_constraints(allowed, sizes)
    allowed, sizes = _questions(allowed, sizes)
    counts = schemas.empty_counts(allowed)
    native.count_worlds(
        allowed.data_ptr(),
        sizes.data_ptr(),
        allowed.shape[0],
        counts.data_ptr(),
        torch.get_num_threads(),
    )
    return counts


def sample_worlds(
    allowed: Tensor, sizes: Tensor, keys: Tensor, n_samples: int, sampler: str = "uniform"
) -> Tensor:
    schemas.check_sampling(allowed, sizes, keys, n_samples, sampler)
    allowed, sizes = _questions(allowed, sizes)
    keys = keys.contiguous()
    n = allowed.shape[0]
    row, reason = native.first_without_world(allowed.data_ptr(), sizes.data_ptr(), n)
    if row >= 0:
        raise ForgeError(
            f"row {row} has no world: {reason}; "
            f"got allowed {allowed[row].tolist()}, sizes {sizes[row].tolist()}"
        )
    worlds = schemas.empty_worlds(allowed, n, n_samples)
    native.sample_worlds(
        allowed.data_ptr(),
        sizes.data_ptr(),
        keys.data_ptr(),
        n,
        n_samples,
        schemas.SAMPLERS[sampler],
        worlds.data_ptr(),
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
        allowed.data_ptr(),
        sizes.data_ptr(),
        start,
        stop - start,
        worlds.data_ptr(),
        torch.get_num_threads(),
    )
    return worlds


KERNELS: dict[str, Callable[..., Any]] = {
    "count_worlds": count_worlds,
    "sample_worlds": sample_worlds,
    "enumerate_worlds": enumerate_worlds,
}
