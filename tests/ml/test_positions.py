"""The distributions that streams draw from."""

from typing import Any

import numpy as np
import pytest
import torch

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import INITIAL_STATE
from forge.game.deal import Deal
from forge.game.state import seats_to_act
from forge.ml import positions
from forge.ml.positions import (
    NOISE_POINTS,
    StreamOptions,
    parse_mixture,
    played_positions,
    train_seed,
    uniform_positions,
    unit_rows,
)
from forge.work.seed_files import split_of
from support.played_rows import n_left

# 3,791,685 states: the fewest of seeds 0..59 under seed % 10.
SEED, DECL = 30, 0
HANDS_ONLY = StreamOptions(mixture={"played": 1.0}, per_deal=100, mix_deals=2)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_train_seeds_are_all_seeds_of_the_train_split_in_order() -> None:
    expected = [seed for seed in range(3000) if split_of(seed) == "train"]
    assert [train_seed(n) for n in range(len(expected))] == expected


def test_uniform_draws_every_depth_as_often_as_it_occurs() -> None:
    states, values, qvals = ops.solve(Deal.from_seed(SEED).tensor, DECL)
    drawn = uniform_positions(SEED, DECL, 20_000, rng())
    assert len(drawn.states) == len(drawn.states.unique()) == 20_000
    rows = torch.searchsorted(states, drawn.states)
    assert torch.equal(states[rows], drawn.states)
    assert torch.equal(values[rows], drawn.values)
    assert torch.equal(qvals[rows], drawn.qvals)
    share = torch.bincount(n_left(states), minlength=29)[1:] / len(states)
    found = torch.bincount(n_left(drawn.states), minlength=29)
    assert found[0] == 0  # no terminal states
    sigma = (share * (1 - share) / 20_000).sqrt()
    assert ((found[1:] / 20_000 - share).abs() <= 5 * sigma + 1e-9).all()


def test_a_deal_with_too_few_states_repeats_them(monkeypatch: pytest.MonkeyPatch) -> None:
    states, values, qvals = ops.solve(Deal.from_seed(SEED).tensor, DECL)
    goes_on = (qvals != -128).any(dim=1)
    few = torch.cat([goes_on.nonzero()[:5, 0], (~goes_on).nonzero()[:1, 0]])
    assert len(few) == 6
    monkeypatch.setattr("forge.ops.solve", lambda *_: (states[few], values[few], qvals[few]))
    drawn = uniform_positions(SEED, DECL, 12, rng())
    assert sorted(drawn.states.unique().tolist()) == sorted(states[few[:5]].tolist())
    assert len(drawn.states) == 12
    assert (drawn.qvals != -128).any(dim=1).all()


def test_played_hands_give_each_decision_once_with_exact_values() -> None:
    drawn = played_positions(range(50, 53), 3 * 28, rng())
    assert torch.bincount(n_left(drawn.states), minlength=29)[1:].tolist() == [3] * 28
    assert (drawn.states == INITIAL_STATE).sum() == 3
    assert torch.equal(drawn.qvals, ops.search(drawn.deals, drawn.decls, drawn.states))
    for state, value, q in zip(drawn.states, drawn.values, drawn.qvals, strict=True):
        legal = [x for x in q.tolist() if x != -128]
        assert value == (min(legal) if seats_to_act(int(state)) % 2 else max(legal))
    dealt = {Deal.from_seed(train_seed(n)).tensor.numpy().tobytes() for n in range(50, 53)}
    assert {deal.numpy().tobytes() for deal in drawn.deals} == dealt


def test_strong_seats_never_lose_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "NOISE_RATES", (0.0,))
    drawn = played_positions(range(60, 61), 28, rng())
    line = {int(n): i for i, n in enumerate(n_left(drawn.states))}
    deal, decl = drawn.deals[0], int(drawn.decls[0])
    for n in range(28, 1, -1):
        here, after = line[n], line[n - 1]
        children = ops.expand_states(deal, decl, drawn.states[here : here + 1])[0]
        slot = children.tolist().index(int(drawn.states[after]))
        assert drawn.qvals[here, slot] == drawn.values[here]


