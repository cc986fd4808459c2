"""Small records: real games, judged by few worlds."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch

from forge.eq.estimate import EstimateConfig
from forge.eq.explore import ExplorationConfig
from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import play_games
from forge.eq.records import EqRecord
from forge.eq.settings import GameSettings

SEEDS = (7, 8, 23)


def few_worlds(n_samples: int = 4, policy: str = "greedy", **estimate: Any) -> GameSettings:
    """Settings that cost little."""
    return GameSettings(
        EstimateConfig(n_samples=n_samples, **estimate), ExplorationConfig(policy=policy)
    )


def played(seeds: Sequence[int], settings: GameSettings) -> EqRecord:
    """Games of the exact oracle, on one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return play_games(seeds, ExactOracle(), settings)
    finally:
        torch.set_num_threads(n_threads)


@lru_cache(maxsize=1)
def small_record() -> EqRecord:
    """The games of SEEDS; not to be changed."""
    return played(SEEDS, few_worlds(policy="boltzmann"))
