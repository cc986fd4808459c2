"""The objective `make` against the reference: all worlds, exact values, one at a time."""

import pytest
import torch

from forge.eq.estimate import estimate
from forge.eq.objective import (
    choose_for_contract,
    contract_chances,
    is_decided,
    make_targets,
    points_left,
)
from forge.eq.oracle import ExactOracle
from forge.eq.settings import AdaptiveConfig, EstimateConfig, PosteriorConfig
from forge.errors import ForgeError
from forge.game.contract import BIDS, LOWEST_BID, Bid
from reference import deals, packing, rules
from reference.minimax import ILLEGAL, Solver
from reference.rules import Domino
from reference.worlds import worlds
from support.lines import random_lines, replayed, seat_to_act

LINES = random_lines(24, seed=21)
KEYS = torch.arange(len(LINES))
ALL = EstimateConfig(enumerate=True)
ORACLE = ExactOracle()


def points_won(i: int, n_plays: int) -> tuple[int, int]:
    """Points of both teams before play `n_plays` of a line, trick by trick."""
    line, won = LINES[i], [0, 0]
    for n in range(4, n_plays + 1, 4):
        leader = packing.unpack(line.states[n - 4]).leader
        before, after = (packing.unpack(line.states[k]) for k in (n - 4, n))
        trick: list[Domino] = []
        for k in range(4):
            seat = (leader + k) % 4
            (slot,) = set(before.hands[seat]) - set(after.hands[seat])
            trick.append(line.deal[seat][slot])
        winner = (leader + rules.trick_winner(line.decl, trick)) % 4
        won[rules.team(winner)] += rules.trick_points(trick)
    return won[0], won[1]


def expected_chances(i: int, n_plays: int, bid: int) -> list[float | None]:
    """Share of all worlds in which each play gives the acting team what it wants."""
    line = LINES[i]
    state, games = line.states[n_plays], replayed(LINES[i : i + 1], n_plays)
    me, held = seat_to_act(state), packing.unpack(state).hands
    needed = bid - points_won(i, n_plays)[0]
    left = 42 - sum(points_won(i, n_plays))
    hits, n = [0] * 7, 0
    allowed, sizes = (part[0].tolist() for part in games.hidden())
    legal = [False] * 7
    for world in worlds(allowed, sizes):
        hands = [list(hand) for hand in deals.ids(line.deal)]
        for k in range(3):
            seat = (me + 1 + k) % 4
            gone = [hands[seat][slot] for slot in range(7) if slot not in held[seat]]
            hands[seat] = sorted(gone + [d for d in range(28) if world[k] >> d & 1])
        deal = tuple(deals.hand_from_ids(hand) for hand in hands)
        masks = [
            tuple(s for s in range(7) if hands[seat][s] not in played(i, n_plays, seat))
            for seat in range(4)
        ]
        before = packing.unpack(state)
        trick = tuple(
            hands[(before.leader + k) % 4].index(
                deals.ids(line.deal)[(before.leader + k) % 4][slot]
            )
            for k, slot in enumerate(before.plays)
        )
        packed = packing.pack(packing.State(tuple(masks), before.leader, trick))
        q = Solver(deal, line.decl).q(packed)
        n += 1
        for slot in range(7):
            if q[slot] != ILLEGAL:
                legal[slot] = True
                team0_gets = (left + q[slot]) / 2  # of what is left
                hits[slot] += (team0_gets >= needed) == (rules.team(me) == 0)
    return [hits[slot] / n if legal[slot] else None for slot in range(7)]


def played(i: int, n_plays: int, seat: int) -> set[int]:
    """Ids that a seat has played before play `n_plays`."""
    held = packing.unpack(LINES[i].states[n_plays]).hands[seat]
    return {d for slot, d in enumerate(deals.ids(LINES[i].deal)[seat]) if slot not in held}


