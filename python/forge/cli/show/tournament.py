"""The tables of a tournament: on the screen, and in a Markdown file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from forge.arena.tournament import Pairing, Ranked, TournamentOptions
from forge.errors import ForgeError
from forge.stats.figures import Figure
from forge.work.wording import counted

BEGIN: Final = "<!-- forge tournament -->"
END: Final = "<!-- end of forge tournament -->"

_PLACES: Final = ("#", "player", "Elo", "makes", "marks a hand", "games", "CPU s a hand")
_PAIRINGS: Final = ("A", "B", "deals", "A makes", "B makes", "A - B", "marks a hand", "games")


def heading(options: TournamentOptions) -> str:
    """What was played, in a line."""
    bids = f"bid {options.rule.told}, trump {options.rule.trump.name}, seed {options.seed}"
    ends = "" if options.test is None else ", a pair ends when it is decided"
    n = counted(options.n_deals, "deal")
    return f"{len(options.players)} players, {n} a pair, each played twice ({bids}{ends})"


def place_rows(places: Sequence[Ranked]) -> list[list[str]]:
    """A row a player, the best first."""
    return [
        [
            str(number),
            place.player,
            _signed(place.elo, 0),
            f"{100 * place.make.value:.1f} %",
            f"{place.marks:+.3f}",
            f"{place.games}/{place.of_games}",
            f"{place.cpu_s_a_hand:.4f}",
        ]
        for number, place in enumerate(places, 1)
    ]


def pairing_rows(
    options: TournamentOptions, pairings: Sequence[Pairing], names: Sequence[str]
) -> list[list[str]]:
    """A row a pair.

    Args:
        options: of the tournament.
        pairings: of it.
        names: what to call the players, by place in `options.players`.
    """
    rows = []
    for each in pairings:
        found = each.comparison
        difference = found.make_difference
        points = Figure(
            100 * difference.value,
            (100 * difference.interval[0], 100 * difference.interval[1]),
        )
        rows.append(
            [
                names[each.a],
                names[each.b],
                f"{found.n_deals:,}",
                f"{100 * found.make_a.value:.1f}",
                f"{100 * found.make_b.value:.1f}",
                _signed(points, 1),
                f"{found.marks_difference.value:+.3f}",
                f"{found.games_a} : {found.games_b}",
            ]
        )
    return rows


def show_tournament(
    options: TournamentOptions,
    pairings: Sequence[Pairing],
    places: Sequence[Ranked],
    screen: Console,
) -> None:
    """Print both tables; pairs are named by their places, so that lines stay within 80 columns."""
    screen.print(heading(options), soft_wrap=True)
    for place in places:
        if place.forfeits:
            gave_up = counted(place.forfeits, "hand")
            screen.print(f"{place.player} gave up {gave_up}: they count as lost by it")
    ranks = {place.player: str(number) for number, place in enumerate(places, 1)}
    names = [ranks.get(player.text, player.text) for player in options.players]
    if places:
        screen.print(_table(_PLACES, place_rows(places), left=2))
    screen.print(_table(_PAIRINGS, pairing_rows(options, pairings, names), left=2))


def markdown(
    options: TournamentOptions,
    pairings: Sequence[Pairing],
    places: Sequence[Ranked],
    line: str,
) -> str:
    """Both tables between their marks.

    Args:
        options: of the tournament.
        pairings, places: what came of it.
        line: the command.
    """
    names = [f"`{player.text}`" for player in options.players]
    ranked = [[row[0], f"`{row[1]}`", *row[2:]] for row in place_rows(places)]
    parts = [
        BEGIN,
        f"`{line}`: {heading(options)}.",
        _markdown_table(_PLACES, ranked),
        _markdown_table(_PAIRINGS, pairing_rows(options, pairings, names)),
        END,
    ]
    return "\n\n".join(parts)


def put_between_marks(text: str, tables: str, name: str) -> str:
    """A Markdown text with the tables in the place of its old ones, or at its end.

    Args:
        text: of the file.
        tables: as `markdown` makes them.
        name: of the file, for the error.

    Raises:
        ForgeError: for marks that are not one beginning and one end.
    """
    n_begin, n_end = text.count(BEGIN), text.count(END)
    if n_begin == n_end == 0:
        return f"{text.rstrip()}\n\n{tables}\n".lstrip()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if n_begin != 1 or n_end != 1 or END not in rest:
        raise ForgeError(f"{name}: there must be one {BEGIN} and one {END} behind it")
    return before + tables + after


def _signed(figure: Figure, digits: int) -> str:
    low, high = figure.interval
    return f"{figure.value:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
