"""`forge bid-evaluate`: the chance to make each bid with a hand, under every trump."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rich.console import Console

from forge.cli.bidding_options import make_simulator
from forge.cli.command import command
from forge.cli.shared_options import (
    device_option,
    hand_option,
    seed_option,
    trumps_option,
    workers_option,
)
from forge.cli.values import console, table_bid
from forge.game.contract import LOWEST_BID, VALID_BIDS
from forge.options import option


@dataclass(frozen=True)
class EvaluateArgs:
    """What may be said to `forge bid-evaluate`."""

    hand: str = hand_option()
    samples: int = option(100, "Deals of the other hands.", metavar="N", least=1)
    trumps: str = trumps_option("all")
    seed: int = seed_option(0)
    checkpoint: str | None = option(
        None, "Let this network play, all hands open.", metavar="FILE|NAME"
    )
    sample: bool = option(False, "Draw its moves instead of the best (policy networks).")
    player: str | None = option(
        None, "Who plays all four seats. Default: oracle.", metavar="PLAYER"
    )
    bid: int | None = option(
        None, f"Ask about this bid alone, faster: {VALID_BIDS}.", metavar="BID"
    )
    until: float | None = option(
        None,
        "Add deals until half the interval of the best trump at the bid is this narrow.",
        metavar="P",
    )
    drop_worse: bool = option(False, "Stop dealing for trumps shown to be worse (99.9 %).")
    as_list: bool = option(False, "One line a trump and bid, with intervals.", "--list")
    as_json: bool = option(False, "Print a JSON report.", "--json")
    workers: int | None = workers_option(None)
    device: str = device_option("auto")


@command()
def evaluate(args: EvaluateArgs) -> None:
    """Tell how likely a hand makes each bid under each trump, and what to bid.

    The other hands are dealt at random, the same for all trumps. The headline is the chance at a
    table, where everybody sees one hand: perfect play with open hands, which flatters, turned into
    that by a calibration; beside it stands perfect play itself. With --player make:n=100 (all seats
    play for the contract of --bid, by default 30) or eq:n=100 (for points) hands are played out
    instead; players are written as for forge arena. Intervals are of 95 % (Wilson); differences
    between trumps are paired over the same deals. Marks are what a bid is worth: one mark won or
    lost, two for 84 (all seven tricks).
    """
    from forge.bidding.calibration import table as calibration
    from forge.bidding.hand import parse_hand, parse_trumps
    from forge.bidding.hand_evaluation import Plan, evaluate_hand
    from forge.cli.show import hand_tables as report
    from forge.work.progress import progress_bar

    held, decls = parse_hand(args.hand), parse_trumps(args.trumps)
    asked = LOWEST_BID if args.bid is None else table_bid("--bid", args.bid)
    plan = Plan(args.samples, args.until, asked, args.bid is not None, args.drop_worse)
    simulator = make_simulator(
        _player(args.player, args.checkpoint, args.sample),
        args.seed,
        args.device,
        args.workers,
        asked,
    )
    simulator.player.build(simulator.device)  # what is wrong with it is told at once
    # With --json, stdout is the report and nothing else.
    screen = Console(stderr=True) if args.as_json else console()
    with progress_bar(screen) as progress:
        total = None if args.until is not None or args.drop_worse else args.samples * len(decls)
        task = progress.add_task("deals", total=total, rate="")
        found = evaluate_hand(
            held,
            decls,
            simulator,
            plan,
            calibration.shipped(),
            lambda n: progress.advance(task, n),
        )
    if args.as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    elif args.as_list:
        report.show_list(found, screen)
    else:
        report.show_matrix(found, screen)


def _player(player: str | None, checkpoint: str | None, sample: bool) -> str:
    """The player that the options ask for, as it is written."""
    from forge.errors import ForgeError

    if checkpoint is not None and player is not None:
        raise ForgeError("--checkpoint says who plays: leave --player out, or the other way round")
    if sample and checkpoint is None:
        raise ForgeError("--sample draws the moves of a network: give one with --checkpoint")
    if checkpoint is None:
        return player or "oracle"
    return f"model:{checkpoint}{',sample' if sample else ''}"


main = evaluate.main


if __name__ == "__main__":
    main()
