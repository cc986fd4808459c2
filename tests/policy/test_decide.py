"""One decision of a seat: against the path in Python, and weights against a slow computation."""

import math
import os
import signal
import threading
import time
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from forge import ForgeError, ops
from forge.arena.players.seats import SeatPlayer
from forge.arena.registry import parse_player
from forge.eq.objective import contract_chances, is_decided, make_targets
from forge.eq.oracle import ExactOracle
from forge.eq.settings import EstimateConfig
from forge.eq.worlds import WorldPositions
from forge.game.contract import Bid
from forge.game.deal import Deal
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.random_play import random_slots
from forge.play.seen import Seen, needed_by, seen_by
from support.seen import SeenRows, assert_same_bytes, random_seen, random_weights

BID = Bid.of(32)
UNIFORM = 0.02


def games_after(n_plays: int, n: int = 10) -> Games:
    """Return games at random after some plays."""
    games = Games.start([Deal.from_seed(s) for s in range(n)], [s % 10 for s in range(n)])
    while games.n_plays < n_plays:
        games = games.play(random_slots(games, decision_keys(torch.arange(n), games.n_plays, 9)))
    return games


@pytest.mark.parametrize("n_plays", [0, 3, 9, 14, 21])
def test_without_a_policy_as_make_in_python(n_plays: int) -> None:
    games = games_after(n_plays)
    targets = make_targets(games, BID)
    choice = games.legal.sum(dim=1) > 1
    rows = (choice & ~is_decided(games, targets)).nonzero()[:, 0]
    games = games.take(rows)
    keys = decision_keys(rows, n_plays, 3)
    found = ops.decide(*seen_by(games, needed_by(BID, len(games))), keys, n_worlds=20, race=False)
    wanted = contract_chances(games, keys, ExactOracle(), EstimateConfig(20), targets[rows])
    assert torch.allclose(found.chances, wanted, atol=1e-12, equal_nan=True)
    best = found.chances.gather(1, found.slots[:, None])[:, 0]
    assert torch.equal(best, found.chances.nan_to_num(-1).amax(dim=1))


@pytest.mark.parametrize(("n_plays", "window"), [(16, 28), (18, 28), (21, 28), (18, 5), (21, 1)])
def test_weights_as_seats_would_have_played(n_plays: int, window: int) -> None:
    # All worlds are enumerated, so chances are weighted means that can be worked out slowly: what
    # the policy says of each play of a hidden seat from the hand that the world gives that seat.
    weights = random_weights(3) * 3
    games = games_after(n_plays, 20)
    needed = needed_by(BID, len(games))
    keys = torch.arange(len(games))
    found = ops.decide(
        *seen_by(games, needed),
        keys,
        weights,
        n_worlds=1 << 18,
        pool=1 << 18,
        rollouts=0.0,
        uniform=UNIFORM,
        race=False,
        window=window,
    )
    open_rows = ~is_decided(games, make_targets(games, BID)) & (games.legal.sum(dim=1) > 1)
    n_checked = 0
    for row in open_rows.nonzero()[:, 0].tolist():
        if int(found.n_worlds[row]) > 3000:
            continue
        one = games.take(torch.tensor([row]))
        chances, effective, n_worlds = slow_chances(one, needed[row : row + 1], weights, window)
        legal = one.legal[0]
        assert int(found.n_worlds[row]) == n_worlds
        assert torch.allclose(found.chances[row, legal], chances[legal], atol=1e-9)
        assert math.isclose(float(found.effective[row]), effective, rel_tol=1e-8)
        n_checked += 1
    assert n_checked > 3


