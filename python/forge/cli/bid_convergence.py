"""`python -m forge.bidding.convergence`: how many deals an estimate needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.table import Table

from forge.cli import values
from forge.cli.bidding_options import deals_progress, make_simulator
from forge.cli.command import command
from forge.cli.shared_options import (
    EXAMPLE_HAND,
    device_option,
    hand_option,
    player_option,
    seed_option,
    trumps_option,
    workers_option,
)
from forge.cli.values import console
from forge.game.bid_option import bid_option
from forge.game.contract import LOWEST_BID, VALID_BIDS, Bid, Contract
from forge.options import MOST_DEALS, option
from forge.work.paths import NOWHERE, file_or_nowhere
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.bidding.stability import SizeFigures


SIZES: Final = "25,50,100,200,400,800"


@dataclass(frozen=True)
class ConvergenceArgs:
    """What may be said to `forge bid-convergence`."""

    hand: str = hand_option(EXAMPLE_HAND)
    bid: int = bid_option(LOWEST_BID.number, f"{VALID_BIDS}.")
    trumps: str = trumps_option("all")
    sizes: str = option(SIZES, "Numbers of deals to judge.", metavar="N,N,...", reads=values.sizes)
    samples: int = option(
        1600, "Deals in the pool that samples are drawn from.", least=1, most=MOST_DEALS
    )
    resamples: int = option(1000, "Samples of each size.", least=1, most=MOST_DEALS)
    seed: int = seed_option(0)
    player: str = player_option("oracle")
    plot: str = option(
        "convergence.png",
        "Picture; /dev/null draws none.",
        metavar="FILE.png",
        reads=file_or_nowhere,
    )
    workers: int | None = workers_option(None)
    device: str = device_option("cpu")
    as_json: bool = option(False, "Print JSON.", "--json")


@command()
def convergence(args: ConvergenceArgs) -> None:
    """Show how the interval and the ranking of trumps settle with the number of deals.

    One pool of deals, common to all trumps, is simulated; samples of each size are drawn from it
    with replacement, whole deals at a time.
    """
    from forge import __version__
    from forge.bidding.hand import hand_text, parse_hand, parse_trumps
    from forge.bidding.sentences import doubt
    from forge.bidding.settled import of_share, weigh
    from forge.bidding.stability import stability
    from forge.game.declarations import declaration_name
    from forge.look.plots.stability import stability_png
    from forge.work.atomic import write_file

    dominoes, decls = parse_hand(args.hand), parse_trumps(args.trumps)
    promised = Bid.of(args.bid)
    numbers = sorted(set(values.sizes("--sizes", args.sizes)))
    simulator = make_simulator(args.player, args.seed, args.device, args.workers, promised)
    screen = console(stderr=args.as_json)
    with deals_progress(screen, len(decls) * args.samples) as advance:
        made = simulator.made(dominoes, decls, 0, args.samples, promised, advance)
    figures = stability(made, numbers, args.resamples, args.seed)
    shares = made.mean(axis=1)
    best = int(shares.argmax())
    name = declaration_name(decls[best])
    contracts = [Contract(decl, promised) for decl in decls]
    verdict = weigh([of_share(*each) for each in zip(contracts, made, strict=True)])
    if args.plot != NOWHERE:
        title = f"{hand_text(dominoes)}: chance to make {promised} in {name}"
        footer = (
            f"{counted(args.resamples, 'sample')} a size from {counted(args.samples, 'deal')} "
            f"(seed {args.seed}), "
            f"{simulator.player.text}, forge {__version__}"
        )
        write_file(Path(args.plot), stability_png(figures, title, footer))
    if args.as_json:
        print(
            json.dumps(
                {
                    "hand": hand_text(dominoes),
                    "bid": promised.number,
                    "player": simulator.player.text,
                    "seed": args.seed,
                    "samples": args.samples,
                    "resamples": args.resamples,
                    "pool": {
                        declaration_name(decl): float(share)
                        for decl, share in zip(decls, shares, strict=True)
                    },
                    "best": name,
                    "sizes": [each.to_json() for each in figures],
                }
            )
        )
        return
    screen.print(
        f"{hand_text(dominoes)}, bid {promised}: {name} is best{doubt(verdict)}, "
        f"made in {shares[best]:.1%} of {counted(args.samples, 'deal')} "
        f"(seed {args.seed}, {simulator.player.text}).",
        highlight=False,
        soft_wrap=True,
    )
    screen.print(_table(figures), highlight=False)
    if args.plot != NOWHERE:
        screen.print(f"drawn: {args.plot}", highlight=False, soft_wrap=True)


def _table(figures: Sequence[SizeFigures]) -> Table:
    table = Table(show_edge=False)
    for name in ("deals", "interval", "1.96 s.e.", "covers", "best found", "lost", "in order"):
        table.add_column(name, justify="right")
    for each in figures:
        table.add_row(
            str(each.n),
            f"\N{PLUS-MINUS SIGN}{each.half_width:.3f}",
            f"\N{PLUS-MINUS SIGN}{each.error:.3f}",
            f"{each.coverage:.1%}",
            f"{each.same_best:.1%}",
            f"{each.regret:.3f}",
            f"{each.pairs_in_order:.1%}",
        )
    table.caption = (
        "interval: half-width at 95 %; covers: how often it holds the pool's share; best found: "
        "how often the pool's best trump came out best; lost: chance given up by taking the one "
        "that did, mean; in order: pairs of trumps"
    )
    table.caption_justify = "left"
    return table


main = convergence.main


if __name__ == "__main__":
    main()
