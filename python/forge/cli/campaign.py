"""`forge campaign`: shards of a seed range, each seed under random declarations."""

from __future__ import annotations

import random
from dataclasses import dataclass

from forge.cli import values
from forge.cli.command import command
from forge.cli.generating import generate_shards
from forge.cli.room_options import RoomOptions
from forge.cli.shared_options import (
    device_option,
    log_memory_option,
    out_option,
    overwrite_option,
    ray_option,
    wandb_group_option,
    wandb_option,
)
from forge.cli.values import parse_out_dir, parse_seed_range
from forge.game.constants import N_DECLARATIONS
from forge.options import INT64_MAX, INT64_MIN, option
from forge.oracle.shards.naming import ShardFormat, ShardKey


@dataclass(frozen=True)
class CampaignArgs:
    """What may be said to `forge campaign`."""

    seed_range: str = option(help="Deals A to B - 1.", metavar="A:B", reads=values.seed_range)
    decls_per_seed: int = option(
        1, "Different declarations for each seed, 1..10.", least=1, most=10
    )
    draw_seed: int = option(
        0, "Another number draws other declarations.", least=INT64_MIN, most=INT64_MAX
    )
    out: str = out_option("data/shards")
    format: ShardFormat = option("parquet", "File format.")
    device: str = device_option("auto")
    overwrite: bool = overwrite_option(False)
    log_memory: bool = log_memory_option(False)
    ray: str | None = ray_option(None)
    wandb: bool = wandb_option(False)
    wandb_group: str | None = wandb_group_option(None)


@command()
def campaign(args: CampaignArgs, room: RoomOptions) -> None:
    """Solve each seed of a range under random declarations and write the shards.

    The declarations of a seed depend on the seed and --draw-seed alone, so a campaign can be run
    again, widened, or shared by several workers on one directory.
    """
    from forge.oracle.shards.pipeline import PipelineOptions

    seeds = parse_seed_range(args.seed_range)
    keys = [
        ShardKey(seed, decl)
        for seed in seeds
        for decl in drawn_declarations(seed, args.decls_per_seed, args.draw_seed)
    ]
    generate_shards(
        keys,
        PipelineOptions(
            parse_out_dir(args.out), args.format, args.device, args.overwrite, room=room.room()
        ),
        job_type="oracle-campaign",
        wandb=args.wandb,
        wandb_group=args.wandb_group,
        log_memory=args.log_memory,
        ray=args.ray,
    )


def drawn_declarations(seed: int, count: int, draw_seed: int = 0) -> list[int]:
    """`count` different declarations for a seed. More of them begin with the same ones."""
    order = list(range(N_DECLARATIONS))
    random.Random(f"forge-campaign:{draw_seed}:{seed}").shuffle(order)
    return order[:count]


main = campaign.main


if __name__ == "__main__":
    main()
