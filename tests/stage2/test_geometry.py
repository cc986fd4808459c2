"""The features of `TranscriptGeometry`, each against the rules of the reference."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from forge.play.transcript import transcript_tokens
from forge.stage2.geometry import FEATURE_GROUPS, TranscriptGeometry, own_tokens
from reference import rules
from reference.renaming import KIND_OF, canonical
from reference.rules import ALL_DOMINOES, Domino, domino_id
from support.lines import random_lines, replayed
from support.views import View, view_of

LINES = random_lines(10, seed=31)
GEOMETRY = TranscriptGeometry()

pytestmark = pytest.mark.usefixtures("one_thread")


class Case(NamedTuple):
    """One decision and its features, by group."""

    view: View
    row: dict[str, Tensor]

    def ones(self, group: str) -> set[int]:
        """The indices of a group that are 1; nothing but 0 and 1 may be there."""
        assert set(self.row[group].tolist()) <= {0.0, 1.0}, group
        return set(self.row[group].nonzero().flatten().tolist())

    def renamed(self, dominoes: Iterable[Domino], start: int = 0) -> set[int]:
        """Where dominoes stand in a group of 28, or in its part that begins at `start`."""
        return {start + canonical(self.view.decl, domino) for domino in dominoes}


def by_group(features: Tensor) -> dict[str, Tensor]:
    """[B, n_features] in parts."""
    parts = features.split(list(FEATURE_GROUPS.values()), dim=1)
    return dict(zip(FEATURE_GROUPS, parts, strict=True))


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every decision of ten games at random, under all ten declarations."""
    found = []
    for n_plays in range(28):
        tokens, _ = transcript_tokens(replayed(LINES, n_plays))
        groups = by_group(GEOMETRY(tokens).features)
        for i, line in enumerate(LINES):
            row = {name: part[i] for name, part in groups.items()}
            found.append(Case(view_of(line, n_plays), row))
    assert {case.view.decl for case in found} == set(range(10))
    return found


def placed(view: View) -> Iterator[tuple[int, Domino]]:
    """(place, domino) of every domino one knows: 0 own hand, 1 + s played by seat s."""
    yield from ((0, domino) for domino in view.hand)
    yield from ((1 + seat, domino) for seat, domino in view.plays)


def test_own_hand_and_played_by(cases: list[Case]) -> None:
    for case in cases:
        decl = case.view.decl
        where = {28 * place + canonical(decl, d): d for place, d in placed(case.view)}
        assert case.ones("place") == {140 * KIND_OF[decl] + index for index in where}
        assert case.ones("count_place") == {
            index + {5: 0, 10: 140}[rules.count_points(domino)]
            for index, domino in where.items()
            if rules.count_points(domino)
        }
        assert case.ones("decl") == {decl}


def test_order_of_the_plays(cases: list[Case]) -> None:
    for case in cases:
        plays = list(enumerate(case.view.plays))
        assert case.ones("order") == {
            28 * k + canonical(case.view.decl, domino) for k, (_, domino) in plays
        }
        assert case.ones("player") == {4 * k + seat for k, (seat, _) in plays}


def test_what_is_unseen_and_who_may_hold_it(cases: list[Case]) -> None:
    n_excluded = 0
    for case in cases:
        unseen = case.view.unseen
        assert case.ones("unseen") == case.renamed(unseen)
        fives, tens = ([d for d in unseen if rules.count_points(d) == n] for n in (5, 10))
        assert case.ones("unseen_count") == case.renamed(fives) | case.renamed(tens, 28)
        held = [case.view.may_hold(seat) for seat in (1, 2, 3)]
        n_excluded += sum(len(unseen) - len(dominoes) for dominoes in held)
        assert case.ones("may_hold") == set().union(
            *(case.renamed(dominoes, 28 * i) for i, dominoes in enumerate(held))
        )
    assert n_excluded > len(cases)  # there was something to infer


def test_winners_and_score(cases: list[Case]) -> None:
    for case in cases:
        winners, score = set(), [0, 42]
        for t, trick in enumerate(case.view.tricks):
            dominoes = [domino for _, domino in trick]
            winner, _ = trick[rules.trick_winner(case.view.decl, dominoes)]
            points = rules.trick_points(dominoes)
            winners.add(4 * t + winner)
            score[0] += points if winner in (0, 2) else -points
            score[1] -= points
        assert case.ones("winner") == winners
        assert case.row["score"].tolist() == pytest.approx([points / 42 for points in score])


