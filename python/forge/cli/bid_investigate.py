"""`python -m forge.bidding.investigate`: how a hand loses, trick by trick, all hands shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from forge.cli import values
from forge.cli.bidding_options import deals_progress, make_simulator
from forge.cli.command import command
from forge.cli.shared_options import (
    device_option,
    hand_option,
    player_option,
    seed_option,
    workers_option,
)
from forge.cli.values import console
from forge.game.constants import HAND_POINTS
from forge.game.contract import LOWEST_BID, Bid, Contract
from forge.options import MOST_DEALS, option
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.bidding.losses import Losses, LostDeal
    from forge.bidding.simulate import Simulator


@dataclass(frozen=True)
class InvestigateArgs:
    """What may be said to `forge bid-investigate`."""

    hand: str = hand_option()
    trump: str = option(
        help="Declaration: name or id 0..9.", metavar="NAME|ID", reads=values.declaration
    )
    below: int = option(
        LOWEST_BID.points,
        "A deal is lost with fewer points of 42 than this.",
        least=1,
        most=HAND_POINTS,
    )
    samples: int = option(500, "Deals to look at.", least=1, most=MOST_DEALS)
    seed: int = seed_option(0)
    player: str = player_option("oracle")
    show: int = option(1, "Lost deals to replay, the worst first.", least=0, most=MOST_DEALS)
    workers: int | None = workers_option(None)
    device: str = device_option("cpu")
    as_json: bool = option(False, "Print JSON.", "--json")


@command()
def investigate(args: InvestigateArgs) -> None:
    """Find the deals that a hand loses, and replay them with all hands shown.

    Every play is judged by the exact solver: how many points it cost, and what was better. The
    judgement is hindsight, with all hands open. With --player oracle (the default) all four play
    perfectly with open hands, so nothing is thrown away: what is lost then, is lost on any play.
    """
    from forge.bidding.hand import hand_text, parse_hand
    from forge.bidding.losses import find_losses, lost_deals
    from forge.game.declarations import declaration_name, parse_declaration

    dominoes, decl = parse_hand(args.hand), parse_declaration(args.trump)
    contract = Contract(decl, Bid(args.below))
    simulator = make_simulator(args.player, args.seed, args.device, args.workers, contract.bid)
    screen = console(stderr=args.as_json)
    with deals_progress(screen, args.samples) as advance:
        losses = find_losses(simulator, dominoes, contract, args.samples, advance)
    deals = lost_deals(simulator, dominoes, losses, args.show)
    if args.as_json:
        print(
            json.dumps(
                {
                    "hand": hand_text(dominoes),
                    "trump": declaration_name(decl),
                    "player": simulator.player.text,
                    "seed": args.seed,
                    "samples": args.samples,
                    "below": args.below,
                    "lost": [
                        {"deal": number, "points": points}
                        for number, points in zip(
                            losses.numbers.tolist(), losses.points.tolist(), strict=True
                        )
                    ],
                    "shown": [_record(each) for each in deals],
                }
            )
        )
        return
    title = f"{hand_text(dominoes)}, {declaration_name(decl)}"
    _show(screen, title, simulator, losses, deals)


def _record(deal: LostDeal) -> dict[str, object]:
    from forge.cli.show.replay_tables import replay_record

    return {
        "number": deal.number,
        "played": replay_record(deal.played),
        "perfect": replay_record(deal.perfect),
    }


def _show(
    screen: Console, title: str, simulator: Simulator, losses: Losses, deals: Sequence[LostDeal]
) -> None:
    from forge.bidding.sentences import EVEN, hundred, times
    from forge.cli.show.replay_tables import line_view, replay_view
    from forge.stats.intervals import wilson_interval

    how = (
        "perfect play (all hands open)"
        if simulator.is_perfect
        else f"{simulator.player.text} in all four seats"
    )
    n = len(losses.numbers)
    low, high = wilson_interval(n, losses.n_deals)
    unsure = ""
    if low < EVEN < high:
        unsure = ": too few deals to tell whether it is lost more often than not"
    lines = [
        f"{title}: {n} of {counted(losses.n_deals, 'deal')} (seed {simulator.seed}) give team 0 "
        "fewer than "
        f"{counted(losses.contract.bid.points, 'point')}, {how}.",
        f"Lost {times(n / losses.n_deals)} (95 % interval {hundred(low)} to {hundred(high)})"
        f"{unsure}.",
    ]
    if n:
        ends = f"{losses.points[0]}..{losses.points[-1]}"
        lines.append(f"Points in the lost deals: {ends}, mean {losses.points.mean():.1f}.")
    screen.print("\n".join(lines), highlight=False, soft_wrap=True)
    for deal in deals:
        screen.print()
        screen.print(replay_view(deal.played, f"Deal {deal.number}"), highlight=False)
        if not simulator.is_perfect:
            points = deal.perfect.points
            heading = (
                f"Perfect play of deal {deal.number} brings team 0 {counted(points, 'point')}:"
            )
            screen.print(line_view(deal.perfect, heading), highlight=False)


main = investigate.main


if __name__ == "__main__":
    main()
