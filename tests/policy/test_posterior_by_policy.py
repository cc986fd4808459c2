"""E[Q] over worlds that a policy weighs: worked out slowly, from a pool, in files."""

from dataclasses import replace

import pytest
import torch

from forge import ForgeError
from forge.eq.collate import estimate_again
from forge.eq.estimate import estimate
from forge.eq.objective import choose_for_contract, contract_chances, make_targets
from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import play_games
from forge.eq.settings import AdaptiveConfig, EstimateConfig, GameSettings, PolicyPosterior
from forge.game.contract import Bid
from support.asked import AskedExactly
from support.likelihood import shares_of_worlds
from support.lines import random_lines, replayed
from support.seen import random_weights

LINES = random_lines(12, seed=41)
KEYS = torch.arange(len(LINES)) * 13 + 5
BID = Bid.of(32)
WEIGHTS = random_weights(3) * 3
POSTERIOR = PolicyPosterior("test.policy", "0" * 64, pool=6, uniform=0.05)
ALL = EstimateConfig(10, enumerate=True, enum_threshold=3000, posterior=POSTERIOR)


@pytest.mark.parametrize("n_plays", [15, 18, 21])
def test_all_worlds_as_worked_out_slowly(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    found = estimate(games, KEYS, ExactOracle(), ALL, BID, WEIGHTS)
    targets = make_targets(games, BID)
    n_checked = 0
    for row in found.complete.nonzero()[:, 0].tolist():
        share, positions, one = shares_of_worlds(games, row, BID, WEIGHTS, POSTERIOR.uniform)
        q = AskedExactly().q(positions.deals, positions.decls, positions.states(n_plays)).double()
        q, legal = q * one.signs, one.legal[0]
        mean = (share[:, None] * q).sum(dim=0)
        var = (share[:, None] * (q - mean).square()).sum(dim=0)
        target = int(targets[row])
        wanted = (q >= target) if int(one.signs) > 0 else (-q < target)
        chance = (share[:, None] * wanted).sum(dim=0)
        assert found.chances is not None
        assert torch.allclose(found.mean[row, legal], mean[legal], atol=1e-9)
        assert torch.allclose(found.summary.var[row, legal], var[legal], atol=1e-9)
        assert torch.allclose(found.chances[row, legal], chance[legal], atol=1e-9)
        assert float(found.summary.ess[row]) == pytest.approx(float(1 / share.square().sum()))
        assert float(found.summary.max_w[row]) == pytest.approx(float(share.max()))
        n_checked += len(share) > 1
    assert n_checked > 3


def test_a_pool_comes_close_to_all_worlds() -> None:
    games = replayed(LINES, 14)
    exact = estimate(games, KEYS, ExactOracle(), replace(ALL, enum_threshold=20_000), BID, WEIGHTS)
    alike = estimate(games, KEYS, ExactOracle(), EstimateConfig(800), BID)
    adaptive = AdaptiveConfig(200, 800, 200, sem_threshold=0.01)
    for config in (EstimateConfig(800, posterior=POSTERIOR), EstimateConfig(adaptive=adaptive)):
        config = replace(config, posterior=POSTERIOR)
        found = estimate(games, KEYS, ExactOracle(), config, BID, WEIGHTS)
        rows = exact.complete & ~found.complete
        assert int(rows.sum()) > 3
        error = (found.mean - exact.mean)[rows]
        known = error.isfinite() & (found.sem[rows] > 0)
        assert float((error / found.sem[rows])[known].square().mean()) < 2.0
        # The weights matter: worlds alike are far off.
        off = (alike.mean - exact.mean)[rows][known]
        assert float(error[known].square().mean()) < 0.3 * float(off.square().mean())


def test_no_policy_and_no_other_oracle() -> None:
    games = replayed(LINES, 9)
    config = EstimateConfig(5, posterior=POSTERIOR)
    with pytest.raises(ForgeError, match=r"goes by the policy test\.policy: give its numbers"):
        estimate(games, KEYS, ExactOracle(), config)
    with pytest.raises(ForgeError, match="for the exact oracle on the CPU alone"):
        estimate(games, KEYS, AskedExactly(), config, policy=WEIGHTS)
    with pytest.raises(ForgeError, match="sampler uniform"):
        replace(config, sampler="mrv")
    with pytest.raises(ForgeError, match="no checkpoint"):
        GameSettings(config, oracle="model.ckpt")
    for name, value in {"pool": 0, "uniform": 0.0, "window": 29}.items():
        with pytest.raises(ForgeError, match=f"posterior {name} must be"):
            PolicyPosterior("p", "0", **{name: value})  # type: ignore[arg-type]


def test_the_contract_by_a_policy() -> None:
    games = replayed(LINES, 16)
    targets = make_targets(games, BID)
    found = estimate(games, KEYS, ExactOracle(), ALL, BID, WEIGHTS)
    chances = contract_chances(games, KEYS, ExactOracle(), ALL, targets, WEIGHTS)
    assert found.chances is not None
    assert torch.allclose(chances, found.chances, atol=1e-9, equal_nan=True)
    slots = choose_for_contract(games, KEYS, ExactOracle(), ALL, BID, policy=WEIGHTS)
    again = choose_for_contract(games, KEYS, ExactOracle(), ALL, BID, found)
    assert torch.equal(slots, again)


def test_windows_of_no_plays_of_others() -> None:
    # Who took the trick with the last domino saw no play of others since: all worlds count alike.
    games = replayed(LINES, 16)
    config = replace(ALL, posterior=replace(POSTERIOR, window=1))
    found = estimate(games, KEYS, ExactOracle(), config, BID, WEIGHTS)
    alike = estimate(games, KEYS, ExactOracle(), replace(ALL, posterior=None), BID)
    own = games.seats[:, -1].long() == games.players
    assert 0 < int(own.sum()) < len(LINES)
    assert torch.allclose(found.mean[own], alike.mean[own], atol=1e-9, equal_nan=True)
    assert not torch.allclose(found.mean, alike.mean, atol=1e-3, equal_nan=True)


def test_files_say_the_policy_and_can_be_made_again() -> None:
    config = EstimateConfig(4, posterior=POSTERIOR)
    settings = GameSettings(config, objective="make", bid=BID)
    record = play_games([3, 4], ExactOracle(), settings, policy=WEIGHTS)
    assert record.settings["estimate"]["posterior"] == vars(POSTERIOR)
    assert GameSettings.from_dict(record.settings) == settings
    again = estimate_again(record, 33, ExactOracle(), WEIGHTS)
    assert torch.equal(again.mean.nan_to_num(0.0)[0].float(), record["e_q_mean"][33])