def test_own_plays_in_the_trick(cases: list[Case]) -> None:
    for case in cases:
        view = case.view
        winning = [domino for domino in view.legal if view.is_winning(domino)]
        over = {own: [d for d in view.unseen if view.beats(d, own)] for own in view.legal}
        assert case.ones("own_legal") == case.renamed(view.legal)
        assert case.ones("own_winning") == case.renamed(winning)
        assert case.ones("own_safe") == case.renamed(d for d in winning if not over[d])
        expected = [0.0] * 28
        for own, better in over.items():
            expected[canonical(view.decl, own)] = len(better) / max(1, len(view.unseen))
        assert case.row["own_beaten"].tolist() == pytest.approx(expected)


def test_what_the_seats_behind_may_do(cases: list[Case]) -> None:
    for case in cases:
        view = case.view
        for seat in (1, 2, 3):
            may_hold = view.may_hold(seat) if view.is_to_play(seat) else []
            beaten = [
                own
                for own in view.legal
                if view.is_winning(own) and any(view.beats(d, own) for d in may_hold)
            ]
            followed = [
                own
                for own in view.legal
                if any(rules.can_follow(view.decl, view.suit_with(own), d) for d in may_hold)
            ]
            assert case.ones(f"can_beat_{seat}") == case.renamed(beaten)
            assert case.ones(f"may_follow_{seat}") == case.renamed(followed)


def test_trick_on_the_table(cases: list[Case]) -> None:
    for case in cases:
        decl, table = case.view.decl, case.view.table
        dominoes = [domino for _, domino in table]
        assert case.ones("table") == {
            28 * (3 * KIND_OF[decl] + k) + canonical(decl, d) for k, d in enumerate(dominoes)
        }
        stake = sum(rules.count_points(domino) for domino in dominoes)
        assert case.row["stake"].tolist() == pytest.approx([stake / 10])
        leading = {table[rules.trick_winner(decl, dominoes)][0] - 1} if table else set()
        assert case.ones("leading") == leading


def test_every_group_is_seen_at_work(cases: list[Case]) -> None:
    """A feature that is never set would pass the tests above where they compare with nothing."""
    for group in FEATURE_GROUPS:
        assert any(case.row[group].any() for case in cases), group


@pytest.mark.parametrize("n_plays", [0, 1, 6, 11, 16, 21, 27])
def test_own_slots_kind_and_legal(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    tokens, _ = transcript_tokens(games)
    found = GEOMETRY(tokens)
    assert torch.equal(found.legal, games.legal)
    index, there = own_tokens(tokens.long())
    assert there.all()
    for i, line in enumerate(LINES):
        dealt = view_of(line, n_plays).dealt
        assert found.own[i].tolist() == [canonical(line.decl, domino) for domino in dealt]
        assert int(found.kind[i]) == KIND_OF[line.decl]
        rows = tokens[i, index[i]].tolist()
        assert [(row[0], row[1]) for row in rows] == dealt
        assert [domino_id((row[0], row[1])) for row in rows] == games.hand[i].tolist()


def test_padding_and_company_do_not_matter() -> None:
    """Transcripts of all lengths in one batch, with rubbish behind their ends."""
    parts = [transcript_tokens(replayed(LINES[:5], n_plays)) for n_plays in range(28)]
    tokens = torch.cat([part for part, _ in parts])
    alone = torch.cat([GEOMETRY(part).features for part, _ in parts])
    assert torch.equal(GEOMETRY(tokens).features, alone)
    lengths = torch.cat([part for _, part in parts])
    padding = torch.arange(36) >= lengths[:, None]
    rng = torch.Generator().manual_seed(1)
    dominoes = torch.tensor([[*d, int(d[0] == d[1]), 0] for d in ALL_DOMINOES], dtype=torch.int8)
    rubbish = torch.ones_like(tokens)
    rubbish[..., :4] = dominoes[torch.randint(0, 28, padding.shape, generator=rng)]
    rubbish[..., 3:6] = torch.randint(0, 2, (*padding.shape, 3), generator=rng).to(torch.int8)
    rubbish[..., 7] = 0  # of no hand and no play
    found = GEOMETRY(torch.where(padding[..., None], rubbish, tokens))
    assert torch.equal(found.features, alone)
    assert torch.equal(found.own, GEOMETRY(tokens).own)


def test_features_take_the_autocast_type() -> None:
    tokens, _ = transcript_tokens(replayed(LINES[:2], 5))
    plain = GEOMETRY(tokens).features
    with torch.autocast("cpu", dtype=torch.bfloat16):
        short = GEOMETRY(tokens).features
    assert (plain.dtype, short.dtype) == (torch.float32, torch.bfloat16)
    torch.testing.assert_close(short.float(), plain, atol=0.0, rtol=0.01)
    assert plain.shape == (2, TranscriptGeometry.n_features)
    assert not list(GEOMETRY.parameters())
    assert not GEOMETRY.state_dict()
