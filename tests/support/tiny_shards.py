"""Shards of one tiny solved deal under many names, and what a tokenised folder holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from forge.ml.rows import ROW_SHAPES
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.output import write_shard
from support.shards import TINY_DEAL, TINY_DECL, tiny_rows

Arrays = dict[str, npt.NDArray[Any]]

SEEDS = (3, 7, 1005, 901, 960)  # three for train, one each for val and test


def tiny_key(seed: int, opp_seed: int | None = None) -> ShardKey:
    return ShardKey(seed, TINY_DECL, opp_seed)


def write_tiny(path: Path, seed: int, opp_seed: int | None = None) -> Path:
    """A shard of TINY_DEAL that says it is of `seed`: 105,164 states, quickly written."""
    write_shard(path, TINY_DEAL, TINY_DECL, seed, opp_seed, *tiny_rows().as_tuple())
    return path


def write_tiny_shards(root: Path, seeds: Sequence[int] = SEEDS) -> Path:
    for seed in seeds:
        write_tiny(tiny_key(seed).path(root), seed)
    return root


def data_files(folder: Path) -> dict[str, bytes]:
    """The finished splits, byte for byte: arrays and lists of shards."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob("*/*"))
        if path.parent.name in ("train", "val", "test")
    }


def arrays_of(split: Path) -> Arrays:
    return {name: np.load(split / f"{name}.npy", allow_pickle=False) for name in ROW_SHAPES}