def test_noisy_seats_draw_from_the_softmax_of_their_own_team() -> None:
    n = 20_000
    seat_1 = INITIAL_STATE | 1 << 28  # leads, of team 1: it wants low values
    qvals = torch.tensor([[0, 4, -128, -4, -128, -128, -128]], dtype=torch.int8).expand(n, 7)
    noise = np.ones((n, 4))
    slots = positions._choose(torch.full((n,), seat_1), qvals, noise, rng())
    weights = np.exp(np.array([0, -4, -np.inf, 4, -np.inf, -np.inf, -np.inf]) / NOISE_POINTS)
    found = np.bincount(slots, minlength=7) / n
    np.testing.assert_allclose(found, weights / weights.sum(), atol=0.02)
    best = positions._choose(torch.full((n,), seat_1), qvals, 0 * noise, rng())
    assert set(best.tolist()) == {3}


def test_ties_between_best_moves_are_drawn_evenly() -> None:
    qvals = torch.tensor([[5, 5, 0, 5, -128, -128, -128]], dtype=torch.int8).expand(9000, 7)
    states = torch.full((9000,), INITIAL_STATE)
    slots = positions._choose(states, qvals, np.zeros((9000, 4)), rng())
    counts = np.bincount(slots, minlength=7)
    assert counts[[2, 4, 5, 6]].sum() == 0
    assert counts[[0, 1, 3]].min() > 2700


def test_a_unit_depends_on_seed_and_number_alone() -> None:
    rows = unit_rows(HANDS_ONLY, 3)
    assert {len(column) for column in rows.values()} == {100}
    again = unit_rows(HANDS_ONLY, 3)
    assert all(torch.equal(rows[name], again[name]) for name in rows)
    other_seed = StreamOptions(seed=43, mixture={"played": 1.0}, per_deal=100, mix_deals=2)
    for other in (unit_rows(HANDS_ONLY, 4), unit_rows(other_seed, 3)):
        assert not torch.equal(rows["tokens"], other["tokens"])


@pytest.mark.parametrize(
    ("mixture", "n_played"),
    [({"uniform": 1.0}, 0), ({"played": 3.0}, 1000), ({"uniform": 0.8, "played": 0.2}, 200)],
)
def test_shares_of_a_mixture(mixture: dict[str, float], n_played: int) -> None:
    assert StreamOptions(mixture=mixture, per_deal=1000).n_played == n_played


def test_a_mixed_unit_has_rows_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, int] = {}

    def uniform(seed: int, decl: int, n: int, _: Any) -> positions.Positions:
        asked["uniform"] = n
        assert split_of(seed) == "train"
        assert decl == seed % 10
        return played_positions(range(1), n, rng())

    monkeypatch.setattr(positions, "uniform_positions", uniform)
    options = StreamOptions(mixture={"uniform": 1, "played": 1}, per_deal=40, mix_deals=2)
    assert len(unit_rows(options, 0)["targets"]) == 40
    assert asked == {"uniform": 20}


def test_mixtures_are_read() -> None:
    assert parse_mixture("uniform:0.8, played:0.2") == {"uniform": 0.8, "played": 0.2}
    assert parse_mixture("played") == {"played": 1.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("even", "valid are uniform and played"),
        ("uniform:x", "'x' is not a number"),
        ("uniform:0", "at least one share"),
        ("uniform:-1,played:2", "must be 0.."),
        ("uniform:nan", "must be 0.."),
        ("uniform,uniform", "names uniform twice"),
    ],
)
def test_bad_mixtures(text: str, message: str) -> None:
    with pytest.raises(ForgeError, match=message):
        parse_mixture(text)


@pytest.mark.parametrize(
    "options", [{"seed": -1}, {"per_deal": 0}, {"mix_deals": 0}, {"per_deal": 31}]
)
def test_bad_options(options: dict[str, Any]) -> None:
    with pytest.raises(ForgeError, match="must be at least"):
        StreamOptions(**options)
