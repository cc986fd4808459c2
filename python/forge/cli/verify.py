"""`forge verify`: check shard files, or everything in a directory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from forge.cli import values
from forge.cli.command import command
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import option

if TYPE_CHECKING:
    from forge.oracle.shards.checks import VerifiedShard


@dataclass(frozen=True)
class VerifyArgs:
    """What may be said to `forge verify`."""

    paths: list[Path] = option(
        help="Shard files (.parquet, .pt) or directories of them.", is_argument=True
    )
    deal: str | None = option(
        None,
        "The deal of a file that does not say its own.",
        metavar='"6-6,... / ... / ... / ..."',
        reads=values.deal,
    )


@command()
def verify(args: VerifyArgs) -> None:
    """Check every row of shard files against the rules and against each other.

    Also the checksums, and the metadata against the rows and the file's name. Solves nothing again.
    Exit code 0 if all is well, 2 if anything is not.
    """
    from forge.game.deal import Deal
    from forge.oracle.shards.checks import find_shards, verify_shard

    given_deal = None if args.deal is None else Deal.from_text(args.deal)
    files = list(find_shards(args.paths))
    if not files:
        raise ForgeError(
            f"no shards in {', '.join(map(str, args.paths))}: "
            "files named seed_*_decl_*.parquet or .pt"
        )
    screen = console()
    table = Table()
    for heading in ("shard", "states", "V", "M states/s", "result"):
        table.add_column(heading, justify="left" if heading in ("shard", "result") else "right")
    problems: list[str] = []
    for path in track(files, "verifying", console=screen, disable=not screen.is_terminal):
        start = time.perf_counter()
        try:
            shard = verify_shard(path, given_deal)
        except (ForgeError, OSError) as error:
            problems.append(str(error))
            table.add_row(path.name, "", "", "", Text("BAD", style="red"))
            continue
        table.add_row(*_row(shard, time.perf_counter() - start))
    screen.print(table)
    _conclude(screen, len(files), problems)


def _row(shard: VerifiedShard, elapsed_s: float) -> tuple[str, ...]:
    rate = shard.n_states / elapsed_s / 1e6
    return shard.path.name, f"{shard.n_states:,}", f"{shard.value:+d}", f"{rate:.1f}", "ok"


def _conclude(screen: Console, n_files: int, problems: Sequence[str]) -> None:
    """Say how many are good; the problems beyond the first go to stdout, one line each."""
    if not problems:
        line = "the file is verified" if n_files == 1 else f"all {n_files} verified"
        screen.print(line)
        return
    for problem in problems[1:]:
        screen.print(problem, markup=False, highlight=False, soft_wrap=True)
    counted = f" ({len(problems)} of {n_files} files are bad)" if n_files > 1 else ""
    raise ForgeError(problems[0] + counted)


main = verify.main


if __name__ == "__main__":
    main()
