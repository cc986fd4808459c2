"""`forge tokenize`: training data from shards, or straight from seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from rich.table import Table

from forge.cli import values
from forge.cli.command import command
from forge.cli.on_ray import where_to_work
from forge.cli.room_options import RoomOptions, end_if_full, tell_left_out
from forge.cli.shared_options import device_option, ray_option, wandb_option
from forge.cli.values import console, parse_seed_range
from forge.errors import ForgeError
from forge.ml.settings import DEFAULT_GLOBAL_SEED, DEFAULT_SAMPLES_PER_SHARD
from forge.options import MOST_LISTED, MOST_PIECES, MOST_SEED, option
from forge.work.mirror import fetched, staged
from forge.work.paths import writable_folder

if TYPE_CHECKING:
    from forge.ml.tokenize import Settings, TokenizePlan
    from forge.ml.tokenized.sources import Source
    from forge.work.room import Room

DEFAULT_INPUT: Final = Path("data/shards-standard")


@dataclass(frozen=True)
class TokenizeDataArgs:
    """What may be said to `forge tokenize-data`."""

    input_dir: Path | None = option(
        None,
        f"Folder with shards. Default: {DEFAULT_INPUT}.",
        "--input",
        "--input-dir",
        metavar="DIR|URI",
        stores=True,
        reads=values.existing,
    )
    output_dir: Path = option(
        Path("data/tokenized"),
        "Folder for train/, val/, test/ and manifest.yaml.",
        "--output",
        "--output-dir",
        metavar="DIR|URI",
        stores=True,
        reads=writable_folder,
    )
    max_samples_per_shard: int = option(
        DEFAULT_SAMPLES_PER_SHARD,
        "States drawn of each deal (of a shard, or of a seed and declaration).",
        least=1,
        most=MOST_PIECES,
    )
    max_files: int | None = option(
        None,
        "Take this many deals at most, from the splits in turn, lowest seeds first.",
        least=1,
        most=MOST_PIECES,
    )
    from_seeds: str | None = option(
        None, "Solve the deals of these seeds; no shards.", metavar="A:B", reads=values.seed_range
    )
    per_seed: int | None = option(
        None,
        "The same as --max-samples-per-shard, for --from-seeds.",
        least=1,
        most=MOST_PIECES,
    )
    declarations: Literal["seed", "all"] | None = option(
        None, "With --from-seeds: seed % 10, or all ten of each seed. [default: seed]"
    )
    opp_seeds: int | None = option(
        None,
        "With --from-seeds: this many marginalized deals of each seed instead of its own.",
        least=1,
        most=MOST_LISTED,
    )
    seed: int = option(
        DEFAULT_GLOBAL_SEED, "Of the sampling (not of deals).", least=0, most=MOST_SEED
    )
    device: str = device_option("auto")
    ray: str | None = ray_option(None)
    force: bool = option(False, "Make the data anew, whatever is there.")
    dry_run: bool = option(False, "Show what would be done; write nothing.")
    as_json: bool = option(False, "With --dry-run: print JSON instead of a table.", "--json")
    wandb: bool = wandb_option(False)


@command()
def tokenize_data(args: TokenizeDataArgs, room: RoomOptions) -> None:
    """Turn solved deals into memory-mapped training data, split by seed.

    A second start goes on where the first ended and adds deals that have come since; the arrays
    depend on deals and options alone. --from-seeds solves instead of reading shards and gives the
    same arrays; --device says where.
    """
    from forge.ml.tokenize import Settings, make_plan
    from forge.ml.tokenized.sources import shard_sources, take_in_turn
    from forge.ops import resolve_device

    here = args.ray is None
    resolve_device(args.device if here else "cpu")  # whether it is there, in a dry run too
    if args.from_seeds is None:
        for name, value in (
            ("--per-seed", args.per_seed),
            ("--declarations", args.declarations),
            ("--opp-seeds", args.opp_seeds),
            ("--max-memory", room.max_memory),
        ):
            if value is not None:
                raise ForgeError(f"{name} needs --from-seeds A:B")
        folder = args.input_dir or DEFAULT_INPUT
        sources: Sequence[Source] = shard_sources(folder)
        settings = Settings("shards", args.seed, args.max_samples_per_shard)
        description = f"shards {folder}"
    else:
        if args.input_dir is not None:
            raise ForgeError("give one of --input and --from-seeds")
        n_samples = args.max_samples_per_shard if args.per_seed is None else args.per_seed
        settings = Settings("seeds", args.seed, n_samples)
        sources = _seed_sources(
            args.from_seeds,
            args.declarations or "seed",
            args.opp_seeds,
            args.device if here else "cpu",
        )
        description = f"seeds {args.from_seeds} declarations {args.declarations or 'seed'}"
        if args.opp_seeds is not None:
            description += f" opp-seeds {args.opp_seeds}"
    if args.max_files is not None:
        sources = take_in_turn(sources, args.max_files)
    nothing = f"no shards in {args.input_dir or DEFAULT_INPUT}: make some with "
    nothing += "`forge generate-continuous`, or do without by --from-seeds A:B"
    if args.as_json and not args.dry_run:
        raise ForgeError("--json is for --dry-run: a run writes manifest.yaml")
    if args.dry_run:
        if not sources:
            console(stderr=args.as_json).print(
                nothing, markup=False, highlight=False, soft_wrap=True
            )
        there = fetched(args.output_dir)
        show_plan(make_plan(sources, there, settings, args.force), settings, args.as_json)
        return
    if not sources:
        raise ForgeError(nothing)
    run_tokenizer(sources, settings, description, args, room.room())


def _seed_sources(
    seeds: str, declarations: Literal["seed", "all"], opp_seeds: int | None, device: str
) -> Sequence[Source]:
    from forge.ml.tokenized.sources import seed_sources
    from forge.ops import resolve_device

    return seed_sources(parse_seed_range(seeds), declarations, opp_seeds, resolve_device(device))


def run_tokenizer(
    sources: Sequence[Source],
    settings: Settings,
    description: str,
    args: TokenizeDataArgs,
    room: Room,
) -> None:
    """Tokenise with progress and tracking; ends with 128 + the signal's number if stopped, with 1
    where deals were left out or the disk is full."""
    from forge.cli.show.tokenizing import TokenizeProgress
    from forge.ml.tokenize import tokenize
    from forge.ml.tokenized.manifest import MANIFEST
    from forge.ml.tokenized.sources import solved_on
    from forge.work.tracking import open_tracker

    screen, output = console(), args.output_dir
    config = {"output": str(output), "source": description, **vars(settings)}
    # Shards are read by cores.
    device = args.device if settings.source == "seeds" or args.ray is None else "cpu"
    with where_to_work(args.ray, device, None, screen) as place:
        if place.pool is not None:
            sources = solved_on(sources, place.device)
        tracker = open_tracker(args.wandb, job_type="tokenize", group=None, config=config)
        with (
            tracker,
            TokenizeProgress(screen, tracker) as progress,
            staged(output, MANIFEST) as folder,
        ):
            report = tokenize(
                sources,
                folder,
                settings,
                description,
                force=args.force,
                listener=progress,
                pool=place.pool,
                room=room,
            )
    screen.print(progress.summary(output, report), markup=False, highlight=False, soft_wrap=True)
    place.end(screen, report.stopped_by)
    end_if_full(report)
    tell_left_out(report.left_out, "deal")


def show_plan(plan: TokenizePlan, settings: Settings, as_json: bool) -> None:
    """Print for each split what is there and what would be done."""
    rows: dict[str, dict[str, int | None]] = {}
    for split, about in plan.splits.items():
        sizes = [source.n_states for source in about.sources]
        known = [size for size in sizes if size is not None]
        n_samples = sum(min(settings.samples_per_shard, size) for size in known)
        n_samples += settings.samples_per_shard * (len(sizes) - len(known))
        rows[split] = {
            "deals": len(sizes),
            "states": sum(known) if len(known) == len(sizes) else None,
            "samples at most": n_samples,
            "there": len(sizes) - about.n_new,
            "to do": about.n_new,
        }
    if plan.folder.is_publishing:
        line = "finished splits of an interrupted run would be moved into place first"
    elif plan.is_finished:
        line = "nothing to do"
    elif plan.folder.started is not None:
        line = "would go on where an interrupted run ended"
    else:
        line = "would replace what is there" if plan.folder.replaces else "would be written"
    if as_json:
        report = {split: {_key(name): n for name, n in row.items()} for split, row in rows.items()}
        print(json.dumps({"output": str(plan.folder.path), "next": line, "splits": report}))
        return
    screen = console()
    screen.print(_plan_table(rows))
    screen.print(f"{plan.folder.path}: {line}", markup=False, highlight=False, soft_wrap=True)


def _key(name: str) -> str:
    return name.replace(" ", "_")


def _plan_table(rows: dict[str, dict[str, int | None]]) -> Table:
    table = Table("split", *next(iter(rows.values()), {}))
    for column in table.columns[1:]:
        column.justify = "right"
    for split, row in rows.items():
        table.add_row(split, *("?" if n is None else f"{n:,}" for n in row.values()))
    return table


main = tokenize_data.main


if __name__ == "__main__":
    main()