@pytest.mark.parametrize(("n_plays", "n_lines"), [(20, 12), (21, 20), (22, 24)])
def test_chances_against_the_reference(n_plays: int, n_lines: int) -> None:
    # Bids that are still open say most: the contract hangs on the last tricks.
    bids = []
    for i in range(n_lines):
        ours, theirs = points_won(i, n_plays)
        bids.append(Bid(min(42, ours + (42 - ours - theirs) * (1 + i % 3) // 4 + 1)))
    games = replayed(LINES[:n_lines], n_plays)
    found = contract_chances(games, KEYS[:n_lines], ORACLE, ALL, make_targets(games, bids))
    open_chances = 0
    for i in range(n_lines):
        expected = expected_chances(i, n_plays, bids[i].points)
        for slot in range(7):
            if expected[slot] is None:
                assert found[i, slot].isnan()
            else:
                assert float(found[i, slot]) == pytest.approx(expected[slot], abs=1e-12)
                open_chances += 0.0 < float(found[i, slot]) < 1.0
    assert open_chances > 10  # the test says something


@pytest.mark.parametrize("n_plays", [0, 4, 10, 17, 24, 27])
def test_what_is_left_and_what_is_needed(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    bids = [BIDS[i % len(BIDS)] for i in range(len(LINES))]
    targets, left = make_targets(games, bids), points_left(games)
    decided = is_decided(games, targets)
    for i in range(len(LINES)):
        ours, theirs = points_won(i, n_plays)
        assert int(left[i]) == 42 - ours - theirs
        needed = bids[i].points - ours
        # With value-to-go v team 0 gets (left + v) / 2 of what is left.
        assert (int(left[i]) + int(targets[i])) / 2 == needed
        assert bool(decided[i]) == (needed <= 0 or needed > int(left[i]))
        # One game alone says the same.
        assert int(targets[i]) == bids[i].target(ours, theirs)
        assert bool(decided[i]) == (bids[i].standing(ours, theirs) != "open")
    assert torch.equal(make_targets(games, BIDS[3]), make_targets(games, [BIDS[3]] * len(LINES)))


def test_decided_contracts_are_played_for_points() -> None:
    games = replayed(LINES, 16)
    config = EstimateConfig(n_samples=20)
    mean = estimate(games, KEYS, ORACLE, config).mean.nan_to_num(-100.0)
    won = [points_won(i, 16) for i in range(len(LINES))]
    made = [Bid(ours) if ours else Bid(42) for ours, _ in won]  # or set, without a point
    lost = [Bid(43 - theirs) if theirs else Bid(1) for _, theirs in won]  # or made
    for bids in (made, lost):
        assert is_decided(games, make_targets(games, bids)).all()
        slots = choose_for_contract(games, KEYS, ORACLE, config, bids)
        assert torch.equal(slots, mean.argmax(dim=1))


def test_the_best_chance_is_played_and_ties_go_to_points() -> None:
    games = replayed(LINES, 14)
    config = EstimateConfig(n_samples=12, posterior=PosteriorConfig(tau=2.0))
    targets = make_targets(games, Bid(24))
    chances = contract_chances(games, KEYS, ORACLE, config, targets).nan_to_num(-1.0)
    mean = estimate(games, KEYS, ORACLE, config).mean.nan_to_num(-100.0)
    slots = choose_for_contract(games, KEYS, ORACLE, config, Bid(24))
    n_tied = n_for_points = 0
    for i, slot in enumerate(slots.tolist()):
        best = float(chances[i].max())
        tied = [k for k in range(7) if chances[i, k] > best - 1e-9]
        assert slot == max(tied, key=lambda k: float(mean[i, k]))
        n_tied += len(tied) > 1
        n_for_points += slot == int(mean[i].argmax())
    assert 0 < n_tied < len(LINES) and n_for_points < len(LINES)  # both cases are there


def test_no_adaptive_sampling() -> None:
    config = EstimateConfig(adaptive=AdaptiveConfig())
    with pytest.raises(ForgeError, match="no adaptive sampling"):
        choose_for_contract(replayed(LINES, 3), KEYS, ORACLE, config, LOWEST_BID)
