"""What to bid with a hand if nobody has bid yet."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Final

from forge.arena.builtin import ORACLE
from forge.bidding.calibration.logistic import shipped
from forge.bidding.estimates import Choice
from forge.bidding.hand import BIDDING_DECLS
from forge.bidding.hand_evaluation import Evaluation, evaluate_hand
from forge.bidding.plan import SETTLED_BY, Plan
from forge.bidding.sentences import advice
from forge.bidding.simulate import Simulator
from forge.game.contract import LOWEST_BID
from forge.game.declarations import declaration_name
from forge.work.devices import n_cores

# Deals around the hand until the advice is settled.
PLAN: Final = Plan(100, settle=True, max_deals=SETTLED_BY)
# Names of the figures in `BidAdvice.rows`.
COLUMNS: Final = ("bid", "trump", "made", "95 % interval", "marks")


@dataclass(frozen=True)
class BidAdvice:
    """What to bid, and why.

    Args:
        headline: in a few words: `Bid 30, fours`, `Pass`, `Bid 30: a toss-up between ...`.
        why: in two or three sentences.
        choice: the bid to make, None to pass.
        evaluation: all chances.
    """

    headline: str
    why: str
    choice: Choice | None
    evaluation: Evaluation

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The best trump of each bid, from the lowest bid on."""
        return tuple(self.evaluation.table.best_decl(bid) for bid in self.evaluation.table.bids)

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """Of `choices`: bid, trump, chance, its 95 % interval, and expected marks, in words."""
        return [
            (
                str(choice.contract.bid),
                declaration_name(choice.contract.decl),
                f"{choice.p:.0%}",
                f"{choice.low:.0%} to {choice.high:.0%}",
                f"{choice.marks:+.2f}",
            )
            for choice in self.choices
        ]

    @property
    def basis(self) -> str:
        """What the chances are, in a sentence."""
        found = self.evaluation
        how = found.calibration.summary if found.calibration else found.how
        return f"Chances: {how}; {int(found.simulated.n.max()):,} deals around the hand."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "headline": self.headline,
            "why": self.why,
            "settled": self.evaluation.verdict.is_settled,
            "bid": None if self.choice is None else self.choice.contract.bid.number,
            "trump": None if self.choice is None else declaration_name(self.choice.contract.decl),
            "evaluation": self.evaluation.to_json(),
        }

    def __str__(self) -> str:
        rows = ["  ".join(f"{cell:>13}" for cell in row) for row in (COLUMNS, *self.rows)]
        return "\n".join([f"{self.headline}. {self.why}", *rows, self.basis])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows
        )
        return (
            f"<p><b>{escape(self.headline)}</b>. {escape(self.why)}</p>"
            f"<table><tr>{head}</tr>{rows}</table><p>{escape(self.basis)}</p>"
        )


def advise_bid(hand: tuple[int, ...], seed: int = 0, plan: Plan = PLAN) -> BidAdvice:
    """What to bid.

    Args:
        hand: seven domino ids.
        seed: of the deals.
        plan: how many.
    """
    simulator = Simulator(ORACLE, seed, LOWEST_BID, "cpu", n_cores())
    found = evaluate_hand(hand, BIDDING_DECLS, simulator, plan, shipped())
    choice, headline, why = advice(found)
    return BidAdvice(headline, why, choice, found)
