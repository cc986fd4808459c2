"""`forge tokenize`: training data from shards, or straight from seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.table import Table

from forge.cli.common import (
    DeviceOption,
    WandbOption,
    at_least_one,
    command,
    console,
    non_negative,
    parse_seed_range,
    run,
)
from forge.cli.show.tokenizing import TokenizeProgress
from forge.errors import ForgeError
from forge.ml.rows import DEFAULT_GLOBAL_SEED, DEFAULT_SAMPLES_PER_SHARD
from forge.ml.tokenize import Plan, Settings, make_plan, tokenize
from forge.ml.tokenized.sources import Source, seed_sources, shard_sources, take_in_turn
from forge.work.tracking import open_tracker

DEFAULT_INPUT: Final = Path("data/shards-standard")

app = command()


@app.command()
def tokenize_data(
    input_dir: Annotated[
        Path | None,
        typer.Option(
            "--input",
            "--input-dir",
            help=f"Folder with shards. Default: {DEFAULT_INPUT}.",
            metavar="DIR",
        ),
    ] = None,
    output_dir: Annotated[
        Path,
        typer.Option(
            "--output",
            "--output-dir",
            help="Folder for train/, val/, test/ and manifest.yaml.",
            metavar="DIR",
        ),
    ] = Path("data/tokenized"),
    max_samples_per_shard: Annotated[
        int,
        typer.Option(
            "--max-samples-per-shard",
            help="States drawn of each deal (of a shard, or of a seed and declaration).",
        ),
    ] = DEFAULT_SAMPLES_PER_SHARD,
    max_files: Annotated[
        int | None,
        typer.Option(
            "--max-files",
            help="Take this many deals at most, from the splits in turn, lowest seeds first.",
        ),
    ] = None,
    from_seeds: Annotated[
        str | None,
        typer.Option(
            "--from-seeds", help="Solve the deals of these seeds; no shards.", metavar="A:B"
        ),
    ] = None,
    per_seed: Annotated[
        int | None,
        typer.Option("--per-seed", help="The same as --max-samples-per-shard, for --from-seeds."),
    ] = None,
    declarations: Annotated[
        Literal["seed", "all"] | None,
        typer.Option(
            "--declarations",
            help="With --from-seeds: seed % 10, or all ten of each seed. [default: seed]",
        ),
    ] = None,
    opp_seeds: Annotated[
        int | None,
        typer.Option(
            "--opp-seeds",
            help="With --from-seeds: this many marginalized deals of each seed instead of its own.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Of the sampling (not of deals).")
    ] = DEFAULT_GLOBAL_SEED,
    device: DeviceOption = "auto",
    force: Annotated[
        bool, typer.Option("--force", help="Make the data anew, whatever is there.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")
    ] = False,
    wandb: WandbOption = False,
) -> None:
    """Turn solved deals into memory-mapped training data, split by seed.

    A second start goes on where the first ended and adds deals that have come since; the arrays
    depend on deals and options alone. --from-seeds solves instead of reading shards and gives the
    same arrays; --device says where.
    """
    non_negative("--seed", seed)
    at_least_one("--max-samples-per-shard", max_samples_per_shard)
    if max_files is not None:
        at_least_one("--max-files", max_files)
    if from_seeds is None:
        for name, value in (
            ("--per-seed", per_seed),
            ("--declarations", declarations),
            ("--opp-seeds", opp_seeds),
        ):
            if value is not None:
                raise ForgeError(f"{name} needs --from-seeds A:B")
        folder = input_dir or DEFAULT_INPUT
        sources: Sequence[Source] = shard_sources(folder)
        settings = Settings("shards", seed, max_samples_per_shard)
        description = f"shards {folder}"
    else:
        if input_dir is not None:
            raise ForgeError("give one of --input and --from-seeds")
        n_samples = max_samples_per_shard if per_seed is None else per_seed
        settings = Settings("seeds", seed, at_least_one("--per-seed", n_samples))
        sources = _seed_sources(from_seeds, declarations or "seed", opp_seeds, device)
        description = f"seeds {from_seeds} declarations {declarations or 'seed'}"
        if opp_seeds is not None:
            description += f" opp-seeds {opp_seeds}"
    if max_files is not None:
        sources = take_in_turn(sources, max_files)
    nothing = f"no shards in {input_dir or DEFAULT_INPUT}: make some with "
    nothing += "`forge generate-continuous`, or do without by --from-seeds A:B"
    if dry_run:
        if not sources:
            console().print(nothing, markup=False, highlight=False, soft_wrap=True)
        show_plan(make_plan(sources, output_dir, settings, force), settings)
        return
    if not sources:
        raise ForgeError(nothing)
    run_tokenizer(sources, output_dir, settings, description, force, wandb)


def _seed_sources(
    seeds: str, declarations: Literal["seed", "all"], opp_seeds: int | None, device: str
) -> Sequence[Source]:
    from forge.ops import resolve_device

    if opp_seeds is not None:
        at_least_one("--opp-seeds", opp_seeds)
    return seed_sources(parse_seed_range(seeds), declarations, opp_seeds, resolve_device(device))


def run_tokenizer(
    sources: Sequence[Source],
    output: Path,
    settings: Settings,
    description: str,
    force: bool,
    wandb: bool,
) -> None:
    """Tokenise with progress and tracking; ends with 128 + the signal's number if stopped."""
    screen = console()
    config = {"output": str(output), "source": description, **vars(settings)}
    tracker = open_tracker(wandb, job_type="tokenize", group=None, config=config)
    with tracker, TokenizeProgress(screen, tracker) as progress:
        report = tokenize(sources, output, settings, description, force=force, listener=progress)
    screen.print(progress.summary(output, report), markup=False, highlight=False, soft_wrap=True)
    if report.stopped_by is not None:
        raise typer.Exit(128 + report.stopped_by)


def show_plan(plan: Plan, settings: Settings) -> None:
    """Print for each split what is there and what would be done."""
    screen = console()
    table = Table("split", "deals", "states", "samples at most", "there", "to do")
    for column in table.columns[1:]:
        column.justify = "right"
    for split, about in plan.splits.items():
        sizes = [source.n_states for source in about.sources]
        known = [size for size in sizes if size is not None]
        n_samples = sum(min(settings.samples_per_shard, size) for size in known)
        n_samples += settings.samples_per_shard * (len(sizes) - len(known))
        table.add_row(
            split,
            f"{len(sizes):,}",
            f"{sum(known):,}" if len(known) == len(sizes) else "?",
            f"{n_samples:,}",
            f"{len(sizes) - about.n_new:,}",
            f"{about.n_new:,}",
        )
    screen.print(table)
    if plan.folder.is_publishing:
        line = "finished splits of an interrupted run would be moved into place first"
    elif plan.is_finished:
        line = "nothing to do"
    elif plan.folder.started is not None:
        line = "would go on where an interrupted run ended"
    else:
        line = "would replace what is there" if plan.folder.replaces else "would be written"
    screen.print(f"{plan.folder.path}: {line}", markup=False, highlight=False, soft_wrap=True)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
