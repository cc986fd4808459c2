"""The card of the policy that comes with forge: which file it is, how it was made, what it does.

`seat.json` is the record, `seat.md` the same for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from annotated_types import Ge, Len

from forge.policy import SHIPPED
from forge.work.file_schema import in_file, read_as
from forge.work.hashing import sha256_of
from forge.work.json_text import read_json

RECORD: Final = SHIPPED.with_suffix(".json")
CARD: Final = SHIPPED.with_suffix(".md")


@in_file(others="ignore")
@dataclass(frozen=True)
class CardFigures:
    """Figures of some decisions, see `PolicyFigures`."""

    rows: Annotated[int, Ge(0)]
    nll: float
    uniform: float
    agreement: float
    regret: float


@in_file(others="ignore")
@dataclass(frozen=True)
class CardReport:
    """A `PolicyReport` as plain values."""

    overall: CardFigures
    by_declaration: dict[str, CardFigures]
    by_bid: dict[str, CardFigures]


@in_file(others="ignore")
@dataclass(frozen=True)
class CardCurve:
    """A learning curve: the command, and by hands [hands, nats, share played, chance lost]."""

    command: str
    points: list[Annotated[list[float], Len(4, 4)]]


@in_file()
@dataclass(frozen=True)
class PolicyCard:
    """What is recorded of a policy.

    Args:
        sha256: of its file.
        size_bytes: of its file.
        n_params: numbers of the network.
        created: UTC date.
        hands: that it was learnt from.
        own_hands: that it played against itself, of which it learnt how they came out.
        commands: that made it, in order.
        measured: the command of the figures.
        figures: what it does on hands that it did not learn from.
        curve: its learning curve.
        arena: by the text of a command of `forge arena`: [make rate A - B, low, high].
    """

    sha256: str
    size_bytes: Annotated[int, Ge(0)]
    n_params: Annotated[int, Ge(1)]
    created: str
    hands: Annotated[int, Ge(1)]
    own_hands: Annotated[int, Ge(0)]
    commands: list[str]
    measured: str
    figures: CardReport
    curve: CardCurve
    arena: dict[str, Annotated[list[float], Len(3, 3)]]

    def status(self, path: Path = SHIPPED) -> str:
        """`ok`, `missing`, or `wrong hash`."""
        if not path.is_file():
            return "missing"
        return "ok" if sha256_of(path) == self.sha256 else "wrong hash"


def read_card(path: Path = RECORD) -> PolicyCard:
    """The record in a file.

    Raises:
        ForgeError: for a file that cannot be read or is no record.
    """
    return read_as(PolicyCard, read_json(path), str(path))


def card_text(card: PolicyCard) -> str:
    """The card as Markdown."""
    lines = [
        "# seat.policy",
        "",
        "Plays Texas 42 from what a seat may see, in about a microsecond: any declaration, any "
        "bid, declarer in any seat.",
        "It is what `policy` plays and what `seat` infers with; see docs/seat.md. "
        f"{card.n_params:,} numbers, {card.size_bytes:,} bytes,",
        f"made on {card.created} from {card.hands:,} hands, and {card.own_hands:,} that it played "
        f"against itself. SHA-256 `{card.sha256}`.",
        "",
        "## How it was made",
        "",
        "```sh",
        *card.commands,
        "```",
        "",
        "## On hands it did not learn from",
        "",
        f"`{card.measured}`: natural logarithms a decision, of the policy and of any legal play; "
        "share in which the likeliest play",
        "was made; chance lost by the likeliest play against the play made, points.",
        "",
        "| | decisions | nats | any play | as played | chance lost |",
        "|---|---|---|---|---|---|",
    ]
    for part in _parts(card.figures):
        for name, each in part.items():
            lines.append(
                f"| {name} | {each.rows:,} | {each.nll:.3f} | {each.uniform:.3f} | "
                f"{each.agreement:.1%} | {100 * each.regret:.2f} |"
            )
    lines += [
        "",
        "## What more hands bring",
        "",
        f"`{card.curve.command}`",
        "",
        "| hands | nats | as played | chance lost |",
        "|---|---|---|---|",
    ]
    for hands, nll, agreement, regret in card.curve.points:
        lines.append(f"| {hands:,.0f} | {nll:.3f} | {agreement:.1%} | {100 * regret:.2f} |")
    lines += ["", "## At the table", "", "| `forge arena ...` | make rate, A - B |", "|---|---|"]
    for command, (value, low, high) in card.arena.items():
        lines.append(f"| `{command}` | {100 * value:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}] |")
    return "\n".join(lines) + "\n"


def _parts(figures: CardReport) -> list[dict[str, CardFigures]]:
    return [{"all": figures.overall}, figures.by_declaration, figures.by_bid]
