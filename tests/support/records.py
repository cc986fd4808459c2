"""Small records: real games, judged by few worlds."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import play_games
from forge.eq.records import EqRecord, write_record
from forge.eq.settings import EstimateConfig, ExplorationConfig, GameSettings
from support.threads import one_thread

SEEDS = (7, 8, 23)


def few_worlds(n_samples: int = 4, policy: str = "greedy", **estimate: Any) -> GameSettings:
    """Settings that cost little."""
    return GameSettings(
        EstimateConfig(n_samples=n_samples, **estimate), ExplorationConfig(policy=policy)
    )


def played(seeds: Sequence[int], settings: GameSettings) -> EqRecord:
    """Games of the exact oracle, on one thread."""
    with one_thread():
        return play_games(seeds, ExactOracle(), settings)


@lru_cache(maxsize=1)
def small_record() -> EqRecord:
    """The games of SEEDS; not to be changed."""
    return played(SEEDS, few_worlds(policy="boltzmann"))


def write_games(folder: Path, record: EqRecord, games: Sequence[int] | None = None) -> list[Path]:
    """Some games of a record (None: all) as files of a split, whatever split their seeds are of."""
    paths = []
    for game in range(record.n_games) if games is None else games:
        paths.append(folder / f"seed_{record.seeds[game]:08d}.pt")
        write_record(paths[-1], record.game(game))
    return paths


def small_folder(root: Path) -> Path:
    """E[Q] data: two games to train on and one to validate with."""
    write_games(root / "train", small_record(), (0, 1))
    write_games(root / "val", small_record(), (2,))
    return root
