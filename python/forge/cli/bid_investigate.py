"""`python -m forge.bidding.investigate`: how a hand loses, trick by trick, all hands shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from forge.cli.bidding_options import (
    HandOption,
    PlayerOption,
    SeedOption,
    WorkersOption,
    deals_progress,
    make_simulator,
)
from forge.cli.common import DeviceOption, at_least_one, command, console, non_negative, run
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS
from forge.game.contract import LOWEST_BID, Bid, Contract

if TYPE_CHECKING:
    from forge.bidding.losses import Losses, LostDeal
    from forge.bidding.simulate import Simulator

app = command()


@app.command()
def investigate(
    hand: HandOption,
    trump: Annotated[
        str, typer.Option("--trump", help="Declaration: name or id 0..9.", metavar="NAME|ID")
    ],
    below: Annotated[
        int, typer.Option("--below", help="A deal is lost with fewer points of 42 than this.")
    ] = LOWEST_BID.points,
    samples: Annotated[int, typer.Option("--samples", help="Deals to look at.")] = 500,
    seed: SeedOption = 0,
    player: PlayerOption = "oracle",
    show: Annotated[int, typer.Option("--show", help="Lost deals to replay, the worst first.")] = 1,
    workers: WorkersOption = None,
    device: DeviceOption = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the deals that a hand loses, and replay them with all hands shown.

    Every play is judged by the exact solver: how many points it cost, and what was better. The
    judgement is hindsight, with all hands open. With --player oracle (the default) all four play
    perfectly with open hands, so nothing is thrown away: what is lost then, is lost on any play.
    """
    from forge.bidding.hand import hand_text, parse_hand
    from forge.bidding.losses import find_losses, lost_deals
    from forge.game.declarations import declaration_name, parse_declaration

    dominoes, decl = parse_hand(hand), parse_declaration(trump)
    at_least_one("--samples", samples)
    non_negative("--show", show)
    if not 1 <= below <= HAND_POINTS:
        raise ForgeError(f"--below must be 1..{HAND_POINTS} points, got {below}")
    contract = Contract(decl, Bid(below))
    simulator = make_simulator(player, seed, device, workers, contract.bid)
    screen = Console(stderr=True) if as_json else console()
    with deals_progress(screen, samples) as advance:
        losses = find_losses(simulator, dominoes, contract, samples, advance)
    deals = lost_deals(simulator, dominoes, losses, show)
    if as_json:
        print(
            json.dumps(
                {
                    "hand": hand_text(dominoes),
                    "trump": declaration_name(decl),
                    "player": simulator.player.text,
                    "seed": seed,
                    "samples": samples,
                    "below": below,
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
    from forge.cli.show.replay_tables import line_view, replay_view

    how = (
        "perfect play (all hands open)"
        if simulator.is_perfect
        else f"{simulator.player.text} in all four seats"
    )
    n = len(losses.numbers)
    lines = [
        f"{title}: {n} of {losses.n_deals} deals (seed {simulator.seed}) give team 0 fewer than "
        f"{losses.contract.bid.points} points, {how}."
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
            heading = f"Perfect play of deal {deal.number} brings team 0 {points} points:"
            screen.print(line_view(deal.perfect, heading), highlight=False)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
