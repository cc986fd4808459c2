"""What to do with a hand, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from forge.bidding.estimates import Choice, MakeTable
from forge.bidding.hand_evaluation import Evaluation, saying_name
from forge.bidding.settled import INDIFFERENT, Verdict
from forge.game.contract import BIDS
from forge.game.declarations import declaration_name
from forge.work.wording import listed

EVEN: Final = 0.5
# Of sayings that a headline names, at most.
_LISTED: Final = 3


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


def headline(verdict: Verdict) -> str:
    """What to say in a few words: `Bid 30, fours`, `Pass`, or what the deals cannot tell apart."""
    said = [each.contract for each in verdict.in_play]
    best = said[0]
    if verdict.is_clear:
        if best is None:
            return "Pass"
        return f"Bid {best.bid.text}, {declaration_name(best.decl)}"
    if best is not None and {each and each.bid for each in said} == {best.bid}:
        trumps = [declaration_name(each.decl) for each in said if each is not None]
        if verdict.is_settled:
            return f"Bid {best.bid.text}: a toss-up between {_listed(trumps, 'and')}"
        return f"Bid {best.bid.text}, {_listed(trumps, 'or')}: {_open(verdict)}"
    names = ["a pass" if each is None else str(each) for each in said]
    if verdict.is_settled:
        return f"A toss-up between {_listed(names, 'and')}"
    return f"{_open(verdict).capitalize()}: {_listed(names, 'or')}"


def marks_of(verdict: Verdict) -> str:
    """What each saying of a headline is worth: `+0.04`, or `30 in fours +0.04, pass -0.02`."""
    if verdict.is_clear:
        return f"{verdict.best.marks:+.2f}"
    named = verdict.in_play[:_LISTED]
    return ", ".join(f"{saying_name(each)} {each.marks:+.2f}" for each in named)


def _listed(names: Sequence[str], last: str) -> str:
    """`fours and ones`, `fours, ones and blanks`, `fours, ones and 3 others`."""
    if len(names) > _LISTED:
        names = [*names[: _LISTED - 1], f"{len(names) - _LISTED + 1} others"]
    return listed(names, last)


def advice(found: Evaluation) -> tuple[Choice | None, str, str]:
    """What to say if it is the hand's turn.

    Args:
        found: chances to make each bid.

    Returns:
        The bid that is worth most, None to pass; what to do in a few words; and why, in two or
        three sentences.
    """
    verdict = found.verdict
    what, more = headline(verdict), _remainder(verdict)
    if verdict.best.contract is None:
        best = found.best
        why = (
            f"The best there is, {best.contract}, is made "
            f"{times(best.p)} and {_gains(best.marks)} a hand on average. {more}"
        )
        return None, what, why.strip()
    best = found.table.at(verdict.best.contract)
    which = "" if verdict.is_clear else f"{best.contract} is "
    made = f"{which}made {times(best.p)}"
    why = (
        f"{made if which else made.capitalize()} (95 % interval {hundred(best.low)} to "
        f"{hundred(best.high)}), worth {best.marks:+.2f} marks a hand on average. "
        f"{more or _how_high(found.table, best)}"
    )
    return best, what, why.strip()


def _gains(marks: float) -> str:
    return f"loses {-marks:.2f} marks" if marks <= 0 else f"wins {marks:.2f} marks"


def doubt(verdict: Verdict) -> str:
    """What is to be put behind the best of all that may be said; "" where it is clear."""
    if verdict.is_clear:
        return ""
    return " (a toss-up)" if verdict.is_settled else f" ({_open(verdict)})"


def _open(verdict: Verdict) -> str:
    """Why it is not settled: more deals of the own hand may not tell what a pass is worth."""
    return "too few deals to tell" if verdict.needs_deals else "too close to tell"


def _remainder(verdict: Verdict) -> str:
    if verdict.is_clear:
        return ""
    if verdict.is_settled:
        return f"At most {INDIFFERENT} marks a hand lie between them."
    if verdict.needs_deals:
        return "More deals would tell."
    return "What a pass is worth is not known closely enough to tell."


def _how_high(table: MakeTable, best: Choice) -> str:
    """How far it pays to go when others bid: surely, and perhaps."""
    bid = best.contract.bid
    tops = [table.best_decl(each) for each in table.bids if each >= bid]
    likely = [each for each in tops if each.p > EVEN]
    if not likely or likely[-1].contract.bid <= bid:
        return "If another bid is higher, let it go." if bid < BIDS[-1] else ""
    sure = [each for each in tops if each.low > EVEN]
    perhaps = max((each.contract.bid for each in tops if each.high > EVEN), default=bid)
    top = sure[-1] if sure else best
    if perhaps <= top.contract.bid:
        return f"If pushed, go as high as {top.contract}: {hundred(top.p)} in 100."
    if top.contract.bid <= bid:
        return f"If pushed, up to {perhaps.text} is too close to call."
    return (
        f"If pushed, go as high as {top.contract}: {hundred(top.p)} in 100; from there to "
        f"{perhaps.text} it is too close to call."
    )
