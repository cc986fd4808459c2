"""Games by E[Q]: games and decisions a second, and the worlds a second that the oracle answers."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch
from common import N_ROUNDS, SHORT, bench_each

from forge import ops
from forge.build import native
from forge.eq.estimate import estimate
from forge.eq.exploration import choose
from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import WORLDS, default_decl, play_games
from forge.eq.settings import EstimateConfig, ExplorationConfig, GameSettings, PosteriorConfig
from forge.eq.worlds import WorldPositions
from forge.game.constants import N_PLAYS, N_SEATS
from forge.game.deal import Deal
from forge.play.games import Games
from forge.play.keys import decision_keys

N_GAMES = 2 if SHORT else 32
SEEDS = range(1, 1 + N_GAMES)
N_WORLDS = 10 if SHORT else 50
# Device and worlds a decision: a CPU core takes half a minute for a game of 1,024.
SIZES = [("cpu", N_WORLDS), ("cuda", N_WORLDS), ("cuda", 10 if SHORT else 1024)]
POSTERIORS = {"plain": None, "posterior": PosteriorConfig()}


def device_of(name: str) -> torch.device:
    """The device, or a skip."""
    if name == "cuda" and not (native.build()["cuda"] and torch.cuda.is_available()):
        reason = "needs a CUDA build of crystal-forge and a CUDA device"
        if os.environ.get("FORGE_REQUIRE_GPU") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return torch.device(name)


@pytest.mark.parametrize(("device_name", "n_worlds"), SIZES)
@pytest.mark.parametrize("posterior", POSTERIORS)
def test_games(benchmark: Any, posterior: str, device_name: str, n_worlds: int) -> None:
    """A batch in lock step, exact oracle, all threads; recorded, but not written."""
    device = device_of(device_name)
    settings = GameSettings(EstimateConfig(n_worlds, posterior=POSTERIORS[posterior]))
    play_games(SEEDS[:1], ExactOracle(), settings, device)  # allocations of the first call
    (elapsed_s,) = bench_each(
        benchmark,
        lambda seeds: play_games(seeds, ExactOracle(), settings, device),
        [SEEDS],
        n_rounds=min(2, N_ROUNDS),
    )
    benchmark.extra_info.update(
        games_per_s=N_GAMES / elapsed_s,
        decisions_per_s=N_PLAYS * N_GAMES / elapsed_s,
        n_games=N_GAMES,
    )


@pytest.fixture(scope="module")
def leads() -> list[Games]:
    """The batch before each trick, played greedily by 10 worlds."""
    seeds = torch.tensor(SEEDS)
    games = Games.start([Deal.from_seed(s) for s in SEEDS], [default_decl(s) for s in SEEDS])
    found = []
    for k in range(N_PLAYS):
        if k % N_SEATS == 0:
            found.append(games)
        keys = decision_keys(seeds, k, WORLDS)
        estimated = estimate(games, keys, ExactOracle(), EstimateConfig(n_samples=10))
        games = games.play(choose(estimated.mean, keys, ExplorationConfig())[0])
    return found


@pytest.mark.parametrize("device_name", ["cpu", "cuda"])
@pytest.mark.parametrize("trick", range(N_PLAYS // N_SEATS))
def test_oracle_by_trick(benchmark: Any, leads: list[Games], trick: int, device_name: str) -> None:
    """The exact oracle about sampled worlds of a lead, in one call, all threads."""
    device = device_of(device_name)
    games = leads[trick].to(device)
    keys = decision_keys(torch.tensor(SEEDS, device=device), games.n_plays, WORLDS)
    hands = ops.sample_worlds(*games.hidden(), keys, N_WORLDS)
    positions = WorldPositions(games, hands)
    states = positions.states(games.n_plays)

    def ask(_: int) -> None:
        ExactOracle().q(positions.deals, positions.decls, states)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    (elapsed_s,) = bench_each(benchmark, ask, [0])
    benchmark.extra_info.update(worlds_per_s=len(states) / elapsed_s, n_worlds=len(states))
