"""What generate, campaign and generate_continuous have in common: run the pipeline, show it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from forge.cli.on_ray import EXIT_LEFT_OUT, where_to_work
from forge.cli.values import console
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.oracle.shards.naming import ShardKey
    from forge.oracle.shards.pipeline import PipelineOptions
    from forge.oracle.shards.writers import Solved
    from forge.work.pieces import WorkReport


def missing_keys(keys: Iterable[ShardKey], options: PipelineOptions) -> Iterator[ShardKey]:
    """The keys whose shard is not there yet, lazily; all of them when overwriting."""
    out_dir = options.out_dir
    if out_dir is None or options.overwrite:
        yield from keys
        return
    for key in keys:
        if not key.path(out_dir, options.format).exists():
            yield key


def generate_shards(
    keys: Iterable[ShardKey],
    options: PipelineOptions,
    *,
    job_type: str,
    endless: bool = False,
    wandb: bool = False,
    wandb_group: str | None = None,
    log_memory: bool = False,
    on_solved: Callable[[Solved], None] | None = None,
    ray: str | None = None,
) -> None:
    """Make the missing shards of `keys` with progress, timing and tracking.

    An `endless` list is worked through lazily, up to `options.limit`. Ends the command with 128 +
    the signal's number where Ctrl+C or SIGTERM stopped it, with 1 where a cluster (`ray`) left
    shards out, the memory is too small for some, or the disk is full.
    """
    from dataclasses import replace

    from forge.cli.show.shard_progress import ProgressListener
    from forge.oracle.shards.pipeline import run_pipeline
    from forge.work.tracking import open_tracker

    total, n_present = options.limit, 0
    if endless:
        todo: Iterable[ShardKey] = missing_keys(keys, options)
    else:
        wanted = list(keys)
        todo = list(missing_keys(wanted, options))
        total, n_present = len(todo), len(wanted) - len(todo)
    config: dict[str, Any] = {
        "out_dir": str(options.out_dir),
        "format": options.format,
        "device": options.device,
        "limit": options.limit,
        "max_states": options.max_states,
    }
    screen = console()
    with where_to_work(ray, options.device, None, screen) as place:
        options = replace(options, device=place.device)
        tracker = open_tracker(wandb, job_type=job_type, group=wandb_group, config=config)
        with (
            tracker,
            ProgressListener(
                screen, tracker, total, own_only=endless, log_memory=log_memory, on_solved=on_solved
            ) as listener,
        ):
            report = run_pipeline(todo, options, listener, place.pool)
    report.n_present += n_present
    screen.print(report.summary(), markup=False, highlight=False, soft_wrap=True)
    place.end(screen, report.stopped_by)
    end_if_full(report)
    tell_left_out(report.no_room)


def end_if_full(report: WorkReport) -> None:
    """End the command with 1 where a run stopped because the disk is full."""
    if report.disk_low is not None:
        print(f"error: stopped: {report.disk_low}", file=sys.stderr)
        raise typer.Exit(EXIT_LEFT_OUT)


def tell_left_out(lines: Sequence[str]) -> None:
    """Name the shards that were not made, `NAME: REASON` each, and end the command with 1."""
    for line in lines:
        print(f"left out: {line}", file=sys.stderr)
    if lines:
        n = counted(len(lines), "shard")
        print(f"error: {n} left out: the same line tries again", file=sys.stderr)
        raise typer.Exit(EXIT_LEFT_OUT)