@pytest.mark.parametrize("n_plays", [2, 9, 15])
def test_what_the_policy_would_play_itself_counts_beside_the_chances(n_plays: int) -> None:
    weights = random_weights(3) * 3
    games = games_after(n_plays, 80)
    seen = seen_by(games, needed_by(BID, len(games)))
    keys = torch.arange(len(games))
    plain, *leaning = (
        ops.decide(*seen, keys, weights, n_worlds=12, pool=30, race=False, prior=prior)
        for prior in (0.0, 0.1, 1.0)
    )
    p = ops.policy_logits(*seen, weights).double().softmax(dim=1)
    logs = ((1 - UNIFORM) * p + UNIFORM / games.legal.sum(dim=1, keepdim=True)).log()
    asked = ~is_decided(games, make_targets(games, BID)) & (games.legal.sum(dim=1) > 1)
    assert asked.sum() > 10
    n_other = 0
    for found, prior in zip(leaning, (0.1, 1.0), strict=True):
        assert torch.equal(found.chances.nan_to_num(-1), plain.chances.nan_to_num(-1))
        worth = (found.chances + prior * logs).masked_fill(~games.legal, -torch.inf)[asked]
        chosen = worth.gather(1, found.slots[asked][:, None])[:, 0]
        assert torch.allclose(chosen, worth.amax(dim=1), atol=1e-9)
        n_other += int((found.slots != plain.slots).sum())
    assert n_other > 5


def test_a_policy_without_preferences_has_no_prior() -> None:
    games = games_after(9, 30)
    seen = seen_by(games, needed_by(BID, len(games)))
    keys, weights = torch.arange(len(games)), random_weights() * 0
    for race in (False, True):
        plain, leaning = (
            ops.decide(*seen, keys, weights, n_worlds=30, race=race, prior=prior)
            for prior in (0.0, 1.0)
        )
        assert_same_bytes(leaning, plain)


def slow_chances(
    games: Games, needed: Tensor, weights: Tensor, window: int
) -> tuple[Tensor, float, int]:
    """Return chances [7], effective worlds and their number, of one game."""
    allowed, sizes = games.hidden()
    n_worlds = int(ops.count_worlds(allowed, sizes))
    hands = ops.enumerate_worlds(allowed[0], sizes[0], 0, n_worlds)
    positions = WorldPositions(games, hands[None])
    deals, me = positions.deals, int(games.players[0])
    likelihood = torch.ones(n_worlds, dtype=torch.float64)
    for k in range(max(0, games.n_plays - window), games.n_plays):
        seat = int(games.seats[0, k])
        if seat == me:
            continue
        plays = torch.full((n_worlds, 28), -1, dtype=torch.int8)
        plays[:, :k] = games.plays[:, :k]
        hand = deals[:, seat]
        decls, wanted = games.decls.expand(n_worlds), needed.expand(n_worlds)
        p = ops.policy_logits(hand, decls, plays, wanted, weights).double().softmax(dim=1)
        n_legal = (p > 0).sum(dim=1)
        mixed = (1 - UNIFORM) * p + UNIFORM / n_legal[:, None]
        of_play = mixed[hand == games.plays[0, k]]
        likelihood *= torch.where(n_legal > 1, of_play, 1.0)
    target = make_targets(games, BID).to(torch.int8)
    made = ops.search_at_least(
        deals, positions.decls, positions.states(games.n_plays), target
    ).double()
    if me % 2:
        made = 1 - made
    share = likelihood / likelihood.sum()
    return (share[:, None] * made).sum(dim=0), float(1 / share.square().sum()), n_worlds


def test_rows_and_threads_do_not_touch_each_other() -> None:
    games = games_after(6, 12)
    seen = seen_by(games, needed_by(BID, 12))
    keys = torch.arange(12) * 77
    weights = random_weights()
    together = ops.decide(*seen, keys, weights, n_worlds=10, pool=50)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for row in range(12):
            part = slice(row, row + 1)
            seen_alone = Seen(*(each[part] for each in seen))
            alone = ops.decide(*seen_alone, keys[part], weights, n_worlds=10, pool=50)
            for a, b in zip(alone, together, strict=True):
                assert torch.equal(a.double().nan_to_num(-7), b[part].double().nan_to_num(-7))
    finally:
        torch.set_num_threads(before)


def test_a_single_play_is_not_judged() -> None:
    games = games_after(24, 10)
    found = ops.decide(*seen_by(games, needed_by(BID, 10)), torch.arange(10))
    assert bool(found.chances.isnan().all())
    assert found.n_worlds.tolist() == [0] * 10
    assert torch.equal(found.slots, games.legal.int().argmax(dim=1))


