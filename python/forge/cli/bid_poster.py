"""`python -m forge.bidding.poster`: a hand, its chances and what to bid, on one page to print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
    player_option,
    samples_option,
    seed_option,
    trumps_option,
    workers_option,
)
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import option
from forge.work.paths import writable_file


def _pdf_file(name: str, path: Path) -> None:
    if path.suffix.lower() != ".pdf":
        raise ForgeError(f"{name} must end in .pdf, which the page is, got {path}")
    writable_file(name, path)


@dataclass(frozen=True)
class PosterArgs:
    """What may be said to `forge bid-poster`."""

    hand: str = hand_option()
    output: Path = option(
        Path("poster.pdf"), "The page to write.", metavar="FILE.pdf", reads=_pdf_file
    )
    paper: Literal["letter", "a4"] = option("letter", "US letter or A4, one page of it.")
    samples: int = samples_option(500)
    max_samples: int | None = max_samples_option()
    trumps: str = trumps_option("all")
    seed: int = seed_option(0)
    player: str = player_option("oracle")
    workers: int | None = workers_option(None)
    device: str = device_option("cpu")


@command()
def poster(args: PosterArgs, given: Given) -> None:
    """Draw a hand on one page: its tiles, the chance to make each bid under each trump, the points
    to expect, and what to bid.

    By default the chances are perfect play with all hands open, calibrated to real play, and deals
    are added until it is settled what to bid. The same options give the same file.
    """
    from forge.bidding.hand import parse_hand, parse_trumps
    from forge.bidding.hand_evaluation import evaluate_hand
    from forge.bidding.plan import Plan
    from forge.look.poster.content import poster_page
    from forge.look.poster.page import poster_pdf
    from forge.work.atomic import write_file

    dominoes, decls = parse_hand(args.hand), parse_trumps(args.trumps)
    simulator = make_simulator(args.player, args.seed, args.device, args.workers)
    plan = settling(Plan(args.samples), args.max_samples, given, simulator.is_perfect)
    screen = console()
    calibration = shipped_calibration(simulator, screen)
    with deals_progress(screen, None if plan.settle else len(decls) * plan.n_deals) as advance:
        found = evaluate_hand(dominoes, decls, simulator, plan, calibration, advance)
    page = poster_page(found)
    write_file(args.output, poster_pdf(page, args.paper))
    said = " ".join(part for part in (f"{page.advice}.", page.warning, page.reasons) if part)
    screen.print(said, highlight=False, soft_wrap=True)
    screen.print(f"{args.output}: written", highlight=False, soft_wrap=True, markup=False)


main = poster.main


if __name__ == "__main__":
    main()
