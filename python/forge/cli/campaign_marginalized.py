"""`forge campaign-marginalized`: several deals of the other seats for each hand of a seed range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forge.cli import values
from forge.cli.command import command, end_if_stopped
from forge.cli.room_options import RoomOptions, tell_disk, tell_left_out
from forge.cli.shared_options import device_option, out_option, wandb_group_option
from forge.cli.values import console, parse_out_dir, parse_seed_range
from forge.options import MOST_LISTED, MOST_PROCESSES, option
from forge.oracle.shards.naming import ShardKey

JOB_TYPE: Final = "oracle-campaign-marginalized"


@dataclass(frozen=True)
class CampaignMarginalizedArgs:
    """What may be said to `forge campaign-marginalized`."""

    base_seed_range: str = option(
        help="Hands of seat 0: those of seeds A to B - 1.", metavar="A:B", reads=values.seed_range
    )
    n_opp_seeds: int = option(
        3, "Deals of the other seats for each hand.", least=1, most=MOST_LISTED
    )
    batch_size: int = option(
        1, "Shards at a time, a process each.", metavar="N", least=1, most=MOST_PROCESSES
    )
    out: str = out_option("data/shards-marginalized")
    device: str = device_option("auto")
    wandb_group: str | None = wandb_group_option(None)


@command()
def campaign_marginalized(args: CampaignMarginalizedArgs, room: RoomOptions) -> None:
    """Solve each hand of a seed range with several deals of the other seats, decl = seed % 10.

    What is there stays, so the same line goes on where it was stopped. A shard that fails is named
    and left out while the rest goes on; the exit code is 1 then.
    """
    from forge.ops import resolve_device
    from forge.oracle.shards.one_by_one import MakeShard, OneShard
    from forge.oracle.shards.pipeline import BYTES_A_SHARD, PipelineOptions
    from forge.work.pieces import rows_in_order
    from forge.work.pools import ThisMachine
    from forge.work.seed_files import prepare_splits
    from forge.work.tracking import open_tracker

    out_dir = parse_out_dir(args.out)
    options = PipelineOptions(out_dir, device=str(resolve_device(args.device)), room=room.room())
    keys = [
        ShardKey(seed, seed % 10, opp_seed)
        for seed in parse_seed_range(args.base_seed_range)
        for opp_seed in range(args.n_opp_seeds)
    ]
    if out_dir is not None:
        prepare_splits(out_dir)
    screen = console()
    tell_disk(screen, options.room, out_dir, "shard", BYTES_A_SHARD, len(keys))
    failed: list[OneShard] = []
    config = {"base_seed_range": args.base_seed_range, "n_opp_seeds": args.n_opp_seeds}
    wandb = args.wandb_group is not None
    with open_tracker(wandb, job_type=JOB_TYPE, group=args.wandb_group, config=config) as tracker:

        def told(shard: OneShard) -> None:
            if shard.reason is not None:
                failed.append(shard)
            screen.print(shard.line, markup=False, highlight=False, soft_wrap=True)
            if shard.figures:
                tracker.log(shard.figures)

        pool = ThisMachine(args.batch_size)
        run = rows_in_order(MakeShard(options), keys, pool, "shard", told=told)
    end_if_stopped(run.stopped_by)
    tell_left_out([f"{each.name}: {each.reason}" for each in failed])


main = campaign_marginalized.main


if __name__ == "__main__":
    main()