def test_races_choose_as_well() -> None:
    games = games_after(4, 60)
    seen = seen_by(games, needed_by(Bid.of(30), 60))
    keys = torch.arange(60)
    full = ops.decide(*seen, keys, n_worlds=100, race=False)
    raced = ops.decide(*seen, keys, n_worlds=100)
    judged_by_others = ops.decide(*seen, keys + 1000, n_worlds=400, race=False).chances
    lost = judged_by_others.gather(1, full.slots[:, None]) - judged_by_others.gather(
        1, raced.slots[:, None]
    )
    assert float(lost.nan_to_num(0).mean()) < 0.02


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_worlds", 0),
        ("pool", 1 << 21),
        ("prior", -0.1),
        ("prior", math.nan),
        ("rollouts", 1.1),
        ("rollouts", math.nan),
        ("uniform", 0.0),
        ("uniform", math.nan),
        ("window", 0),
        ("window", 29),
    ],
)
def test_settings_out_of_range(name: str, value: float) -> None:
    seen = seen_by(games_after(3, 1), needed_by(BID, 1))
    with pytest.raises(ForgeError, match=rf"^{name} must be "):
        ops.decide(*seen, torch.zeros(1, dtype=torch.int64), **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["make:n=12", "eq:n=12"])
def test_players_choose_as_in_python(text: str) -> None:
    for n_plays in (0, 5, 11, 18):
        games = games_after(n_plays, 30)
        keys = decision_keys(torch.arange(30), n_plays, 4)
        in_python = parse_player(f"{text},no-race").build("cpu", BID)
        native = parse_player(text).build("cpu", BID)
        assert isinstance(native, SeatPlayer)
        native.how = replace(native.how, race=False)
        assert torch.equal(native.slots(games, keys), in_python.slots(games, keys))


def test_all_worlds_race_in_no_order() -> None:
    # Worlds in order of their numbers begin alike: the first ten of 8,191 drop the best play here.
    hands = torch.tensor([[2, 3, 4, 12, 13, 20, 24]], dtype=torch.int8)
    plays = torch.full((1, 28), -1, dtype=torch.int8)
    played = [24, 23, 22, 5, 18, 13, 26, 17, 7, 8, 6, 3, 21, 11]
    plays[0, : len(played)] = torch.tensor(played, dtype=torch.int8)
    seen = Seen(
        hands, torch.tensor([7], dtype=torch.int8), plays, torch.tensor([31]).to(torch.int8)
    )
    for key in range(5):
        keys = torch.tensor([key])
        raced = ops.decide(*seen, keys, n_worlds=8191)
        full = ops.decide(*seen, keys, n_worlds=8191, race=False)
        assert raced.slots.tolist() == full.slots.tolist() == [5]


@pytest.mark.parametrize("n_rows", [1, 3])
def test_a_long_decision_can_be_interrupted(n_rows: int) -> None:
    first = random_seen(1)
    rows = SeenRows(*(each[:1].repeat(n_rows, *[1] * (each.dim() - 1)) for each in first))
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ops.decide(*rows, torch.arange(n_rows), n_worlds=300_000, race=False)
    assert time.monotonic() - began < 20  # it would take minutes


@pytest.mark.parametrize("argument", ["hands", "keys", "weights"])
def test_no_tensors(argument: str) -> None:
    seen = seen_by(games_after(3, 1), needed_by(BID, 1))
    given = {**seen._asdict(), "keys": torch.zeros(1, dtype=torch.int64), "weights": None}
    bad = {"hands": [1], "keys": None, "weights": 3}[argument]
    with pytest.raises(ForgeError, match=f"^{argument} must be"):
        ops.decide(**{**given, argument: bad})


def test_weights_of_a_module() -> None:
    seen = seen_by(games_after(3, 1), needed_by(BID, 1))
    weights = torch.nn.Parameter(random_weights())
    keys = torch.zeros(1, dtype=torch.int64)
    found = ops.decide(*seen, keys, weights, n_worlds=5, pool=5)
    assert torch.equal(found.slots, ops.decide(*seen, keys, weights.data, n_worlds=5, pool=5).slots)
