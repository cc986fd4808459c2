"""One hand, evaluated: deals until there are enough, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.bidding.calibration.logistic import Calibration
from forge.bidding.estimates import (
    Choice,
    MakeTable,
    clearly_worse,
    paired_difference,
    table_of_counts,
)
from forge.bidding.hand import hand_text
from forge.bidding.plan import Plan
from forge.bidding.settled import Saying, Turn, Verdict, weigh
from forge.bidding.simulate import BLOCK_DEALS, Progress, Simulator
from forge.game.contract import BIDS, Bid, Contract
from forge.game.declarations import declaration_name
from forge.stats.figures import Figure

# Deals before declarations are dropped for the first time.
FIRST_LOOK: Final = BLOCK_DEALS

# Nobody has bid, and nobody has to.
ANY_TURN: Final = Turn()
PERFECT_PLAY: Final = "perfect play (all hands open)"


@dataclass(frozen=True)
class Evaluation:
    """What was found.

    Args:
        hand: seven ascending ids.
        simulator: how deals were played out.
        plan: how far it was to go.
        outcomes: a row a declaration, of the deals 0, 1, ...: team 0's points int8, or with
            `only_bid` whether the bid was made, bool. Rows of dropped declarations are shorter.
        simulated: what the deals say.
        calibration: what turned perfect play into chances at a table, if anything did.
        table: the headline: calibrated, or the same as `simulated`.
        dropped: declarations that were shown to be worse.
        turn: what may be said.
    """

    hand: tuple[int, ...]
    simulator: Simulator
    plan: Plan
    outcomes: tuple[npt.NDArray[Any], ...]
    simulated: MakeTable
    calibration: Calibration | None
    table: MakeTable
    dropped: tuple[int, ...]
    turn: Turn = ANY_TURN

    @property
    def best(self) -> Choice:
        """The declaration and bid with the most expected marks; `only_bid`: at that bid."""
        return self.left.best()

    @property
    def at_bid(self) -> Choice:
        """The best declaration at the bid of the plan: whose interval `until` is about."""
        return self.left.best_decl(self.plan.bid)

    @cached_property
    def verdict(self) -> Verdict:
        """Whether the deals are enough to say what to bid."""
        decls = self.left.decls
        bids = [bid for bid in self.turn.wanted if bid in self.table.bids]
        sayings = [] if self.turn.passing is None else [self.turn.passing]
        for bid in bids or [self.table.bids[0]]:
            sayings += [self._saying(Contract(decl, bid)) for decl in decls]
        return weigh(sayings)

    @property
    def left(self) -> MakeTable:
        """The table without what was dropped, whose fewer deals may flatter it."""
        return self.table.of([decl for decl in self.table.decls if decl not in self.dropped])

    def _saying(self, contract: Contract) -> Saying:
        chance, simulated = self.table.at(contract), self.simulated.at(contract)
        bid = contract.bid
        gained = float(bid.worth(chance.high)) - float(bid.worth(chance.low))
        slope = gained / (simulated.high - simulated.low)
        made = _made(self.outcomes[self.table.decls.index(contract.decl)], bid)
        return Saying(contract, chance.marks, made, slope)

    @property
    def how(self) -> str:
        """What the simulated figures are, in words."""
        if self.simulator.is_perfect:
            return PERFECT_PLAY
        sees = "sees all hands" if self.simulator.player.sees_all_hands else "sees its own hand"
        return f"played by {self.simulator.player.text} ({sees})"

    def differences(self) -> list[tuple[int, Figure]]:
        """Of the best declaration at the bid over each other one, over their common deals, best
        rivals first: how much oftener it makes the bid. Not calibrated."""
        best = self.at_bid.contract.decl
        made = [_made(row, self.plan.bid) for row in self.outcomes]
        own = made[self.table.decls.index(best)]
        found = []
        for decl, other in zip(self.table.decls, made, strict=True):
            n = min(len(own), len(other))
            if decl != best:
                found.append((decl, paired_difference(own[:n], other[:n])))
        return sorted(found, key=lambda each: each[1].value)

    def to_json(self) -> dict[str, Any]:
        """Plain values; chances by name of declaration and bid."""
        at_bid, best = self.at_bid, self.best
        report: dict[str, Any] = {
            "hand": hand_text(self.hand),
            "seed": self.simulator.seed,
            "player": self.simulator.player.text,
            "headline": self.calibration.summary if self.calibration else self.how,
            "simulated": self.how,
            "best": _choice(best),
            "bid": self.plan.bid.number,
            "best_at_bid": _choice(at_bid),
            "best_at_bid_simulated": _choice(self.simulated.at(at_bid.contract)),
            "difference_at_bid_simulated": {
                declaration_name(decl): {"value": each.value, "interval": list(each.interval)}
                for decl, each in self.differences()
            },
            "dropped": [declaration_name(decl) for decl in self.dropped],
            "settled": self.verdict.is_settled,
            "in_play": [saying_name(each) for each in self.verdict.in_play],
            "declarations": [],
        }
        for row, decl in enumerate(self.table.decls):
            entry: dict[str, Any] = {
                "declaration": declaration_name(decl),
                "n_samples": int(self.simulated.n[row]),
                "bids": [_cell(self, Contract(decl, bid)) for bid in self.table.bids],
            }
            if not self.plan.only_bid:
                entry["points"] = self.outcomes[row].tolist()
            report["declarations"].append(entry)
        return report


def evaluate_hand(
    hand: Sequence[int],
    decls: Sequence[int],
    simulator: Simulator,
    plan: Plan,
    calibration: Calibration | None = None,
    on_deals: Progress | None = None,
    turn: Turn = ANY_TURN,
) -> Evaluation:
    """Deal, play and count, until the plan is fulfilled.

    Args:
        hand: seven domino ids.
        decls: declarations 0..9, each once.
        simulator: how to play deals out.
        plan: how far to go.
        calibration: for perfect play; other players' figures need none.
        on_deals: as `Simulator.points`.
        turn: what may be said, for plans that settle it.

    Raises:
        ForgeError: as `Simulator.points`.
    """
    applied = calibration if simulator.is_perfect else None
    rows: dict[int, npt.NDArray[Any]] = {}
    dropped: list[int] = []
    n_done, n_wanted = 0, min(FIRST_LOOK, plan.n_deals) if plan.drop_worse else plan.n_deals
    while True:
        left = [decl for decl in decls if decl not in dropped]
        fresh = _outcomes(hand, left, simulator, plan, (n_done, n_wanted), on_deals)
        for decl, row in zip(left, fresh, strict=True):
            rows[decl] = np.concatenate([rows[decl], row]) if decl in rows else row
        n_done = n_wanted
        if plan.drop_worse and len(left) > 1:
            made = np.stack([_made(rows[decl], plan.bid) for decl in left])
            worse = clearly_worse(made)
            dropped += [decl for decl, is_worse in zip(left, worse, strict=True) if is_worse]
        simulated = _table(decls, rows, plan)
        table = applied.apply(simulated, hand) if applied else simulated
        found = Evaluation(
            tuple(sorted(hand)),
            simulator,
            plan,
            tuple(rows[decl] for decl in decls),
            simulated,
            applied,
            table,
            tuple(dropped),
            turn,
        )
        n_wanted = _next_stop(n_done, found)
        if n_wanted <= n_done:
            return found
        if plan.settle and n_done >= plan.n_deals:
            kept = {each.contract.decl for each in found.verdict.in_play if each.contract}
            dropped += [decl for decl in decls if decl not in {*dropped, *kept}]


def _outcomes(
    hand: Sequence[int],
    decls: Sequence[int],
    simulator: Simulator,
    plan: Plan,
    numbers: tuple[int, int],
    on_deals: Progress | None,
) -> npt.NDArray[Any]:
    """[D, N]: points int8, or with `only_bid` whether the bid was made, bool."""
    if plan.only_bid:
        return simulator.made(hand, decls, *numbers, plan.bid, on_deals)
    return simulator.points(hand, decls, *numbers, on_deals)


def _next_stop(n_done: int, found: Evaluation) -> int:
    """How many deals to have next; no more than there are if that is enough."""
    plan = found.plan
    if n_done < plan.n_deals:
        return min(2 * n_done, plan.n_deals)
    to_settle = 2 * n_done if plan.settle and found.verdict.needs_deals else n_done
    return min(max(to_settle, _for_width(n_done, found.at_bid, plan)), max(plan.max_deals, n_done))


def _for_width(n_done: int, headline: Choice, plan: Plan) -> int:
    """How many deals the interval of the headline wants."""
    if plan.until is None:
        return n_done
    width = (headline.high - headline.low) / 2
    if width <= plan.until:
        return n_done
    # Widths go with the root of the number; a tenth more, since the estimate of it is rough.
    wanted = ceil(1.1 * n_done * (width / plan.until) ** 2 / BLOCK_DEALS) * BLOCK_DEALS
    return min(max(wanted, n_done + BLOCK_DEALS), 4 * n_done + BLOCK_DEALS)


def _table(decls: Sequence[int], rows: dict[int, npt.NDArray[Any]], plan: Plan) -> MakeTable:
    bids = (plan.bid,) if plan.only_bid else BIDS
    counts = [[int(_made(rows[decl], bid).sum()) for bid in bids] for decl in decls]
    return table_of_counts(
        decls, bids, np.array(counts), np.array([len(rows[decl]) for decl in decls])
    )


def _made(row: npt.NDArray[Any], bid: Bid) -> npt.NDArray[np.bool_]:
    """bool [N]: whether a bid is made; a row that says so already says it."""
    return row if row.dtype == np.bool_ else bid.is_made(row)


def saying_name(saying: Saying) -> str:
    """`pass`, or a contract: `30 in fours`."""
    return "pass" if saying.contract is None else str(saying.contract)


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "declaration": declaration_name(choice.contract.decl),
        "bid": choice.contract.bid.number,
        "p": choice.p,
        "interval": [choice.low, choice.high],
        "marks": choice.marks,
    }


def _cell(found: Evaluation, contract: Contract) -> dict[str, Any]:
    chance, simulated = found.table.at(contract), found.simulated.at(contract)
    return {
        "bid": contract.bid.number,
        "p": chance.p,
        "interval": [chance.low, chance.high],
        "marks": chance.marks,
        "simulated_p": simulated.p,
        "simulated_interval": [simulated.low, simulated.high],
    }
