"""What generate, campaign and generate_continuous have in common: run the pipeline, show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from forge.cli.on_ray import where_to_work
from forge.cli.room_options import end_if_full, tell_disk, tell_left_out
from forge.cli.values import console

if TYPE_CHECKING:
    from forge.oracle.shards.naming import ShardKey
    from forge.oracle.shards.pipeline import PipelineOptions
    from forge.oracle.shards.writers import Solved


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
    from forge.oracle.shards.pipeline import BYTES_A_SHARD, run_pipeline
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
    tell_disk(screen, options.room, options.out_dir, "shard", BYTES_A_SHARD, total)
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
