"""Options that several commands take, each written once."""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any, Final

from forge.bidding.plan import SETTLED_BY
from forge.cli import values
from forge.options import MOST_DEALS, MOST_PROCESSES, MOST_SEED, option
from forge.work.paths import folder_or_nowhere
from forge.work.tracking import wandb_or_not

EXAMPLE_HAND: Final = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
DEVICE_HELP: Final = "auto (CUDA if there, else CPU), cuda, cuda:N or cpu."


def device_option(default: str = "auto") -> Any:
    """Where tensors are."""
    return option(default, DEVICE_HELP, reads=values.device)


def wandb_option(default: bool = False) -> Any:
    """Whether a run is logged."""
    return option(default, "Log the run to Weights & Biases.", "--wandb", reads=wandb_or_not)


def wandb_group_option(default: str | None = None) -> Any:
    """The group of a logged run."""
    return option(default, "W&B group; implies --wandb.", reads=wandb_or_not)


def decl_option(default: str | None = None) -> Any:
    """Declarations of shards."""
    return option(
        default,
        "Declaration: name, id 0..9, a comma list, or all. Default: seed % 10.",
        metavar="NAME|ID|all",
        reads=values.declarations,
    )


def out_option(default: Any = MISSING) -> Any:
    """Where shards go."""
    return option(
        default,
        "Directory for train/, val/, test/, s3:// and gs:// too; /dev/null writes nothing.",
        metavar="DIR|URI",
        stores=True,
        reads=folder_or_nowhere,
    )


def log_memory_option(default: bool = False) -> Any:
    """Memory in the lines of shards."""
    return option(default, "Add peak memory to each shard's line.")


def overwrite_option(default: bool = False) -> Any:
    """Whether shards are made again."""
    return option(default, "Make shards again that are already there.")


def hand_option(default: Any = MISSING) -> Any:
    """The hand to bid on."""
    return option(
        default, "The declarer's seven dominoes.", metavar='"6-4,5-5,..."', reads=values.hand
    )


def trumps_option(default: str = "all") -> Any:
    """Trumps to look at."""
    return option(
        default,
        "Comma list of declarations, names or ids; all: the usual nine.",
        metavar="NAMES|all",
        reads=values.trumps,
    )


def samples_option(default: int) -> Any:
    """Deals of a simulation."""
    return option(default, "Deals around the hand.", least=1, most=MOST_DEALS)


def max_samples_option() -> Any:
    """How far a simulation grows by itself; see `forge.cli.bidding_options.settling`."""
    return option(
        None,
        "Add deals until the advice is settled, or there are so many. "
        f"[default: {SETTLED_BY} with perfect play, none are added to a number given by --samples]",
        metavar="N",
        least=1,
        most=MOST_DEALS,
    )


def seed_option(default: int = 0) -> Any:
    """Of a simulation."""
    return option(default, "Of the deals and of all chance.", least=0, most=MOST_SEED)


def player_option(default: str = "oracle") -> Any:
    """Who plays a simulation."""
    return option(
        default,
        "Who plays all four seats: oracle (perfect play, all hands open), model:PATH, "
        "eq:n=N, make:n=N and so on, as in `forge arena`.",
        metavar="PLAYER",
        reads=values.player,
    )


def workers_option(default: int | None = None) -> Any:
    """Processes of a simulation."""
    return option(
        default, "Processes for players. Default: one a core.", least=1, most=MOST_PROCESSES
    )


def ray_option(default: str | None = None, each: str = "piece of work") -> Any:
    """Who works: a cluster, with a core or a GPU for each of what the work consists of."""
    return option(
        default,
        "Work on a Ray cluster: local starts one on this machine, auto is the one it is part of, "
        f"else HOST:PORT of the head node. A core or a GPU for each {each}.",
        metavar="ADDRESS|local",
        reads=values.ray_address,
    )
