"""A decision as text, at any width."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from forge.eq.settings import PosteriorConfig
from forge.game.contract import Bid
from forge.game.tables import domino_name
from forge.look.decision_view import DecisionView, decision_view, game_views
from forge.look.inference import what_plays_told
from forge.look.viewer.sections import print_view
from forge.look.viewer.text import Look
from forge.policy.numbers import PolicyNumbers, save_policy
from support.records import SEEDS, few_worlds, played, small_record
from support.seen import random_weights

VIEW = decision_view(small_record(), 13)


def text_of(view: DecisionView, width: int = 100, **look: object) -> str:
    """What is printed, without colour."""
    out = StringIO()
    console = Console(file=out, width=width, color_system=None)
    print_view(console, view, Look(**look), "games.pt")  # type: ignore[arg-type]
    return out.getvalue()


def section(text: str, title: str) -> list[str]:
    """The lines below a title, to the next blank one."""
    rows = text.splitlines()
    start = next(k for k, row in enumerate(rows) if row.startswith(title))
    return rows[start + 1 : rows.index("", start)]


@pytest.mark.parametrize("width", [1, 5, 17, 40, 47, 64, 80, 132, 250])
def test_no_line_is_too_long_and_none_breaks(width: int) -> None:
    for game in range(len(SEEDS)):
        for view in game_views(small_record(), game)[game::9]:
            for look in ({}, {"chances": True, "bar_rows": 3}, {"hidden": True}):
                rows = text_of(view, width, **look).splitlines()
                assert max(map(len, rows)) <= width
                # Seven slots, however narrow it is.
                n_legal = sum(action.legal for action in view.actions)
                n_bars = look.get("bar_rows", 1) * n_legal + 7 - n_legal
                start = next(k for k, row in enumerate(rows) if row == "") + 1
                assert rows.index("", start) - start == 2 + n_bars


def test_figures_of_the_actions() -> None:
    for k in (5, 20, 27):
        view = decision_view(small_record(), k)
        rows = section(text_of(view), "E[Q]: points to come")
        for action, row in zip(view.actions, rows[1:], strict=True):
            assert domino_name(action.domino) in row
            assert ("▶" in row) == action.taken
            assert ("★" in row) == action.best
            assert ("played before" in row) == (not action.held)
            assert ("not legal" in row) == (action.held and not action.legal)
            assert (f"{action.mean:+.2f}" in row) == action.legal
            assert ("exact" in row) == (action.legal and view.complete)


def test_legal_slots_have_bars_on_one_axis() -> None:
    view = next(v for v in game_views(small_record(), 0) if sum(a.legal for a in v.actions) > 2)
    head, *rows = section(text_of(view), "E[Q]: points to come")
    low, high = head.split()[-3 if " 0 " in head else -2], head.split()[-1]
    filled = [k - 42 for k in range(85) if any(a.pdf[k] >= 0.001 for a in view.actions)]
    assert int(low) == filled[0] and int(high) <= filled[-1]
    start = head.index(low)
    for action, row in zip(view.actions, rows, strict=True):
        assert (row[start:].strip() != "") == action.legal


def test_narrow_keeps_the_mean_and_its_error() -> None:
    head, *rows = section(text_of(VIEW, 40), "E[Q]")
    assert "E[Q]" in head and "±sem" in head and "sd" not in head
    assert f"{VIEW.taken.mean:+.2f}" in "".join(rows)


def test_chances_instead_of_points() -> None:
    points, chances = text_of(VIEW), text_of(VIEW, chances=True, bid=Bid.of(34))
    assert "Chance that team" not in points
    assert f"Chance that team {VIEW.team} gets at least" in chances
    assert ("make 34" if VIEW.team == 0 else "set 34") in chances
    for action in VIEW.actions:
        if action.legal:  # all of it is at least the least
            row = next(r for r in chances.splitlines() if f" {domino_name(action.domino)} " in r)
            assert "%" in row and "█" in row


def test_hidden_hands_are_hidden() -> None:
    hidden, shown = section(text_of(VIEW), "Hands"), section(text_of(VIEW, hidden=True), "Hands")
    for seat, hand in enumerate(VIEW.hands):
        for domino in hand:
            name = domino_name(domino.domino)
            held, played_ = f"[{name}]", f" {name} "
            assert (held if domino.held else played_) in shown[seat] + " "
            if not domino.held:
                assert played_ in hidden[seat] + " "
            else:
                assert (held in hidden[seat]) == (seat == VIEW.player)
        n_held = sum(domino.held for domino in hand)
        assert hidden[seat].count("[ ? ]") == (0 if seat == VIEW.player else n_held)
    assert "[ ? ]" not in "".join(shown)
    # Unseen dominoes have no places: what is played stands after them, in the order of play.
    seat = (VIEW.player + 1) % 4
    mine = [p for t in VIEW.tricks for p in t.plays if p.seat == seat]
    mine += [p for p in VIEW.trick.plays if p.seat == seat]
    assert hidden[seat].split("]")[-1].split() == [domino_name(play.domino) for play in mine]


def test_table_history_and_voids() -> None:
    view = decision_view(small_record(), 18)
    text = text_of(view)
    (table,) = section(text, "Trick on the table")
    for play in view.trick.plays:
        assert f"seat {play.seat} " in table and domino_name(play.domino) in table
    assert table.endswith(f"▶ seat {view.player} plays {domino_name(view.taken.domino)}")
    _, *rows = section(text, "Tricks before")
    for won, row in zip(view.tricks, rows, strict=True):
        cells = row.split()[1:5]
        assert [c.strip(">*") for c in cells] == [
            domino_name(p.domino) for p in sorted(won.plays, key=lambda p: p.seat)
        ]
        assert [k for k, c in enumerate(cells) if c.startswith(">")] == [won.leader]
        assert [k for k, c in enumerate(cells) if c.endswith("*")] == [won.winner]
        assert row.endswith(f"{won.points} to team {won.winner % 2}")
    head, *rows = section(text, "Voids shown")
    assert head.split() == [suit.name for suit in view.suits]
    for shown, row in zip(view.voids, rows, strict=True):
        marks = row.replace("▶", " ").split()[1:]
        assert [suit for suit, mark in zip(view.suits, marks, strict=True) if mark == "✗"] == list(
            shown
        )
    assert any(view.voids)


def test_first_lead() -> None:
    text = text_of(decision_view(small_record(), 0))
    assert section(text, "Tricks before") == ["none"]
    assert section(text, "Trick on the table")[0].startswith("▶ seat 0 leads ")


def test_how_it_was_judged() -> None:
    view = decision_view(played(SEEDS[:1], few_worlds(6, posterior=PosteriorConfig())), 9)
    (text,) = [" ".join(section(text_of(view, 80), "Worlds and choice"))]
    share = 100 * view.ess / view.n_samples
    assert f"worlds 6 (sampled)  ESS {view.ess:.1f} ({share:.0f} %) [" in text
    assert f"max weight {view.max_w:.3f}" in text and "converged no" in text
    assert "exploration greedy" in text and f"u_max {view.u_max:.2f}" in text
    assert f"q_gap {view.q_gap:.2f}" in text if view.train else "no choice" in text
    last = text_of(replace(decision_view(small_record(), 27), n_samples=0), 80)
    assert "worlds 0 (all there are: exact)" in last and "forced play: no choice" in last


def test_heading() -> None:
    top = text_of(VIEW, 200).splitlines()[0]
    for part in (
        "decision 14 of 28",
        "trick 4 play 2",
        f"seat {VIEW.player} of team",
        "games.pt",
    ):
        assert part in top
    assert f"team 0 {VIEW.points[0]}, team 1 {VIEW.points[1]}" in top


def test_what_the_plays_told() -> None:
    view = decision_view(small_record(), 14)
    told = what_plays_told(view, Bid.of(30))
    hidden = [(seat, d.domino) for seat in range(4) for d in view.hands[seat] if d.held]
    hidden = [each for each in hidden if each[0] != view.player]
    assert sorted(d for _, d in hidden) == [each.domino for each in told.dominoes]
    text = text_of(view, 80, hidden=True)
    _, *rows, last = section(text, "What the plays told")
    assert f"count as {told.effective:,.0f}" in last and len(rows) < len(told.dominoes)
    for each in told.dominoes:
        assert (each.holder + 1 + view.player) % 4 == next(s for s, d in hidden if d == each.domino)
        assert sum(each.before) == pytest.approx(1.0) and sum(each.after) == pytest.approx(1.0)
        (row,) = [row for row in rows if domino_name(each.domino) in row]
        cell = row[row.index(domino_name(each.domino)) :][4:31]
        for k, (before, after) in enumerate(zip(each.before, each.after, strict=True)):
            figure = f"{100 * before:.0f}→{100 * after:.0f}" if before else "·"
            wanted = figure + ("*" if k == each.holder else "")
            assert cell[9 * k : 9 * k + 9].strip() == wanted
    assert "*" not in "".join(section(text_of(view, 80), "What the plays told"))
    # A column to a domino where there is no room for two.
    assert len(section(text_of(view, 40), "Who holds what")) == len(told.dominoes) + 2


def test_before_the_first_lead_and_at_the_end_nothing_is_told() -> None:
    first, last = (decision_view(small_record(), k) for k in (0, 27))
    assert section(text_of(first), "What the plays told")[-1] == "nothing was played yet"
    for each in what_plays_told(first, Bid.of(30)).dominoes:
        assert each.before == pytest.approx(each.after)
    assert section(text_of(last), "What the plays told") == ["no domino is hidden"]


def test_the_contract_and_the_policy_are_asked(tmp_path: Path) -> None:
    view = decision_view(small_record(), 14)
    told = what_plays_told(view, Bid.of(30))
    assert what_plays_told(view, Bid.of(84)) != told
    path = tmp_path / "own.policy"
    save_policy(PolicyNumbers(random_weights()), path)
    assert what_plays_told(view, Bid.of(30), path) != told
