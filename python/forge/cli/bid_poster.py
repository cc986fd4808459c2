"""`python -m forge.bidding.poster`: a hand, its chances and what to bid, on one page to print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from forge.cli.bidding_options import (
    HandOption,
    PlayerOption,
    SeedOption,
    TrumpsOption,
    WorkersOption,
    deals_progress,
    make_simulator,
    shipped_calibration,
)
from forge.cli.common import DeviceOption, at_least_one, command, console, run

app = command()


@app.command()
def poster(
    hand: HandOption,
    output: Annotated[
        Path, typer.Option("--output", help="The page to write.", metavar="FILE.pdf")
    ] = Path("poster.pdf"),
    samples: Annotated[int, typer.Option("--samples", help="Deals around the hand.")] = 500,
    trumps: TrumpsOption = "all",
    seed: SeedOption = 0,
    player: PlayerOption = "oracle",
    workers: WorkersOption = None,
    device: DeviceOption = "cpu",
) -> None:
    """Draw a hand on one page: its tiles, the chance to make each bid under each trump, the points
    to expect, and what to bid. US letter, also fits A4.

    By default the chances are perfect play with all hands open, calibrated to real play. The same
    options give the same file.
    """
    from forge.bidding.hand import parse_hand, parse_trumps
    from forge.bidding.hand_evaluation import Plan, evaluate_hand
    from forge.look.poster.content import poster_page
    from forge.look.poster.page import poster_pdf
    from forge.work.atomic import write_file

    dominoes, decls = parse_hand(hand), parse_trumps(trumps)
    plan = Plan(at_least_one("--samples", samples))
    simulator = make_simulator(player, seed, device, workers)
    screen = console()
    calibration = shipped_calibration(simulator, screen)
    with deals_progress(screen, len(decls) * samples) as advance:
        found = evaluate_hand(dominoes, decls, simulator, plan, calibration, advance)
    page = poster_page(found)
    write_file(output, poster_pdf(page))
    screen.print(f"{page.advice}. {page.reasons}", highlight=False, soft_wrap=True)
    screen.print(f"{output}: written", highlight=False, soft_wrap=True, markup=False)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
