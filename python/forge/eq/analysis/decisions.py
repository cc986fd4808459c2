"""Which decisions of recorded games are analysed, and how."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge.eq.analysis.config import AnalysisConfig
from forge.eq.collate import replays
from forge.eq.estimate import possible_worlds
from forge.eq.records import EqRecord, join_records, read_record
from forge.errors import ForgeError
from forge.game.constants import N_SEATS, N_TRICKS
from forge.work.seed_files import SPLITS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Decisions:
    """K decisions of recorded games.

    Args:
        game: int64 [K], which game of the record.
        index: int64 [K], 0..27.
        n_possible: int64 [K], how many worlds there are.
        weight: float64 [K], how many decisions each one stands for.
    """

    game: IntArray
    index: IntArray
    n_possible: IntArray
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.game)

    @property
    def trick(self) -> IntArray:
        """int64 [K]: 1..7."""
        return self.index // N_SEATS + 1

    def take(self, rows: IntArray, weight: FloatArray) -> "Decisions":
        """Some of them, with new weights."""
        return Decisions(self.game[rows], self.index[rows], self.n_possible[rows], weight)


def read_games(path: Path, split: str, limit: int) -> EqRecord:
    """The games of a file, or the first ones of a split.

    Args:
        path: a file, or a directory of train/, val/ and test/.
        split: which of them; of no use for a file.
        limit: at most so many games.

    Raises:
        ForgeError: if there are none, or as `read_record`.
    """
    files = sorted((path / split).glob("*.pt")) if path.is_dir() else [path]
    if not files:
        others = [name for name in SPLITS if any((path / name).glob("*.pt"))]
        there = f"there are some in {', '.join(others)}" if others else "nor in another split"
        raise ForgeError(f"no E[Q] files in {path / split}, {there}")
    games: list[EqRecord] = []
    for file in files:
        record = read_record(file)
        games += [record.game(game) for game in range(record.n_games)]
        if len(games) >= limit:
            break
    return join_records(games[:limit])


def decisions_with_choice(record: EqRecord) -> Decisions:
    """All decisions with two legal plays or more, each standing for itself.

    Raises:
        ForgeError: where a play breaks the rules.
    """
    columns: tuple[list[Tensor], ...] = ([], [], [])
    for index, games in enumerate(replays(record)):
        rows = (games.legal.sum(dim=1) > 1).nonzero()[:, 0]
        if len(rows):
            n_possible = possible_worlds(games.take(rows))
            for column, part in zip(
                columns, (rows, torch.full_like(rows, index), n_possible), strict=True
            ):
                column.append(part)
    if not columns[0]:
        raise ForgeError("the games have no decision with a choice: nothing to analyse")
    game, order, n_possible = (torch.cat(column) for column in columns)
    return Decisions(game.numpy(), order.numpy(), n_possible.numpy(), np.ones(len(game)))


def pick_decisions(found: Decisions, config: AnalysisConfig, beyond: bool) -> Decisions:
    """Some decisions of each trick at random, weighted by how many they stand for.

    Args:
        found: all of them.
        config: how many.
        beyond: take those with more worlds than the limit too; they are drawn apart.
    """
    rng = np.random.default_rng(config.seed)
    rows, weights = [], []
    for trick in range(1, N_TRICKS + 1):
        for is_beyond in (False, True):
            is_one = (found.trick == trick) & ((found.n_possible > config.enum_limit) == is_beyond)
            some = rng.permutation(np.flatnonzero(is_one))
            picked = np.sort(some[: config.decisions_per_trick])
            if len(picked) and (beyond or not is_beyond):
                rows.append(picked)
                weights.append(np.full(len(picked), len(some) / len(picked)))
    if not rows:
        raise ForgeError(
            f"no decision has at most {config.enum_limit} worlds: raise the limit, or give a "
            "reference sample"
        )
    return found.take(np.concatenate(rows), np.concatenate(weights))
