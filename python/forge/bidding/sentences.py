"""What to do with a hand, in words."""

from __future__ import annotations

from typing import Final

from forge.bidding.estimates import Choice, MakeTable
from forge.game.contract import BIDS
from forge.game.declarations import declaration_name

EVEN: Final = 0.5


def hundred(chance: float) -> str:
    """A chance as times in 100, whole; never 0 or 100 but for what is."""
    if 0.0 < chance < 0.01:
        return "under 1"
    if 0.99 < chance < 1.0:
        return "over 99"
    return f"{100 * chance:.0f}"


def times(chance: float) -> str:
    """How often, in words."""
    if chance in (0.0, 1.0):
        return "every time" if chance else "never"
    told = hundred(chance)
    return f"{'about ' if told.isdecimal() else ''}{told} times in 100"


def advice(table: MakeTable) -> tuple[Choice | None, str, str]:
    """The bid to make if nobody has bid yet.

    Args:
        table: chances to make each bid.

    Returns:
        The bid, None to pass; what to do in a few words; and why, in two or three sentences.
    """
    best = table.best()
    if best.marks <= 0:
        why = (
            f"The best there is, {best.contract}, is made "
            f"{times(best.p)} and loses {-best.marks:.2f} marks a hand on average."
        )
        return None, "Pass", why
    why = (
        f"Made {times(best.p)} (95 % interval {hundred(best.low)} to "
        f"{hundred(best.high)}), worth {best.marks:+.2f} marks a hand on average. "
        f"{_how_high(table, best)}"
    )
    return best, f"Bid {best.contract.bid.text}, {declaration_name(best.contract.decl)}", why


def _how_high(table: MakeTable, best: Choice) -> str:
    """How far it pays to go when others bid."""
    top = [bid for bid in table.bids if table.best_decl(bid).p > EVEN]
    bid = best.contract.bid
    if not top or top[-1] <= bid:
        return "If another bid is higher, let it go." if bid < BIDS[-1] else ""
    choice = table.best_decl(top[-1])
    return f"If pushed, go as high as {choice.contract}: {hundred(choice.p)} in 100."
