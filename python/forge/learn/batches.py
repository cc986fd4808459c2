"""Rows to learn from or to measure on, in batches, and which slot a network's scores choose."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Batch = dict[str, Tensor]


class RowSource(Protocol):
    """What can be evaluated: `TokenizedSplit`, `ReferenceRows`, or anything like them."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: Sequence[int]) -> Batch: ...


def spread(n_rows: int, limit: int | None) -> npt.NDArray[np.int64]:
    """Rows to evaluate: all, or `limit` of them evenly spread, ascending."""
    if limit is None or limit >= n_rows:
        return np.arange(n_rows)
    return np.arange(limit) * n_rows // limit


def batches(
    rows: RowSource, indices: npt.NDArray[np.int64], batch_size: int
) -> Iterator[tuple[int, Batch]]:
    """Batches of the rows asked for, each with the number of rows done with it."""
    for start in range(0, len(indices), batch_size):
        wanted = indices[start : start + batch_size]
        yield start + len(wanted), rows.__getitems__(wanted.tolist())


def choose_slots(scores: Tensor, legal: Tensor) -> Tensor:
    """The move that scores stand for.

    Args:
        scores: float [B, 7], **acting-team frame**: logits or points.
        legal: integer or bool [B, 7], 1 = may be played.

    Returns:
        int64 [B]: the legal slot with the highest score, the lowest of equals.
    """
    return scores.float().masked_fill(~legal.bool(), -torch.inf).argmax(dim=-1)
