"""What stands on the poster of a hand."""

from __future__ import annotations

from typing import Final

import numpy as np

from forge import __version__
from forge.bidding.estimates import MakeTable
from forge.bidding.hand import hand_text
from forge.bidding.hand_evaluation import Evaluation
from forge.bidding.sentences import advice, hundred
from forge.game.contract import Contract
from forge.look.poster.page import PosterPage
from forge.work.wording import counted

# Chances that are known this well, to either side, need no warning.
_NARROW: Final = 0.05
_DEALS_NOTE: Final = (
    "How it was found: your seven dominoes stay, the other 21 are dealt at random {n} times, the "
    "same deals for every trump{but}. The declarer leads first. 42 needs every point, and so does "
    "84; 84 is worth two marks, every other bid one: won if made, lost if set."
)
_INTERVAL_NOTE: Final = (
    "The small figures are a 95 % interval: how far off the large one may be because only {n} "
    "deals were looked at. They do not say how well you play."
)
_OPEN_NOTE: Final = (
    "Perfect play with all hands open flatters: nobody sees the other hands at the table. Real "
    "players make their bids less often than these figures say."
)
_CALIBRATED_NOTE: Final = (
    "The chances in the table are estimates for four careful players ({player}) who see their own "
    "hand only, worked out from perfect play with all hands open. Perfect play itself makes "
    "{contract} {perfect} times in 100: it flatters, since it never guesses wrong. The bars show "
    "it as it is."
)
_PLAYED_NOTE: Final = (
    "Every deal was played out by {player} in all four seats, each seeing its own hand only."
)


def poster_page(found: Evaluation) -> PosterPage:
    """The page of a hand, trumps in the order of their chance to make the lowest bid."""
    order = np.argsort(-found.table.p[:, 0], kind="stable")
    table = found.table.rows(order)
    best, what, why = advice(found)
    marked = None
    if best is not None:
        marked = table.decls.index(best.contract.decl), table.bids.index(best.contract.bid)
    what_chances = "estimate for real play" if found.calibration else found.how
    return PosterPage(
        hand=found.hand,
        decls=table.decls,
        bids=table.bids,
        chance=table.p,
        low=table.low,
        high=table.high,
        points=[found.outcomes[row] for row in order],
        marked=marked,
        advice=what,
        warning=few_deals(found.left),
        reasons=why,
        chance_title=f"Chance to make each bid: {what_chances}",
        points_title=f"Points your side takes, of 42: {found.how}",
        notes=_notes(found, table),
        footer=_footer(found),
    )


def few_deals(table: MakeTable) -> str:
    """A warning where intervals reach farther than `_NARROW` to a side; "" where none does."""
    reach = max(float((table.high - table.p).max()), float((table.p - table.low).max()))
    if reach <= _NARROW:
        return ""
    deals = counted(int(table.n.max()), "deal")
    return f"Only {deals}: off by up to {hundred(reach)} in 100."


def _notes(found: Evaluation, table: MakeTable) -> list[str]:
    """Paragraphs on what the figures mean."""
    n_deals, fewest = f"{table.n.max():,}", f"{table.n.min():,}"
    but = (
        ""
        if fewest == n_deals
        else f", but from {fewest} on only for those that are not clearly worse"
    )
    notes = [_DEALS_NOTE.format(n=n_deals, but=but)]
    looked_at = n_deals if fewest == n_deals else f"{fewest} to {n_deals}"
    if found.calibration:
        lowest = Contract(table.decls[0], table.bids[0])
        perfect = hundred(found.simulated.at(lowest).p)
        player = found.calibration.made_with["player"]
        notes.append(_CALIBRATED_NOTE.format(player=player, contract=lowest, perfect=perfect))
    elif found.simulator.player.sees_all_hands:
        notes.append(_OPEN_NOTE)
    else:
        notes.append(_PLAYED_NOTE.format(player=found.simulator.player.text))
    return [*notes, _INTERVAL_NOTE.format(n=looked_at)]


def _footer(found: Evaluation) -> str:
    parts = [
        hand_text(found.hand),
        f"{found.table.n.max():,} deals",
        f"seed {found.simulator.seed}",
        f"player {found.simulator.player.text}",
        "95 % Wilson intervals",
        *([found.calibration.summary] if found.calibration else []),
        f"forge {__version__}",
    ]
    return " \N{MIDDLE DOT} ".join(parts)
