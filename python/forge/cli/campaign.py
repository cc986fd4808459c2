"""`forge campaign`: shards of a seed range, each seed under random declarations."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Annotated

import typer

from forge.cli.common import (
    DeviceOption,
    LogMemoryOption,
    OutOption,
    OverwriteOption,
    WandbGroupOption,
    WandbOption,
    command,
    parse_out_dir,
    parse_seed_range,
    run,
)
from forge.cli.generating import generate_shards
from forge.errors import ForgeError
from forge.oracle.shards.naming import ShardFormat, ShardKey
from forge.oracle.shards.pipeline import PipelineOptions

app = command()


@app.command()
def campaign(
    seed_range: Annotated[
        str, typer.Option("--seed-range", help="Deals A to B - 1.", metavar="A:B")
    ],
    decls_per_seed: Annotated[
        int, typer.Option("--decls-per-seed", help="Different declarations for each seed, 1..10.")
    ] = 1,
    draw_seed: Annotated[
        int, typer.Option("--draw-seed", help="Another number draws other declarations.")
    ] = 0,
    out: OutOption = "data/shards",
    format: Annotated[ShardFormat, typer.Option("--format", help="File format.")] = "parquet",
    device: DeviceOption = "auto",
    overwrite: OverwriteOption = False,
    log_memory: LogMemoryOption = False,
    wandb: WandbOption = False,
    wandb_group: WandbGroupOption = None,
) -> None:
    """Solve each seed of a range under random declarations and write the shards.

    The declarations of a seed depend on the seed and --draw-seed alone, so a campaign can be run
    again, widened, or shared by several workers on one directory.
    """
    seeds = parse_seed_range(seed_range)
    if not 1 <= decls_per_seed <= 10:
        raise ForgeError(f"--decls-per-seed must be 1..10, got {decls_per_seed}")
    keys = [
        ShardKey(seed, decl)
        for seed in seeds
        for decl in drawn_declarations(seed, decls_per_seed, draw_seed)
    ]
    generate_shards(
        keys,
        PipelineOptions(parse_out_dir(out), format, device, overwrite),
        job_type="oracle-campaign",
        wandb=wandb,
        wandb_group=wandb_group,
        log_memory=log_memory,
    )


def drawn_declarations(seed: int, count: int, draw_seed: int = 0) -> list[int]:
    """`count` different declarations for a seed. More of them begin with the same ones."""
    order = list(range(10))
    random.Random(f"forge-campaign:{draw_seed}:{seed}").shuffle(order)
    return order[:count]


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
