"""Bins, bars and chances that the viewer shows."""

from dataclasses import replace

import pytest

from forge.game.contract import Bid
from forge.look.decision_view import DecisionView, decision_view
from forge.look.distribution import (
    Bins,
    bars,
    chance_of_contract,
    hand_points,
    least_q,
    zoomed,
)
from support.records import small_record

VIEW = decision_view(small_record(), 0)


def with_pdfs(
    *shares: dict[int, float], player: int = 0, points: tuple[int, int] = (0, 0)
) -> DecisionView:
    """A decision whose first slots are legal and have these shares by points."""
    actions = []
    for slot, action in enumerate(VIEW.actions):
        own = shares[slot] if slot < len(shares) else {}
        pdf = tuple(own.get(k - 42, 0.0) for k in range(85))
        actions.append(replace(action, legal=slot < len(shares), pdf=pdf))
    return replace(VIEW, actions=tuple(actions), player=player, points=points)


def test_zoom_is_to_what_is_filled() -> None:
    view = with_pdfs({-4: 0.5, 1: 0.5}, {6: 1.0})
    assert zoomed(view, 80) == Bins(38, 1, 11)
    assert zoomed(view, 11) == Bins(38, 1, 11)
    assert zoomed(view, 5) == Bins(38, 3, 4)
    assert zoomed(view, 1) == Bins(38, 11, 1)


def test_every_second_bin_where_the_others_are_empty() -> None:
    view = with_pdfs({-4: 0.5, 2: 0.5}, {6: 1.0})
    assert zoomed(view, 80) == Bins(38, 2, 6)
    assert zoomed(view, 5) == Bins(38, 4, 3)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 20, 85])
def test_columns_fit_and_lose_nothing(width: int) -> None:
    pdf = {q: 1 / 85 for q in range(-42, 43)}
    view = with_pdfs(pdf)
    bins = zoomed(view, width)
    assert bins.n <= width
    shares = bins.shares(view.actions[0].pdf)
    assert sum(shares) == pytest.approx(1.0)
    above = bins.at_least(view.actions[0].pdf)
    assert above[0] == pytest.approx(1.0)
    assert above == sorted(above, reverse=True)
    for column, share in enumerate(shares):
        assert above[column] == pytest.approx(sum(shares[column:]))
        assert share > 0.0


def test_ends_that_are_next_to_nothing_are_left_out() -> None:
    view = with_pdfs({-40: 0.0005, 0: 0.499, 1: 0.5, 42: 0.0005})
    bins = zoomed(view, 80)
    assert (bins.q(0), bins.n) == (0, 2)
    # What lies above still counts.
    assert bins.at_least(view.actions[0].pdf) == pytest.approx([0.9995, 0.5005])


def test_no_distributions() -> None:
    assert zoomed(with_pdfs({}), 10).n == 1


def test_where_a_value_is() -> None:
    bins = Bins(38, 2, 6)  # -4..7
    assert [bins.column(q) for q in (-5, -4, -3, -2, 7, 8)] == [None, 0, 0, 1, 5, None]


def test_bars() -> None:
    assert bars([0.0, 0.5, 1.0, 2.0], 1) == [" ▄██"]
    assert bars([0.0, 0.5, 0.75, 1.0], 2) == ["  ▄█", " ███"]
    assert bars([1e-9], 2) == [" ", "▁"]  # there, however little
    assert bars([0.0, 1.0], 1, 3) == ["   ███"]


def test_chance_of_the_contract() -> None:
    # Team 0 has 12 of 17 points won: 24 are to come, it needs 18 of them: Q = 18 - 7 = 11.
    shares = {9: 0.25, 11: 0.5, 25: 0.25}
    view = with_pdfs(shares, points=(12, 5))
    assert hand_points(view, 11) == 30
    assert chance_of_contract(view, view.actions[0], Bid.of(30)) == pytest.approx(0.75)
    assert chance_of_contract(view, view.actions[0], Bid.of(31)) == pytest.approx(0.25)
    assert chance_of_contract(view, view.actions[0], Bid.of(84)) == pytest.approx(0.0)
    assert (least_q(view, Bid.of(30)), least_q(view, Bid.of(84))) == (11, 35)
    # The same for the other team, which sees it with the sign changed.
    flipped = with_pdfs({-q: share for q, share in shares.items()}, player=3, points=(12, 5))
    assert chance_of_contract(flipped, flipped.actions[0], Bid.of(30)) == pytest.approx(0.25)


def test_a_contract_that_is_decided() -> None:
    for player, chance in ((0, 1.0), (1, 0.0)):
        view = with_pdfs({-2: 0.5, 10: 0.5}, player=player, points=(41, 0))
        assert chance_of_contract(view, view.actions[0], Bid.of(30)) == chance
        assert chance_of_contract(view, view.actions[0], Bid(1)) == chance
    view = with_pdfs({-2: 0.5, 10: 0.5}, player=1, points=(0, 41))
    assert chance_of_contract(view, view.actions[0], Bid.of(30)) == 1.0  # set


def test_all_is_won_or_lost_in_the_end() -> None:
    view = decision_view(small_record(), 27)
    team_0 = (
        42 + (view.points[0] - view.points[1]) + view.taken.mean * (1 if view.team == 0 else -1)
    )
    for bid in (30, 36, 42):
        made = team_0 / 2 >= bid
        assert chance_of_contract(view, view.taken, Bid.of(bid)) == float(made == (view.team == 0))
