"""`forge auction`: what to bid, given what the others bid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from forge.bidding.auction import DEALER, Auction, parse_bids
from forge.cli import values
from forge.cli.bidding_options import (
    deals_progress,
    make_simulator,
    settling,
    shipped_calibration,
)
from forge.cli.command import Given, command
from forge.cli.shared_options import (
    device_option,
    hand_option,
    max_samples_option,
    samples_option,
    seed_option,
    trumps_option,
)
from forge.cli.values import console
from forge.errors import ForgeError
from forge.game.contract import BIDS, LOWEST_BID, VALID_BIDS
from forge.options import option
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.bidding.calls import Call, OtherContract
    from forge.bidding.hand_evaluation import Evaluation
    from forge.game.contract import Bid


@dataclass(frozen=True)
class AuctionArgs:
    """What may be said to `forge auction`."""

    hand: str = hand_option()
    seat: int | None = option(
        None,
        "Yours, in the order of bidding: 0 bids first, 3 is the dealer and bids last; two "
        "apart are partners. Default: as --bids has it.",
        metavar="0..3",
        least=0,
        most=DEALER,
    )
    bids: str = option(
        "",
        f"Of the seats before you, in turn: pass, {VALID_BIDS}.",
        metavar='"pass,30,31"',
        reads=values.bids,
    )
    dealer_must_bid: bool = option(
        False,
        f"Where all pass, the dealer bids {LOWEST_BID}; or the hand is thrown in and dealt again.",
        "--dealer-must-bid/--throw-in",
    )
    samples: int = samples_option(200)
    max_samples: int | None = max_samples_option()
    trumps: str = trumps_option("all")
    seed: int = seed_option(0)
    device: str = device_option("cpu")
    as_json: bool = option(False, "Print JSON.", "--json")

    def __post_init__(self) -> None:
        standing = self.standing
        if self.seat is not None and self.seat != standing.seat:
            raise ForgeError(
                f"seat {self.seat} bids after {self.seat} others, but --bids names "
                f"{standing.seat}: give all bids before yours, pass for a pass"
            )
        if not standing.legal_bids:
            raise ForgeError(
                f"nothing is higher than a bid of {standing.highest}: you can only pass"
            )

    @property
    def standing(self) -> Auction:
        """The auction so far."""
        return Auction(parse_bids(self.bids), self.dealer_must_bid)


@command()
def auction(args: AuctionArgs, given: Given) -> None:
    """Tell what to bid given the bids so far: expected marks of each bid and of a pass.

    Each seat bids or passes once; a bid must be higher than the last; 42 is one mark, 84 two. A
    bid is worth the marks it wins or loses, weighed with the chance to make it. What is assumed
    about the others is printed below the answer.
    """
    from forge.bidding.calls import (
        MORE_BIDDER_DEALS,
        N_BIDDER_DEALS,
        calls,
        other_contract,
        turn_of,
    )
    from forge.bidding.hand import parse_hand, parse_trumps
    from forge.bidding.hand_evaluation import evaluate_hand
    from forge.bidding.plan import Plan

    dominoes, decls = parse_hand(args.hand), parse_trumps(args.trumps)
    standing = args.standing
    simulator = make_simulator("oracle", args.seed, args.device)
    plan = settling(Plan(args.samples), args.max_samples, given, simulator.is_perfect)
    screen = console(stderr=args.as_json)
    calibration = shipped_calibration(simulator, screen)
    n_others = MORE_BIDDER_DEALS if plan.settle else N_BIDDER_DEALS
    with deals_progress(screen, None if plan.settle else len(decls) * plan.n_deals) as advance:
        other = other_contract(standing, dominoes, args.seed, calibration, n_others)
        turn = turn_of(standing, other)
        found = evaluate_hand(dominoes, decls, simulator, plan, calibration, advance, turn)
    todo = calls(standing, found.table, other)
    if args.as_json:
        print(json.dumps(_report(standing, found, other, todo)))
        return
    _show(screen, standing, found, other, todo)


def _bid_name(bid: Bid | None) -> str:
    return "pass" if bid is None else str(bid)


def _show(
    screen: Console,
    standing: Auction,
    found: Evaluation,
    other: OtherContract | None,
    todo: Sequence[Call],
) -> None:
    from forge.bidding.hand import hand_text
    from forge.bidding.sentences import headline, marks_of

    said = ", ".join(map(_bid_name, standing.bids)) or "nobody has bid yet"
    lines = [
        f"{hand_text(found.hand)}, seat {standing.seat}; bids so far: {said}.",
        f"{headline(found.verdict)}. Marks expected: {marks_of(found.verdict)}.",
    ]
    screen.print("\n".join(lines), highlight=False, soft_wrap=True)
    table = Table(show_edge=False)
    table.add_column("you")
    table.add_column("trump")
    for name in ("made", "95 % interval", "perfect play", "marks"):
        table.add_column(name, justify="right")
    for call in todo:
        table.add_row(*_cells(standing, found, call))
    screen.print(table, highlight=False)
    screen.print("Assumed:", highlight=False)
    for line in assumptions(standing, found, other):
        screen.print(f"- {line}", highlight=False)


def _cells(standing: Auction, found: Evaluation, call: Call) -> list[str]:
    from forge.game.declarations import declaration_name

    chance, interval = "", ""
    if call.p is not None:
        chance, interval = f"{call.p:.1%}", f"[{call.low:.1%}, {call.high:.1%}]"
    if call.contract is not None:
        raw = f"{found.simulated.at(call.contract).p:.1%}"
        own = [str(call.contract.bid), declaration_name(call.contract.decl)]
        return [*own, chance, interval, raw, f"{call.marks:+.2f}"]
    after = standing.after_pass
    whose = "" if after is None else f"({_whose(standing, after[0])} plays {after[1]})"
    return ["pass", whose, chance, interval, "", f"{call.marks:+.2f}"]


def _whose(standing: Auction, seat: int) -> str:
    return "partner" if (seat - standing.seat) % 2 == 0 else f"seat {seat}"


def assumptions(standing: Auction, found: Evaluation, other: OtherContract | None) -> list[str]:
    """What the answer rests on, in sentences."""
    from forge.bidding.calls import N_BIDDER_SAMPLES

    more = ", ".join(f"{bid} is worth {bid.marks}" for bid in BIDS if bid.marks > 1)
    lines = [
        f"Chances: {found.calibration.summary if found.calibration else found.how}; "
        f"{counted(int(found.table.n.max()), 'deal')} around your hand, each as likely: for your "
        "own bid, "
        "what the others bid says nothing about what they hold.",
        "Whatever you bid is the last bid: nobody goes over it. Made or set, it is worth 1 mark, "
        f"{more}; marks count alike whatever the score.",
    ]
    after = standing.after_pass
    if after is None:
        thrown_in = (
            "if nobody bids the hand is thrown in; what others may still bid is not foreseen"
        )
        return [*lines, f"A pass is worth 0: {thrown_in}."]
    assert other is not None
    seat, bid = after
    lines.append(
        f"If you pass, so does everybody after you, and {_whose(standing, seat)} plays {bid} in "
        "its best pip suit (most dominoes)."
    )
    if standing.bidder is None:
        lines.append(
            f"The dealer is forced to bid and may hold anything ({counted(other.n_deals, 'deal')})."
        )
    else:
        lines.append(
            f"Of {counted(other.n_deals, 'deal')} around your hand {other.n_kept} count: those in "
            "which the "
            f"bidder's own hand gives {bid} at least an even chance over {N_BIDDER_SAMPLES} deals "
            "as that seat sees it, or the best there are for it."
        )
    return lines


def _report(
    standing: Auction, found: Evaluation, other: OtherContract | None, todo: Sequence[Call]
) -> dict[str, Any]:
    from forge.bidding.hand import hand_text
    from forge.bidding.sentences import headline

    return {
        "hand": hand_text(found.hand),
        "seat": standing.seat,
        "bids": [_bid_name(bid) for bid in standing.bids],
        "dealer_must_bid": standing.dealer_must_bid,
        "seed": found.simulator.seed,
        "samples": int(found.simulated.n.max()),
        "headline": headline(found.verdict),
        "settled": found.verdict.is_settled,
        "actions": [_call(each) for each in todo],
        "assumptions": assumptions(standing, found, other),
    }


def _call(call: Call) -> dict[str, Any]:
    from forge.game.declarations import declaration_name

    return {
        "bid": _bid_name(None if call.contract is None else call.contract.bid),
        "trump": None if call.contract is None else declaration_name(call.contract.decl),
        "p": call.p,
        "interval": None if call.p is None else [call.low, call.high],
        "marks": call.marks,
    }


main = auction.main


if __name__ == "__main__":
    main()
