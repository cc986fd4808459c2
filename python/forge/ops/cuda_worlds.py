"""The CUDA kernels of the operators on hidden hands; `world_schemas` has their contract."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from forge.build import native
from forge.ops import world_schemas as schemas
from forge.ops.device import current_stream, on_device

# Rows of `sample_worlds` (uniform) that have their table at a time: 12 KB each, 50 MB in all.
N_TABLES = 4096


def _tables(allowed: Tensor, n: int) -> Tensor:
    return torch.empty((n, native.cuda.WORLD_TABLE_BYTES), dtype=torch.uint8, device=allowed.device)


def _count_worlds(allowed: Tensor, sizes: Tensor) -> Tensor:
    schemas.check_constraints(allowed, sizes)
    allowed, sizes = allowed.contiguous(), sizes.contiguous()
    counts = schemas.empty_counts(allowed)
    with torch.cuda.device(allowed.device):
        native.cuda.count_worlds(
            on_device(allowed), on_device(sizes), on_device(counts), current_stream(allowed)
        )
    return counts


def _sample_worlds(
    allowed: Tensor, sizes: Tensor, keys: Tensor, n_samples: int, sampler: str = "uniform"
) -> Tensor:
    schemas.check_sampling(allowed, sizes, keys, n_samples, sampler)
    allowed, sizes, keys = allowed.contiguous(), sizes.contiguous(), keys.contiguous()
    n = allowed.shape[0]
    worlds = schemas.empty_worlds(allowed, n, n_samples)
    with torch.cuda.device(allowed.device):
        stream = current_stream(allowed)
        if schemas.SAMPLERS[sampler] == native.Sampler.MRV:
            native.cuda.sample_mrv(
                on_device(allowed), on_device(sizes), on_device(keys), on_device(worlds), stream
            )
        else:
            tables = _tables(allowed, max(1, min(n, N_TABLES)))
            native.cuda.sample_uniform(
                on_device(allowed),
                on_device(sizes),
                on_device(keys),
                on_device(tables),
                on_device(worlds),
                stream,
            )
    return worlds


def _enumerate_worlds(allowed: Tensor, sizes: Tensor, start: int, stop: int) -> Tensor:
    schemas.check_question(allowed, sizes)
    schemas.check_range(start, stop)
    allowed, sizes = allowed.contiguous(), sizes.contiguous()
    worlds = schemas.empty_worlds(allowed, stop - start)
    with torch.cuda.device(allowed.device):
        table = _tables(allowed, 1)
        native.cuda.enumerate_worlds(
            on_device(allowed),
            on_device(sizes),
            start,
            on_device(table),
            on_device(worlds),
            current_stream(allowed),
        )
    return worlds


KERNELS: dict[str, Callable[..., Any]] = {
    "count_worlds": _count_worlds,
    "sample_worlds": _sample_worlds,
    "enumerate_worlds": _enumerate_worlds,
}
