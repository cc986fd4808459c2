"""`python -m forge.bidding.benchmark`: how fast each kind of simulation is here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from forge.cli.bidding_options import SeedOption, make_simulator
from forge.cli.common import DeviceOption, at_least_one, command, console, run
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID

if TYPE_CHECKING:
    from forge.bidding.speed import Mode, Speed

app = command()

# Deals of one call: enough to fill a batch, few enough to finish soon.
# Players that see all hands are quick; the others are mostly asked about many worlds.
_N_DEALS_OPEN: Final = 64
_N_DEALS: Final = 2
_MODEL: Final = "model"
_ANSWERS: Final = "oracle-bid"


@app.command()
def benchmark(
    modes: Annotated[
        str,
        typer.Option(
            "--modes",
            help="Separated by blanks: oracle-bid (is 30 made?), players as in `forge arena`, or "
            "model for the first shipped network.",
            metavar='"MODE MODE ..."',
        ),
    ] = "oracle oracle-bid model eq:n=10 make:n=10",
    samples: Annotated[
        int, typer.Option("--samples", help="Deals that the columns of seconds are for.")
    ] = 500,
    seconds: Annotated[
        float, typer.Option("--seconds", help="How long to measure each mode, at least.")
    ] = 3.0,
    seed: SeedOption = 0,
    device: DeviceOption = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure deals a second for each way to simulate, over the nine usual declarations.

    A quick look on this machine as it is, in one process on torch's threads. Figures for the
    record, with commit and device, come from bench/bench_bidding.py.
    """
    import torch

    from forge.bidding.speed import measure

    at_least_one("--samples", samples)
    if not seconds > 0:
        raise ForgeError(f"--seconds must be above 0, got {seconds}")
    todo = [_mode(text, seed, device) for text in modes.split()]
    if not todo:
        raise ForgeError("--modes names no mode: oracle, oracle-bid, model, eq:n=10, make:n=10 ...")
    screen = Console(stderr=True) if as_json else console()
    done = []
    for mode in todo:
        with screen.status(f"measuring {mode.name}"):
            done.append(measure(mode, seconds))
    if as_json:
        print(json.dumps([_record(each, samples) for each in done]))
        return
    screen.print(_table(done, samples), highlight=False)
    screen.print(
        f"device {todo[0].simulator.device}, {torch.get_num_threads()} threads of torch. A quick "
        "look: figures for the record come from bench/bench_bidding.py.",
        highlight=False,
    )


def _mode(text: str, seed: int, device: str) -> Mode:
    from forge.bidding.speed import Mode
    from forge.models.catalog import list_models

    player, name = text, text
    if text == _MODEL:
        shipped = list_models()
        if not shipped:
            raise ForgeError("mode 'model': this package ships no model; give model:PATH")
        player = f"model:{shipped[0].name}"
        name = f"model ({shipped[0].arch})"
    if text == _ANSWERS:
        player, name = "oracle", f"oracle, is {LOWEST_BID} made?"
    simulator = make_simulator(player, seed, device, workers=1)
    n_deals = _N_DEALS_OPEN if simulator.player.sees_all_hands else _N_DEALS
    return Mode(name, simulator, LOWEST_BID if text == _ANSWERS else None, n_deals)


def _table(done: Sequence[Speed], samples: int) -> Table:
    table = Table(show_edge=False)
    table.add_column("mode")
    for name in ("deals/s", f"s a trump, N = {samples}", "s for all nine"):
        table.add_column(name, justify="right")
    for each in done:
        one = samples / each.deals_per_s
        table.add_row(each.mode.name, f"{each.deals_per_s:,.1f}", f"{one:.2f}", f"{9 * one:.1f}")
    return table


def _record(speed: Speed, samples: int) -> dict[str, object]:
    return {
        "mode": speed.mode.name,
        "player": speed.mode.simulator.player.text,
        "device": speed.mode.simulator.device,
        "n_deals": speed.n_deals,
        "elapsed_s": speed.elapsed_s,
        "deals_per_s": speed.deals_per_s,
        "samples": samples,
        "s_a_declaration": samples / speed.deals_per_s,
    }


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
