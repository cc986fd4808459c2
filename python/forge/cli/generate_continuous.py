"""`forge generate-continuous`: fill the gaps of a shard directory, seed after seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from forge.cli.command import command
from forge.cli.generating import generate_shards, missing_keys
from forge.cli.room_options import RoomOptions, tell_disk
from forge.cli.shared_options import (
    device_option,
    log_memory_option,
    ray_option,
    wandb_group_option,
    wandb_option,
)
from forge.cli.values import console
from forge.options import INT64_MAX, LAST_START, MOST_LISTED, MOST_PIECES, option
from forge.oracle.shards.naming import ShardKey
from forge.work.paths import writable_folder
from forge.work.seed_files import SPLITS
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.oracle.shards.pipeline import PipelineOptions

SHOWN_GAPS = 20


@dataclass(frozen=True)
class GenerateContinuousArgs:
    """What may be said to `forge generate-continuous`."""

    marginalized: bool = option(False, "Several deals of the other seats per P0 hand.")
    n_opp_seeds: int = option(
        3,
        "Deals per P0 hand (marginalized); raising it later backfills.",
        least=1,
        most=MOST_LISTED,
    )
    start_seed: int = option(0, "Begin here; gaps before it stay.", least=0, most=LAST_START)
    limit: int | None = option(
        None, "Stop after this many shards. [default: never]", least=1, most=MOST_PIECES
    )
    max_states: int | None = option(None, "Skip a deal with more states.", least=1, most=INT64_MAX)
    output_dir: Path | None = option(
        None,
        "Default: data/shards-standard, or data/shards-marginalized.",
        metavar="DIR",
        stores=True,
        reads=writable_folder,
    )
    device: str = device_option("auto")
    dry_run: bool = option(False, "Show the gaps; generate nothing.")
    log_memory: bool = log_memory_option(False)
    ray: str | None = ray_option(None)
    wandb: bool = wandb_option(False)
    wandb_group: str | None = wandb_group_option(None)


@command()
def generate_continuous(args: GenerateContinuousArgs, room: RoomOptions) -> None:
    """Fill the gaps of a shard directory and go on with new seeds until Ctrl+C.

    Standard: one declaration a seed, seed % 10. Marginalized: seat 0's hand of the seed with
    several deals of the other seats. Any number of these may run on one directory at once.
    """
    from forge.ops import resolve_device
    from forge.oracle.shards.pipeline import PipelineOptions

    if args.ray is None:
        resolve_device(args.device)  # whether it is there, in a dry run too
    kind = "marginalized" if args.marginalized else "standard"
    options = PipelineOptions(
        args.output_dir or Path("data") / f"shards-{kind}",
        device=args.device,
        max_states=args.max_states,
        limit=args.limit,
        room=room.room(),
    )
    keys = wanted_keys(args.start_seed, args.n_opp_seeds if args.marginalized else None)
    if args.dry_run:
        show_gaps(keys, options)
        return
    generate_shards(
        keys,
        options,
        job_type=f"oracle-continuous-{kind}",
        endless=True,
        wandb=args.wandb,
        wandb_group=args.wandb_group,
        log_memory=args.log_memory,
        ray=args.ray,
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
    from forge.oracle.shards.pipeline import BYTES_A_SHARD

    assert options.out_dir is not None
    screen = console()
    present = {split: _present(options.out_dir / split) for split in SPLITS}
    n_present = sum(map(len, present.values()))
    counts = ", ".join(f"{split} {len(keys_of)}" for split, keys_of in present.items())
    screen.print(f"{options.out_dir}: {counted(n_present, 'shard')} ({counts})", highlight=False)
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
    tell_disk(screen, options.room, options.out_dir, "shard", BYTES_A_SHARD, options.limit)


def _present(directory: Path) -> list[ShardKey]:
    if not directory.is_dir():
        return []
    return [key for path in directory.iterdir() if (key := ShardKey.parse(path.name)) is not None]


main = generate_continuous.main


if __name__ == "__main__":
    main()
