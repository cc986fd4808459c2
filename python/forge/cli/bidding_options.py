"""What the bidding commands share: who plays, and a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from forge.bidding.plan import SETTLED_BY, Plan
from forge.cli import values
from forge.cli.command import Given
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, Bid
from forge.work.devices import n_cores
from forge.work.progress import progress_bar
from forge.work.rates import rate_text

if TYPE_CHECKING:
    from forge.bidding.calibration.logistic import Calibration
    from forge.bidding.simulate import Simulator


def make_simulator(
    player: str,
    seed: int,
    device: str,
    workers: int | None = None,
    bid: Bid = LOWEST_BID,
) -> Simulator:
    """The simulator that options ask for; a `make` player plays for the bid.

    Raises:
        ForgeError: for a bad value, player, checkpoint or device.
    """
    from forge.bidding.simulate import Simulator
    from forge.ops import resolve_device

    spec = values.player("--player", player)
    where = str(resolve_device(device))
    return Simulator(spec, seed, bid, where, workers or n_cores())


def settling(plan: Plan, max_samples: int | None, given: Given, is_perfect: bool) -> Plan:
    """The plan of a command that gives advice: how many deals, and whether more are added.

    A number that was typed is kept to, unless --max-samples was typed as well; players' deals are
    never added unasked, which takes a thousand times as long as perfect play.

    Args:
        plan: of the options; its deals are the first ones.
        max_samples: the option.
        given: what was typed.
        is_perfect: whether perfect play tells the points.

    Raises:
        ForgeError: where --max-samples is less than a typed --samples.
    """
    if max_samples is None:
        grows = is_perfect and not given & {"samples", "until"}
        return replace(plan, settle=True, max_deals=SETTLED_BY) if grows else plan
    if "samples" in given and max_samples < plan.n_deals:
        raise ForgeError(f"--max-samples must be --samples or more, got {max_samples}")
    first = min(plan.n_deals, max_samples)
    return replace(plan, n_deals=first, settle=True, max_deals=max_samples)


@contextmanager
def deals_progress(screen: Console, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar of deals; gives what to call with how many more are done."""
    with progress_bar(screen, transient=True) as progress:
        task = progress.add_task("deals", total=total, rate="")

        def advance(n_deals: int) -> None:
            elapsed_s = progress.tasks[task].elapsed
            done = progress.tasks[task].completed + n_deals
            rate = rate_text(done, elapsed_s, "deals")
            progress.update(task, advance=n_deals, rate=rate)

        yield advance


def shipped_calibration(simulator: Simulator, screen: Console) -> Calibration | None:
    """What turns perfect play into chances at a table; None for other players, and without one."""
    from forge.bidding.calibration.logistic import shipped

    if not simulator.is_perfect:
        return None
    calibration = shipped()
    if calibration is None:
        screen.print(
            "no calibration in this package: figures are perfect play (all hands open), which "
            "flatters",
            highlight=False,
            soft_wrap=True,
        )
    return calibration
