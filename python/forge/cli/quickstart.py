"""`forge quickstart`: the main job on one deal, from dealing to reading a shard back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from forge.cli.common import DeviceOption, command, console, run
from forge.cli.moves import moves_table
from forge.errors import ForgeError

if TYPE_CHECKING:
    from forge.oracle.deal import Deal
    from forge.oracle.naming import ShardKey
    from forge.oracle.writers import Solved

SEED = 0

app = command()


@app.command()
def quickstart(
    decl: Annotated[
        str | None,
        typer.Option("--decl", help="Declaration: name or id 0..9.", metavar="NAME|ID"),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Directory for the shard.", metavar="DIR")
    ] = Path("quickstart"),
    device: DeviceOption = "auto",
) -> None:
    """Deal seed 0, solve it exactly, check the solution, write it, and read it back.

    Shows the hands and the Q of every opening lead (team-0 frame). The declaration is blanks, as
    seed % 10 has it, unless --decl says otherwise.
    """
    from forge.oracle.declarations import declaration_name, parse_declaration
    from forge.oracle.generate import opening_values
    from forge.oracle.naming import ShardKey

    decl_id = SEED % 10 if decl is None else parse_declaration(decl)
    key = ShardKey(SEED, decl_id)
    deal = key.deal()
    screen = console()
    screen.print(_hands_table(deal, f"Seed {SEED}, {declaration_name(decl_id)}"))

    solved = _solve(key, device, screen)
    value, q = opening_values(solved)
    moves = sorted(zip(deal.hands[0], q, strict=True), key=lambda move: -move[1])
    screen.print(moves_table(moves, f"Seat 0's first lead, V = {value:+d} (team-0 frame)"))

    _verify(solved, screen)
    path = key.path(out)
    _write(solved, path, screen)
    _read_back(solved, path, screen)


def _hands_table(deal: Deal, title: str) -> Table:
    from forge.oracle.tables import domino_name

    table = Table(title=title, title_justify="left")
    table.add_column("seat")
    table.add_column("team", justify="right")
    table.add_column("hand")
    for seat, hand in enumerate(deal.hands):
        name = f"{seat} (declarer, leads)" if seat == 0 else str(seat)
        table.add_row(name, str(seat % 2), " ".join(domino_name(domino) for domino in hand))
    return table


def _solve(key: ShardKey, device: str, screen: Console) -> Solved:
    from forge.ops import resolve_device, solve
    from forge.oracle.writers import Solved

    deal = key.deal()
    start = time.perf_counter()
    rows = solve(deal.tensor.to(resolve_device(device)), key.decl)
    solved = Solved(key, deal, *(column.cpu() for column in rows))
    elapsed_s = time.perf_counter() - start
    screen.print(
        f"solved {solved.n_states:,} states in {elapsed_s:.2f} s "
        f"({solved.n_states / elapsed_s / 1e6:.0f} M states/s)",
        highlight=False,
    )
    return solved


def _verify(solved: Solved, screen: Console) -> None:
    from forge.ops import verify_tablebase

    n_errors, row, reason = verify_tablebase(
        solved.deal.tensor, solved.key.decl, solved.states, solved.V, solved.q
    )
    if n_errors:
        raise ForgeError(f"the tablebase is wrong in {n_errors} row(s), first row {row}: {reason}")
    screen.print("verified: every V is the best of its q, every q its child's V plus the points")


def _write(solved: Solved, path: Path, screen: Console) -> None:
    from forge.oracle.output import write_shard

    key = solved.key
    n_bytes = write_shard(
        path, solved.deal, key.decl, key.seed, key.opp_seed, solved.states, solved.V, solved.q
    )
    screen.print(
        f"wrote {path}: {n_bytes / 1e6:.1f} MB, {n_bytes / solved.n_states:.2f} bytes a state",
        highlight=False,
        soft_wrap=True,
    )


def _read_back(solved: Solved, path: Path, screen: Console) -> None:
    """Look up the position in the middle of the table, and compare it with what was solved."""
    from forge.oracle.schema import ILLEGAL_Q, lookup

    row = solved.n_states // 2
    state = int(solved.states[row])
    value, q = lookup(path, state)
    if (value, q) != (int(solved.V[row]), tuple(solved.q[row].tolist())):
        raise ForgeError(f"{path} gives V {value} and q {q} for state {state}: not what was solved")
    legal = ", ".join(f"slot {slot}: {each:+d}" for slot, each in enumerate(q) if each != ILLEGAL_Q)
    screen.print(
        f"read back: state {state}, V = {value:+d}, {legal}", highlight=False, soft_wrap=True
    )


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
