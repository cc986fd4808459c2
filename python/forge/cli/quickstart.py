"""`forge quickstart`: the main job on one deal, from dealing to reading a shard back."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from forge.cli import values
from forge.cli.command import command
from forge.cli.shared_options import device_option
from forge.cli.show.moves import moves_table, ranked_moves
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import option
from forge.work.paths import writable_folder
from forge.work.rates import rate_text

if TYPE_CHECKING:
    from forge.game.deal import Deal
    from forge.oracle.tablebase import Tablebase

SEED = 0


@dataclass(frozen=True)
class QuickstartArgs:
    """What may be said to `forge quickstart`."""

    decl: str | None = option(
        None, "Declaration: name or id 0..9.", metavar="NAME|ID", reads=values.declaration
    )
    out: Path = option(
        Path("quickstart"), "Directory for the shard.", metavar="DIR", reads=writable_folder
    )
    device: str = device_option("auto")
    as_json: bool = option(False, "Print JSON instead of tables.", "--json")


@command()
def quickstart(args: QuickstartArgs) -> None:
    """Deal seed 0, solve it exactly, check the solution, write it, and read it back.

    Shows the hands and the Q of every opening lead (team-0 frame). The declaration is blanks, as
    seed % 10 has it, unless --decl says otherwise.
    """
    from forge.game.declarations import declaration_name, parse_declaration
    from forge.game.tables import domino_name
    from forge.oracle.shards.naming import ShardKey

    decl_id = SEED % 10 if args.decl is None else parse_declaration(args.decl)
    key = ShardKey(SEED, decl_id)
    deal = key.deal()
    screen = console()
    screen.quiet = args.as_json
    screen.print(f"Seed {SEED}, {declaration_name(decl_id)}", highlight=False)
    screen.print(_hands_table(deal))

    table = _solve(deal, decl_id, args.device, screen)
    moves = ranked_moves(deal.hands[0], table.q(), 0)
    screen.print(f"First lead, V = {table.value():+d} (team-0 frame)", highlight=False)
    screen.print(moves_table(moves))

    table.verify()
    screen.print("verified: every V is the best of its q, every q its child's V plus the points")
    path = key.path(args.out)
    _write(table, path, screen)
    _read_back(table, path, screen)
    if args.as_json:
        found = {
            "seed": SEED,
            "declaration": declaration_name(decl_id),
            "deal": deal.text,
            "n_states": len(table),
            "value": table.value(),
            "q": {domino_name(domino): q for domino, q in moves},
            "frame": "team 0",
            "file": str(path),
        }
        print(json.dumps(found))


def _hands_table(deal: Deal) -> Table:
    from forge.game.tables import domino_name

    table = Table()
    table.add_column("seat")
    table.add_column("team", justify="right")
    table.add_column("hand")
    for seat, hand in enumerate(deal.hands):
        name = f"{seat} (declarer, leads)" if seat == 0 else str(seat)
        table.add_row(name, str(seat % 2), " ".join(domino_name(domino) for domino in hand))
    return table


def _solve(deal: Deal, decl: int, device: str, screen: Console) -> Tablebase:
    from forge.ops import resolve_device
    from forge.oracle.tablebase import Tablebase

    start = time.perf_counter()
    table = Tablebase.solve(deal, decl, resolve_device(device))
    elapsed_s = time.perf_counter() - start
    screen.print(
        f"solved {len(table):,} states in {elapsed_s:.2f} s "
        f"({rate_text(len(table), elapsed_s, 'states')})",
        highlight=False,
    )
    return table


def _write(table: Tablebase, path: Path, screen: Console) -> None:
    from forge.oracle.shards.output import write_shard

    n_bytes = write_shard(
        path, table.deal, table.decl, SEED, None, table.states, table.values, table.q_values
    )
    screen.print(
        f"wrote {path}: {n_bytes / 1e6:.1f} MB, {n_bytes / len(table):.2f} bytes a state",
        highlight=False,
        soft_wrap=True,
    )


def _read_back(table: Tablebase, path: Path, screen: Console) -> None:
    """Look up the position in the middle of the file, and compare it with what was solved."""
    from forge.game.constants import ILLEGAL
    from forge.oracle.shards.schema import lookup

    state = int(table.states[len(table) // 2])
    value, row = lookup(path, state)
    q = tuple(None if each == ILLEGAL else each for each in row)
    if (value, q) != (table.value(state), table.q(state)):
        raise ForgeError(f"{path} gives V {value} and q {q} for state {state}: not what was solved")
    legal = ", ".join(f"slot {slot}: {each:+d}" for slot, each in enumerate(q) if each is not None)
    screen.print(
        f"read back: state {state}, V = {value:+d}, {legal}", highlight=False, soft_wrap=True
    )


main = quickstart.main


if __name__ == "__main__":
    main()
