"""`forge bid-evaluate`: the chance to make each bid with a hand, under every trump."""

from __future__ import annotations

import json
from dataclasses import dataclass

from forge.bidding.plan import Plan
from forge.cli import values
from forge.cli.bidding_options import make_simulator, settling
from forge.cli.command import Given, command
from forge.cli.shared_options import (
    device_option,
    hand_option,
    max_samples_option,
    seed_option,
    trumps_option,
    workers_option,
)
from forge.cli.values import console
from forge.errors import ForgeError
from forge.game.bid_option import bid_option
from forge.game.contract import LOWEST_BID, VALID_BIDS, Bid
from forge.options import again, option


@dataclass(frozen=True)
class EvaluateArgs:
    """What may be said to `forge bid-evaluate`."""

    hand: str = hand_option()
    samples: int = again(Plan, "n_deals", metavar="N")
    max_samples: int | None = max_samples_option()
    trumps: str = trumps_option("all")
    seed: int = seed_option(0)
    checkpoint: str | None = option(
        None,
        "Let this network play, all hands open.",
        metavar="FILE|NAME",
        reads=values.network,
    )
    sample: bool = option(False, "Draw its moves instead of the best (policy networks).")
    player: str | None = option(
        None,
        "Who plays all four seats. Default: oracle.",
        metavar="PLAYER",
        reads=values.player,
    )
    bid: int | None = bid_option(None, f"Ask about this bid alone, faster: {VALID_BIDS}.")
    until: float | None = again(Plan, "until", metavar="P")
    drop_worse: bool = option(False, "Stop dealing for trumps shown to be worse (99.9 %).")
    as_list: bool = option(False, "One line a trump and bid, with intervals.", "--list")
    as_json: bool = option(False, "Print a JSON report.", "--json")
    workers: int | None = workers_option(None)
    device: str = device_option("auto")

    def __post_init__(self) -> None:
        if self.checkpoint is not None and self.player is not None:
            raise ForgeError(
                "--checkpoint says who plays: leave --player out, or the other way round"
            )
        if self.sample and self.checkpoint is None:
            raise ForgeError("--sample draws the moves of a network: give one with --checkpoint")
        values.player("--player", self.who)

    @property
    def who(self) -> str:
        """The player that the options ask for, as it is written."""
        if self.checkpoint is None:
            return self.player or "oracle"
        return f"model:{self.checkpoint}{',sample' if self.sample else ''}"


@command()
def evaluate(args: EvaluateArgs, given: Given) -> None:
    """Tell how likely a hand makes each bid under each trump, and what to bid.

    The other hands are dealt at random, the same for all trumps. The headline is the chance at a
    table, where everybody sees one hand: perfect play with open hands, which flatters, turned into
    that by a calibration; beside it stands perfect play itself. With --player make:n=100 (all seats
    play for the contract of --bid, by default 30) or eq:n=100 (for points) hands are played out
    instead; players are written as for forge arena. Intervals are of 95 % (Wilson); differences
    between trumps are paired over the same deals. Marks are what a bid is worth: one mark won or
    lost, two for 84 (all seven tricks).

    Deals are added until the advice is settled: until a bid, a pass and the trumps are told apart,
    or known to be as good as each other. Trumps that are worse get no more of them.
    """
    from forge.bidding.calibration import logistic as calibration
    from forge.bidding.hand import parse_hand, parse_trumps
    from forge.bidding.hand_evaluation import evaluate_hand
    from forge.cli.show import hand_tables as report
    from forge.work.progress import progress_bar

    held, decls = parse_hand(args.hand), parse_trumps(args.trumps)
    asked = LOWEST_BID if args.bid is None else Bid.of(args.bid)
    plan = Plan(args.samples, args.until, asked, args.bid is not None, args.drop_worse)
    simulator = make_simulator(
        args.who,
        args.seed,
        args.device,
        args.workers,
        asked,
    )
    plan = settling(plan, args.max_samples, given, simulator.is_perfect)
    simulator.player.build(simulator.device)  # what is wrong with it is told at once
    # With --json, stdout is the report and nothing else.
    screen = console(stderr=args.as_json)
    with progress_bar(screen) as progress:
        is_fixed = not (plan.settle or plan.until is not None or plan.drop_worse)
        total = plan.n_deals * len(decls) if is_fixed else None
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


main = evaluate.main


if __name__ == "__main__":
    main()
