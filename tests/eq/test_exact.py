"""Estimates of the native core against worlds in tensors, given the same keys."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from forge import ops
from forge.eq.estimate import Estimate, estimate
from forge.eq.objective import (
    choose_for_contract,
    contract_chances,
    is_decided,
    make_targets,
    points_left,
)
from forge.eq.oracle import ExactOracle
from forge.eq.settings import AdaptiveConfig, EstimateConfig, PosteriorConfig
from forge.eq.worlds import WorldPositions
from forge.game.contract import Bid
from forge.play.games import Games
from support.asked import AskedExactly
from support.lines import random_lines, replayed

LINES = random_lines(8, seed=31)
KEYS = torch.arange(len(LINES)) * 991 - 17
ADAPTIVE = AdaptiveConfig(min_samples=8, max_samples=31, batch_size=9, sem_threshold=4.0)
CERTAIN = replace(ADAPTIVE, sem_threshold=0.5, stop_when_certain=True)
SOFT = PosteriorConfig(window=6, tau=3.0, mix=0.2)
# Few worlds explain plays so sharply: most weights have to be tempered.
SHARP = PosteriorConfig(window=8, tau=0.1, mix=0.0, min_ess_share=0.5)
NEVER_TEMPERED = PosteriorConfig(window=28, tau=0.5, mix=0.1, min_ess_share=0.0)
AT_RANDOM = PosteriorConfig(mix=1.0)
CONFIGS = {
    "alike": EstimateConfig(12),
    "mrv": EstimateConfig(12, "mrv"),
    "enumerated": EstimateConfig(12, enumerate=True, enum_threshold=300),
    "adaptive": EstimateConfig(adaptive=ADAPTIVE),
    "adaptive, mrv": EstimateConfig(sampler="mrv", adaptive=ADAPTIVE),
    "certain": EstimateConfig(adaptive=CERTAIN),
    "posterior": EstimateConfig(12, posterior=SOFT),
    "sharp": EstimateConfig(12, posterior=SHARP),
    "sharp, enumerated": EstimateConfig(12, enumerate=True, enum_threshold=300, posterior=SHARP),
    "never tempered": EstimateConfig(12, "mrv", posterior=NEVER_TEMPERED),
    "at random": EstimateConfig(12, posterior=AT_RANDOM),
    "posterior, adaptive": EstimateConfig(
        enumerate=True, enum_threshold=60, posterior=SOFT, adaptive=CERTAIN
    ),
}


def close(a: Tensor, b: Tensor) -> bool:
    """Whether tensors are equal but for rounding, NaN where the other is."""
    return bool(torch.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True))


def open_bids(games: Games) -> list[Bid]:
    """Return a bid for each game that hangs on the plays to come."""
    left = points_left(games)
    won = (42 - left + games.diff) // 2
    return [
        Bid(int(w + 1 + (n - 1) * (1 + i % 4) // 5))
        for i, (w, n) in enumerate(zip(won.tolist(), left.tolist(), strict=True))
    ]


def assert_same(found: Estimate, wanted: Estimate) -> None:
    """Raise AssertionError unless two estimates are equal but for rounding."""
    for name in ("mean", "var", "pdf", "ess", "max_w", "sem"):
        assert close(getattr(found.summary, name), getattr(wanted.summary, name)), name
    assert close(found.sem, wanted.sem)
    assert close(found.q_gap, wanted.q_gap)
    for name in ("legal", "complete", "converged", "n_possible"):
        assert torch.equal(getattr(found, name), getattr(wanted, name)), name
    assert torch.equal(found.summary.n_worlds, wanted.summary.n_worlds)
    best = [each.mean.nan_to_num(-99).argmax(dim=1) for each in (found, wanted)]
    assert torch.equal(*best)


@pytest.mark.parametrize("n_plays", [11, 17, 22])
@pytest.mark.parametrize("name", CONFIGS)
def test_points_as_in_tensors(name: str, n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    found = estimate(games, KEYS, ExactOracle(), CONFIGS[name])
    assert_same(found, estimate(games, KEYS, AskedExactly(), CONFIGS[name]))


@pytest.mark.parametrize("n_plays", [14, 21])
@pytest.mark.parametrize("name", [name for name in CONFIGS if not CONFIGS[name].adaptive])
def test_chances_and_plays_as_in_tensors(name: str, n_plays: int) -> None:
    games, config = replayed(LINES, n_plays), CONFIGS[name]
    bids = open_bids(games)
    targets = make_targets(games, bids)
    assert not is_decided(games, targets).any()
    wanted = contract_chances(games, KEYS, AskedExactly(), config, targets)
    assert close(contract_chances(games, KEYS, ExactOracle(), config, targets), wanted)
    # E[Q] has the chance with it: no world is searched for it again.
    found = estimate(games, KEYS, ExactOracle(), config, bids)
    assert found.chances is not None and close(found.chances, wanted)
    slots = choose_for_contract(games, KEYS, AskedExactly(), config, bids)
    assert torch.equal(choose_for_contract(games, KEYS, ExactOracle(), config, bids), slots)
    assert torch.equal(choose_for_contract(games, KEYS, ExactOracle(), config, bids, found), slots)


def test_the_first_lead() -> None:
    games = replayed(LINES[:2], 0)
    config = EstimateConfig(5)
    found = estimate(games, KEYS[:2], ExactOracle(), config)
    assert_same(found, estimate(games, KEYS[:2], AskedExactly(), config))


@pytest.mark.parametrize("odd", [-3, 0, 5])
def test_targets_that_no_bid_has(odd: int) -> None:
    games = replayed(LINES, 19)
    targets = torch.full((len(LINES),), odd, dtype=torch.int8)
    config = CONFIGS["enumerated"]
    found = contract_chances(games, KEYS, ExactOracle(), config, targets)
    assert close(found, contract_chances(games, KEYS, AskedExactly(), config, targets))


def bytes_of(found: Estimate) -> list[bytes]:
    """Return all numbers of an estimate, row by row."""
    columns = [*vars(found.summary).values(), found.converged, found.chances]
    return [
        b"".join(column[row : row + 1].contiguous().numpy().tobytes() for column in columns)
        for row in range(len(found.legal))
    ]


@pytest.mark.parametrize("name", ["alike", "sharp", "enumerated", "posterior, adaptive"])
def test_threads_and_batches_change_nothing(name: str) -> None:
    games, config = replayed(LINES, 13), CONFIGS[name]
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        together = bytes_of(estimate(games, KEYS, ExactOracle(), config))
        torch.set_num_threads(1)
        assert bytes_of(estimate(games, KEYS, ExactOracle(), config)) == together
        for row in range(len(LINES)):
            alone = games.take(torch.tensor([row])), KEYS[row : row + 1]
            assert bytes_of(estimate(*alone, ExactOracle(), config)) == together[row : row + 1]
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["alike", "sharp", "enumerated"])
def test_hidden_hands_change_nothing(name: str) -> None:
    # Each seat may hold what the world of another number gives it.
    games, config = replayed(LINES, 10), CONFIGS[name]
    swapped = with_other_hands(games)
    assert not torch.equal(swapped.deals, games.deals)
    found = estimate(games, KEYS, ExactOracle(), config)
    assert bytes_of(estimate(swapped, KEYS, ExactOracle(), config)) == bytes_of(found)


def with_other_hands(games: Games) -> Games:
    """Return the same games as the seats to act see them, other hands hidden."""
    hands = ops.sample_worlds(*games.hidden(), KEYS[: len(games)] + 5, 1)
    positions = WorldPositions(games, hands)
    return replace(games, deals=positions.deals, states=positions.states(games.n_plays))


def test_one_world_and_no_choice() -> None:
    games = replayed(LINES, 27)
    found = estimate(games, KEYS, ExactOracle(), CONFIGS["sharp"])
    assert found.complete.all() and found.converged.all()
    assert found.n_possible.tolist() == [1] * len(LINES)
    assert found.legal.sum(dim=1).tolist() == [1] * len(LINES)
    q = ExactOracle().q(games.deals, games.decls, games.states) * games.signs[:, None]
    assert close(found.mean, q.double())
    assert found.summary.n_worlds.tolist() == [1] * len(LINES)
    assert found.sem[found.legal].tolist() == [0.0] * len(LINES)
