"""What has to be true of a shard file, checked on the file's own terms.

Nothing is solved again: each row is checked against the rules and against the rows of its children,
which together admit one table only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forge.errors import ForgeError
from forge.oracle.shards.naming import ShardKey, format_of
from forge.oracle.shards.schema import (
    Shard,
    ShardMetadata,
    check_name,
    load_shard,
    open_parquet,
    read_metadata,
    row_group_bounds,
)
from forge.work.seed_files import SPLITS

if TYPE_CHECKING:
    from forge.game.deal import Deal


@dataclass(frozen=True)
class VerifiedShard:
    """What is known of a shard that passed; `value` is V at the first lead, team-0 frame."""

    path: Path
    seed: int
    decl: int
    n_states: int
    value: int


def find_shards(paths: list[Path]) -> Iterator[Path]:
    """Files as given; of a directory, everything below it that is named like a shard, sorted."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("seed_*")
                if ShardKey.parse(file.name) is not None and file.is_file()
            )
        else:
            yield path


def verify_shard(path: Path, deal: Deal | None = None) -> VerifiedShard:
    """Check one shard; ForgeError with the first thing that is wrong.

    The bytes against their checksums, the metadata against the file's name and place, the footer's
    state ranges (what `lookup` searches by) against the rows, and every row: ascending states, the
    legal slots and no others filled, V the max or min of its q, each q its child's V plus the
    trick's points, every child present, the root there, and no state that can't be reached.
    """
    metadata = read_metadata(path)
    check_place(path, metadata)
    shard = load_shard(path, deal)
    _check_deal(path, shard)
    if format_of(path) == "parquet":
        _check_row_groups(path, shard)
    return VerifiedShard(path, shard.seed, shard.decl_id, len(shard), _check_rows(path, shard))


def check_place(path: Path, metadata: ShardMetadata) -> None:
    """Raises ForgeError unless the metadata fit the file's name and place, and are not too new."""
    check_name(path, metadata)
    place = path.absolute().parent.name
    split = ShardKey(metadata.seed, metadata.decl).split
    if place in SPLITS and place != split:
        raise ForgeError(f"{path} lies in {place}, but seed {metadata.seed} belongs to {split}")


def _check_deal(path: Path, shard: Shard) -> None:
    """The hands must be the ones that the file's name stands for."""
    key = ShardKey.parse(path.name)
    if key is not None and shard.metadata.hands is not None and shard.deal != key.deal():
        raise ForgeError(
            f"{path}: name and metadata disagree: 'hands' is {shard.deal.text}, "
            f"the name stands for {key.deal().text}"
        )


def _check_row_groups(path: Path, shard: Shard) -> None:
    start = 0
    with open_parquet(path) as file:
        for group in range(file.num_row_groups):
            stop = start + file.metadata.row_group(group).num_rows
            bounds = row_group_bounds(file, group)
            states = shard.states[start:stop]
            if bounds is not None and bounds != (states.min(), states.max()):
                raise ForgeError(f"{path}: the state range of row group {group} is not its rows'")
            start = stop


def _check_rows(path: Path, shard: Shard) -> int:
    """Check every row against the rules; returns V at the first lead."""
    import torch

    from forge.game.constants import INITIAL_STATE
    from forge.ops import verify_tablebase

    n_errors, row, reason = verify_tablebase(
        shard.deal.tensor,
        shard.decl_id,
        *(torch.from_numpy(rows) for rows in (shard.states, shard.V, shard.q)),
    )
    if n_errors:
        raise ForgeError(f"{path}: {n_errors} wrong row(s), the first is row {row}: {reason}")
    return int(shard.V[np.searchsorted(shard.states, INITIAL_STATE)])
