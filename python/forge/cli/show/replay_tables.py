"""A replayed hand as tables for a terminal, and as plain values for JSON."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from forge.bidding.replay import Replay, ReplayedPlay
from forge.game.constants import HAND_POINTS
from forge.game.declarations import declaration_name
from forge.game.tables import domino_name
from forge.work.wording import counted


def names(dominoes: tuple[int, ...]) -> str:
    """Dominoes as text, the highest first."""
    return " ".join(domino_name(domino) for domino in reversed(dominoes))


def replay_view(game: Replay, title: str) -> RenderableType:
    """The hands, every trick with what each seat still held, and where points went.

    Args:
        game: judged hand.
        title: what stands above.
    """
    return Group(Text(title, style="bold"), Text(_summary(game)), *_hands(game), _tricks(game))


def _summary(game: Replay) -> str:
    lines = [
        f"{declaration_name(game.decl)}: team 0 (seats 0 and 2) took {game.points} of 42 points; "
        f"{game.perfect_points} if all four play perfectly with open hands."
    ]
    if game.lost:
        lost = [play for play in game.plays if play.swing < 0]
        worst = min(lost, key=lambda play: play.swing)
        lines.append(
            f"Team 0 lost {counted(game.lost, 'point')} in {counted(len(lost), 'play')}; the "
            "dearest: "
            f"{_remark(worst)} (seat {worst.seat})."
        )
    elif game.points < HAND_POINTS:
        lines.append(
            f"No play of team 0 lost a point: the other team can always get "
            f"{HAND_POINTS - game.points} on this deal."
        )
    if game.given:
        lines.append(f"Team 1 gave {counted(game.given, 'point')} away.")
    return "\n".join(lines)


def _hands(game: Replay) -> list[Text]:
    return [
        Text(f"  seat {seat}{' (declarer)' if seat == 0 else ''}: {names(hand)}")
        for seat, hand in enumerate(game.deal.hands)
    ]


def _tricks(game: Replay) -> Table:
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("trick", no_wrap=True)
    table.add_column("seat")
    table.add_column("plays", no_wrap=True)
    table.add_column("still holds", no_wrap=True)
    table.add_column("ends", justify="right")
    table.add_column("what was lost")
    held = [set(hand) for hand in game.deal.hands]
    score = [0, 0]
    for number, trick in enumerate(game.tricks, 1):
        score[trick.winner % 2] += trick.points
        notes = [f"{number}", f"{trick.points} to team {trick.winner % 2}", "", ""]
        notes[2] = f"{score[0]} : {score[1]}"
        for note, play in zip(notes, trick.plays, strict=True):
            held[play.seat].discard(play.domino)
            won = "*" if play.seat == trick.winner else ""
            table.add_row(
                note,
                str(play.seat),
                f"{domino_name(play.domino)}{won}",
                names(tuple(sorted(held[play.seat]))),
                str(play.points_after),
                _remark(play) if play.swing else "",
                style="bold" if play.swing * (1 - 2 * (play.seat % 2)) < 0 else None,
                end_section=play is trick.plays[-1],
            )
    table.caption = (
        "* won the trick.  ends: team 0's points of 42 if all play perfectly from here on."
    )
    table.caption_justify = "left"
    return table


def _remark(play: ReplayedPlay) -> str:
    better = " or ".join(domino_name(domino) for domino in reversed(play.best))
    what = "lost" if play.seat % 2 == 0 else "gave away"
    return f"{domino_name(play.domino)} {what} {abs(play.swing)}: better {better}"


def line_view(game: Replay, title: str) -> RenderableType:
    """The plays of a hand in seven short lines.

    Args:
        game: judged hand.
        title: what stands above.
    """
    lines = []
    for number, trick in enumerate(game.tricks, 1):
        plays = "  ".join(f"{play.seat}: {domino_name(play.domino)}" for play in trick.plays)
        lines.append(f"  {number}  {plays}   seat {trick.winner} wins {trick.points}")
    return Group(Text(title, style="bold"), Text("\n".join(lines)))


def replay_record(game: Replay) -> dict[str, Any]:
    """A replayed hand as plain values."""
    return {
        "deal": game.deal.text,
        "declaration": declaration_name(game.decl),
        "points": game.points,
        "perfect_points": game.perfect_points,
        "lost_by_team_0": game.lost,
        "given_by_team_1": game.given,
        "tricks": [
            {
                "leader": trick.plays[0].seat,
                "winner": trick.winner,
                "points": trick.points,
                "plays": [_play_record(play) for play in trick.plays],
            }
            for trick in game.tricks
        ],
    }


def _play_record(play: ReplayedPlay) -> dict[str, Any]:
    return {
        "seat": play.seat,
        "domino": domino_name(play.domino),
        "points_before": play.points_before,
        "points_after": play.points_after,
        "best": [domino_name(domino) for domino in play.best],
    }
