"""Rows to learn from or to measure on, in batches, and what a network's scores say to play."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge.errors import ForgeError

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


def shares_of_slots(scores: Tensor, legal: Tensor, temperature: float = 1.0) -> Tensor:
    """How likely each move is by a network's scores.

    Args:
        scores: float [B, 7], **acting-team frame**: logits or points.
        legal: integer or bool [B, 7], 1 = may be played.
        temperature: by how much a score must fall for a move to be e times rarer; in the unit of
            the scores.

    Returns:
        float32 [B, 7]: softmax over the legal slots, 0 on the others.

    Raises:
        ForgeError: if a row has no legal slot, or the temperature is not above 0.
    """
    if not 0.0 < temperature < float("inf"):
        raise ForgeError(f"temperature must be above 0 and finite, got {temperature}")
    check_choice(legal)
    cooled = scores.float() / temperature
    return cooled.masked_fill(~legal.bool(), -torch.inf).softmax(dim=-1)


def check_choice(legal: Tensor) -> None:
    """Raises ForgeError if a row has no slot that may be played: the hand is over."""
    none = ~legal.bool().any(dim=-1)
    if none.any():
        row = int(none.nonzero()[0])
        raise ForgeError(f"legal: row {row} has no slot that may be played")
