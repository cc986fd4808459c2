"""`python -m forge.bidding.benchmark`: how fast each kind of simulation is here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.table import Table

from forge.cli import values
from forge.cli.bidding_options import make_simulator
from forge.cli.command import command
from forge.cli.shared_options import device_option, seed_option
from forge.cli.values import console
from forge.errors import ForgeError
from forge.extras import need
from forge.game.contract import LOWEST_BID
from forge.options import MOST_DEALS, option

if TYPE_CHECKING:
    from forge.bidding.speed import Speed, SpeedMode


# Deals of one call: enough to fill a batch, few enough to finish soon.
# Players that see all hands are quick; the others are mostly asked about many worlds.
_N_DEALS_OPEN: Final = 64
_N_DEALS: Final = 2
_MODEL: Final = "model"
_ANSWERS: Final = "oracle-bid"


def _read_modes(name: str, text: str) -> None:
    if not text.split():
        raise ForgeError(f"{name} names no mode: oracle, oracle-bid, model, eq:n=10, make:n=10 ...")
    for mode in text.split():
        if mode not in (_MODEL, _ANSWERS):
            values.player(name, mode)


@dataclass(frozen=True)
class BenchmarkArgs:
    """What may be said to `forge bid-benchmark`."""

    modes: str = option(
        "oracle oracle-bid model eq:n=10 make:n=10",
        "Separated by blanks: oracle-bid (is 30 made?), players as in `forge arena`, or "
        "model for the first shipped network.",
        metavar='"MODE MODE ..."',
        reads=_read_modes,
    )
    samples: int = option(
        500, "Deals that the columns of seconds are for.", least=1, most=MOST_DEALS
    )
    seconds: float = option(
        3.0, "How long to measure each mode, at least; a day at most.", above=0, most=86_400
    )
    seed: int = seed_option(0)
    device: str = device_option("cpu")
    as_json: bool = option(False, "Print JSON.", "--json")


@command()
def benchmark(args: BenchmarkArgs) -> None:
    """Measure deals a second for each way to simulate, over the nine usual declarations.

    A quick look on this machine as it is, in one process on torch's threads. Figures for the
    record, with commit and device, come from bench/bench_bidding.py.
    """
    import torch

    from forge.bidding.speed import measure_speed

    todo = [_mode(text, args.seed, args.device) for text in args.modes.split()]
    screen = console(stderr=args.as_json)
    done = []
    for mode in todo:
        with screen.status(f"measuring {mode.name}"):
            done.append(measure_speed(mode, args.seconds))
    if args.as_json:
        print(json.dumps([_record(each, args.samples) for each in done]))
        return
    screen.print(_table(done, args.samples), highlight=False)
    screen.print(
        f"device {todo[0].simulator.device}, {torch.get_num_threads()} threads of torch. A quick "
        "look: figures for the record come from bench/bench_bidding.py.",
        highlight=False,
    )


def _mode(text: str, seed: int, device: str) -> SpeedMode:
    from forge.bidding.speed import SpeedMode
    from forge.models.catalog import list_models

    player, name = text, text
    if text == _MODEL:
        shipped = list_models()
        if not shipped:
            raise ForgeError("mode 'model': this package ships no model; give model:PATH")
        need("train", "lightning")
        player = f"model:{shipped[0].name}"
        name = f"model ({shipped[0].arch})"
    if text == _ANSWERS:
        player, name = "oracle", f"oracle, is {LOWEST_BID} made?"
    simulator = make_simulator(player, seed, device, workers=1)
    n_deals = _N_DEALS_OPEN if simulator.player.sees_all_hands else _N_DEALS
    return SpeedMode(name, simulator, LOWEST_BID if text == _ANSWERS else None, n_deals)


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


main = benchmark.main


if __name__ == "__main__":
    main()
