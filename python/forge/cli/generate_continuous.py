"""`forge generate-continuous`: fill the gaps of a shard directory, seed after seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from forge.cli.common import (
    DeviceOption,
    LogMemoryOption,
    WandbGroupOption,
    WandbOption,
    at_least_one,
    command,
    console,
    non_negative,
    run,
)
from forge.cli.generating import generate_shards, missing_keys
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.pipeline import PipelineOptions
from forge.work.seed_files import SPLITS

SHOWN_GAPS = 20

app = command()


@app.command()
def generate_continuous(
    marginalized: Annotated[
        bool,
        typer.Option("--marginalized", help="Several deals of the other seats per P0 hand."),
    ] = False,
    n_opp_seeds: Annotated[
        int,
        typer.Option(
            "--n-opp-seeds", help="Deals per P0 hand (marginalized); raising it later backfills."
        ),
    ] = 3,
    start_seed: Annotated[
        int, typer.Option("--start-seed", help="Begin here; gaps before it stay.")
    ] = 0,
    limit: Annotated[
        int | None, typer.Option("--limit", help="Stop after this many shards. [default: never]")
    ] = None,
    max_states: Annotated[
        int | None, typer.Option("--max-states", help="Skip a deal with more states.")
    ] = None,
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output-dir",
            help="Default: data/shards-standard, or data/shards-marginalized.",
            metavar="DIR",
        ),
    ] = None,
    device: DeviceOption = "auto",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the gaps; generate nothing.")
    ] = False,
    log_memory: LogMemoryOption = False,
    wandb: WandbOption = False,
    wandb_group: WandbGroupOption = None,
) -> None:
    """Fill the gaps of a shard directory and go on with new seeds until Ctrl+C.

    Standard: one declaration a seed, seed % 10. Marginalized: seat 0's hand of the seed with
    several deals of the other seats. Any number of these may run on one directory at once.
    """
    non_negative("--start-seed", start_seed)
    at_least_one("--n-opp-seeds", n_opp_seeds)
    for name, value in (("--limit", limit), ("--max-states", max_states)):
        if value is not None:
            at_least_one(name, value)
    kind = "marginalized" if marginalized else "standard"
    options = PipelineOptions(
        output_dir or Path("data") / f"shards-{kind}",
        device=device,
        max_states=max_states,
        limit=limit,
    )
    keys = wanted_keys(start_seed, n_opp_seeds if marginalized else None)
    if dry_run:
        show_gaps(keys, options)
        return
    generate_shards(
        keys,
        options,
        job_type=f"oracle-continuous-{kind}",
        endless=True,
        wandb=wandb,
        wandb_group=wandb_group,
        log_memory=log_memory,
    )


def wanted_keys(start_seed: int, n_opp_seeds: int | None) -> Iterator[ShardKey]:
    """Every shard from `start_seed` on, without end; `n_opp_seeds` None is the standard mode."""
    for seed in count(start_seed):
        if n_opp_seeds is None:
            yield ShardKey(seed, seed % 10)
        else:
            for opp_seed in range(n_opp_seeds):
                yield ShardKey(seed, seed % 10, opp_seed)


def show_gaps(keys: Iterator[ShardKey], options: PipelineOptions) -> None:
    """Print what is there, which shards are missing below the last one, and what comes next."""
    assert options.out_dir is not None
    screen = console()
    present = {split: _present(options.out_dir / split) for split in SPLITS}
    n_present = sum(map(len, present.values()))
    counts = ", ".join(f"{split} {len(keys_of)}" for split, keys_of in present.items())
    screen.print(f"{options.out_dir}: {n_present} shards ({counts})", highlight=False)
    last_seed = max((key.seed for keys_of in present.values() for key in keys_of), default=-1)
    n_gaps = 0
    coming: list[ShardKey] = []
    n_shown = SHOWN_GAPS if options.limit is None else min(options.limit, SHOWN_GAPS)
    for key in missing_keys(keys, options):
        if key.seed <= last_seed:
            n_gaps += 1
        if len(coming) < n_shown:
            coming.append(key)
        elif key.seed > last_seed:
            break
    screen.print(f"{n_gaps} missing up to seed {last_seed}" if n_present else "nothing there yet")
    screen.print("next:")
    for key in coming:
        screen.print(f"  {key.split}/{key.file_name()}", highlight=False, soft_wrap=True)
    if options.limit is None:
        screen.print("  ... and on until stopped")
    elif options.limit > n_shown:
        screen.print(f"  ... {options.limit} in all", highlight=False)


def _present(directory: Path) -> list[ShardKey]:
    if not directory.is_dir():
        return []
    return [key for path in directory.iterdir() if (key := ShardKey.parse(path.name)) is not None]


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
