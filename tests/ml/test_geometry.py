"""The features of `SuitGeometry`, each against the rules of the reference."""

import itertools
import random
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import torch

from forge import ops
from forge.ml.networks.geometry import FEATURE_GROUPS, Geometry, SuitGeometry
from reference import deals, game, packing, rules
from reference.renaming import KIND_OF, canonical
from reference.rules import ALL_DOMINOES, Domino, domino_id
from support.batches import random_games

N_POSITIONS = 400


class Case(NamedTuple):
    """One position and its features, by group."""

    decl: int
    hands: list[list[Domino]]  # still held, by seat relative to the seat to act
    trick: list[Domino]
    row: dict[str, torch.Tensor]

    def set_in(self, group: str) -> set[int]:
        """The indices of a group that are 1; nothing but 0 and 1 may be there."""
        assert set(self.row[group].tolist()) <= {0.0, 1.0}, group
        return set(self.row[group].nonzero().flatten().tolist())


def geometry_of(n_games: int, seed: int) -> tuple[list[Case], Geometry]:
    """Positions of random games, and what the layers make of them."""
    batch = random_games(n_games, seed=seed)
    live = batch.states & (2**28 - 1) != 0
    hands, decls, states = (column[live] for column in batch)
    tokens, masks = ops.tokenize_states(hands, decls, states)
    players = ((states >> 28) + (states >> 30)) & 3
    geometry = SuitGeometry()(tokens, masks, players)
    cases = []
    for i in range(len(states)):
        deal = tuple(deals.hand_from_ids(hand) for hand in hands[i].tolist())
        state = packing.unpack(int(states[i]))
        turn = int(players[i])
        held = [[deal[(turn + s) % 4][k] for k in state.hands[(turn + s) % 4]] for s in range(4)]
        parts = geometry.features[i].split(list(FEATURE_GROUPS.values()))
        row = dict(zip(FEATURE_GROUPS, parts, strict=True))
        cases.append(Case(int(decls[i]), held, list(game.trick_so_far(deal, state)), row))
    return cases, geometry


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Positions under all ten declarations."""
    found, _ = geometry_of(30, seed=5)
    chosen = random.Random(0).sample(found, N_POSITIONS)
    assert {case.decl for case in chosen} == set(range(10))
    assert {len(case.trick) for case in chosen} == {0, 1, 2, 3}
    return chosen


def held_with_index(case: Case) -> Iterator[tuple[int, Domino, int]]:
    """(seat, domino, index in a `held` group)."""
    for seat, hand in enumerate(case.hands):
        for domino in hand:
            yield seat, domino, 28 * seat + canonical(case.decl, domino)


def beats(decl: int, led: Domino, other: Domino) -> bool:
    """Whether the second of two plays wins."""
    return rules.trick_winner(decl, [led, other]) == 1


def test_places_and_counts(cases: list[Case]) -> None:
    for case in cases:
        kind, n_table = KIND_OF[case.decl], len(case.trick)
        places = {index: domino for _, domino, index in held_with_index(case)}
        for k, domino in enumerate(case.trick):  # the last play is the right neighbour's, seat 3
            seat = 4 - n_table + k
            places[112 + 28 * (seat - 1) + canonical(case.decl, domino)] = domino
        assert case.set_in("place") == {196 * kind + place for place in places}
        worth = {place: rules.count_points(domino) for place, domino in places.items()}
        expected = {p for p, points in worth.items() if points == 5}
        expected |= {196 + p for p, points in worth.items() if points == 10}
        assert case.set_in("count_place") == expected
        assert case.set_in("decl") == {case.decl}
        assert case.set_in("leader") == {(4 - n_table) % 4}


def test_replies_to_a_lead(cases: list[Case]) -> None:
    for case, k in itertools.product(cases, (1, 2, 3)):
        must_follow, can_beat = set(), set()
        for seat, domino, index in held_with_index(case):
            hand = case.hands[(seat + k) % 4]
            suit = rules.led_suit(case.decl, domino)
            if any(rules.can_follow(case.decl, suit, other) for other in hand):
                must_follow.add(index)
            replies = rules.legal_dominoes(case.decl, hand, domino)
            if any(beats(case.decl, domino, reply) for reply in replies):
                can_beat.add(index)
        assert case.set_in(f"must_follow_{k}") == must_follow
        assert case.set_in(f"can_beat_{k}") == can_beat


def test_trick_on_the_table(cases: list[Case]) -> None:
    trick_groups = list(FEATURE_GROUPS)[list(FEATURE_GROUPS).index("legal") :]
    for case in cases:
        if not case.trick:
            assert not any(case.row[group].any() for group in trick_groups)
            continue
        wins = rules.trick_winner(case.decl, case.trick)
        legal_by_seat = [
            rules.legal_dominoes(case.decl, hand, case.trick[0]) for hand in case.hands
        ]
        legal, winning = set(), set()
        takers = [False] * 4
        for seat, domino, index in held_with_index(case):
            if domino not in legal_by_seat[seat]:
                continue
            legal.add(index)
            if rules.trick_winner(case.decl, [*case.trick, domino]) == len(case.trick):
                winning.add(index)
                takers[seat] |= seat < 4 - len(case.trick)
        assert case.set_in("legal") == legal
        assert case.set_in("winning") == winning
        assert case.set_in("winner") == {4 - len(case.trick) + wins - 1}
        assert case.set_in("can_take") == {seat for seat in range(4) if takers[seat]}
        points = sum(rules.count_points(domino) for domino in case.trick)
        assert case.row["stake"].item() == points / 10
        for k in (1, 2, 3):
            later = legal_by_seat[k] if k < 4 - len(case.trick) else []
            retaken = {
                canonical(case.decl, own)
                for own in legal_by_seat[0]
                if 28 * 0 + canonical(case.decl, own) in winning
                and any(
                    rules.trick_winner(case.decl, [*case.trick, own, other]) == len(case.trick) + 1
                    for other in later
                )
            }
            assert case.set_in(f"can_retake_{k}") == retaken


def test_own_dominoes_and_kind() -> None:
    _, geometry = geometry_of(10, seed=7)
    batch = random_games(10, seed=7)
    live = batch.states & (2**28 - 1) != 0
    hands, decls, states = (column[live] for column in batch)
    for i in range(len(states)):
        turn = (int(states[i]) >> 28) + (int(states[i]) >> 30) & 3
        decl = int(decls[i])
        own = [canonical(decl, ALL_DOMINOES[d]) for d in hands[i, turn].tolist()]
        assert geometry.own[i].tolist() == own
        assert int(geometry.kind[i]) == KIND_OF[decl]


def _swapped(domino: Domino, swap: dict[int, int]) -> Domino:
    """The domino with its ends renamed, the higher one first."""
    high, low = (swap.get(end, end) for end in domino)
    return max(high, low), min(high, low)


def test_renaming_trumps_changes_nothing_but_counts() -> None:
    """Two deals that are the same but for the names of their pips look the same."""
    swap = {0: 1, 1: 0}  # trump 0 in one is trump 1 in the other; the order of the rest stays
    rng = random.Random(3)
    dominoes = rng.sample(list(ALL_DOMINOES), 28)
    seats = [sorted(dominoes[i : i + 7]) for i in range(0, 28, 7)]
    renamed = [sorted(_swapped(d, swap) for d in hand) for hand in seats]
    rows = []
    for decl, hands in ((0, seats), (1, renamed)):
        deal = torch.tensor([[sorted(domino_id(d) for d in hand) for hand in hands]])
        state = torch.tensor([packing.pack(packing.INITIAL)])
        tokens, masks = ops.tokenize_states(
            deal.to(torch.int8), torch.tensor([decl], dtype=torch.int8), state
        )
        features = SuitGeometry()(tokens, masks, torch.zeros(1)).features[0]
        parts = features.split(list(FEATURE_GROUPS.values()))
        rows.append(dict(zip(FEATURE_GROUPS, parts, strict=True)))
    for group in FEATURE_GROUPS:
        if group not in ("decl", "count_place"):
            assert torch.equal(rows[0][group], rows[1][group]), group
