"""`forge generate`: solve seeds under chosen declarations and write their shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forge.cli import values
from forge.cli.command import command
from forge.cli.generating import generate_shards, missing_keys
from forge.cli.room_options import RoomOptions
from forge.cli.shared_options import (
    decl_option,
    device_option,
    log_memory_option,
    out_option,
    overwrite_option,
    wandb_group_option,
    wandb_option,
)
from forge.cli.show.moves import moves_table, ranked_moves
from forge.cli.values import console, parse_out_dir, parse_seed_range
from forge.errors import ForgeError
from forge.options import MOST_SEED, option
from forge.oracle.shards.naming import ShardFormat, ShardKey

if TYPE_CHECKING:
    from forge.game.deal import Deal
    from forge.oracle.shards.pipeline import PipelineOptions
    from forge.oracle.shards.writers import Solved


@dataclass(frozen=True)
class GenerateArgs:
    """What may be said to `forge generate`."""

    seed: int | None = option(None, "One deal.", metavar="N", least=0, most=MOST_SEED)
    seed_range: str | None = option(
        None, "Deals A to B - 1.", metavar="A:B", reads=values.seed_range
    )
    decl: str | None = decl_option(None)
    out: str = out_option("data/shards")
    format: ShardFormat = option("parquet", "File format.")
    device: str = device_option("auto")
    overwrite: bool = overwrite_option(False)
    log_memory: bool = log_memory_option(False)
    wandb: bool = wandb_option(False)
    wandb_group: str | None = wandb_group_option(None)
    p0_hand: str | None = option(
        None,
        "Seven dominoes for seat 0; --seed deals the other seats.",
        metavar='"6-6,6-5,..."',
        reads=values.hand,
    )
    show_qvals: bool = option(False, "Print V and the Q of every first lead.")
    base_seed: int | None = option(
        None,
        "Marginalised deal: seat 0 keeps the hand of this seed (needs --opp-seed).",
        metavar="N",
        least=0,
        most=MOST_SEED,
    )
    opp_seed: int | None = option(
        None,
        "Marginalised deal: deals the other three seats.",
        metavar="K",
        least=0,
        most=MOST_SEED,
    )


@command()
def generate(args: GenerateArgs, room: RoomOptions) -> None:
    """Solve deals exactly and write one oracle shard for each seed and declaration.

    Shards that are there already are left alone. Values are in the team-0 frame.
    """
    from forge.oracle.shards.pipeline import PipelineOptions

    keys = list(
        _keys(args.seed, args.seed_range, args.decl, args.p0_hand, args.base_seed, args.opp_seed)
    )
    options = PipelineOptions(
        parse_out_dir(args.out), args.format, args.device, args.overwrite, room=room.room()
    )
    if args.show_qvals:
        _show_present(keys, options)
    generate_shards(
        keys,
        options,
        job_type="oracle-generate",
        wandb=args.wandb,
        wandb_group=args.wandb_group,
        log_memory=args.log_memory,
        on_solved=_show_solved if args.show_qvals else None,
    )


def _keys(
    seed: int | None,
    seed_range: str | None,
    decl: str | None,
    p0_hand: str | None,
    base_seed: int | None,
    opp_seed: int | None,
) -> Iterator[ShardKey]:
    """The shards that the options ask for."""
    from forge.game.declarations import parse_declarations
    from forge.game.tables import parse_hand

    if (base_seed is None) != (opp_seed is None):
        raise ForgeError("--base-seed and --opp-seed go together: a marginalised deal needs both")
    chosen = [value is not None for value in (seed, seed_range, base_seed)]
    if sum(chosen) != 1:
        raise ForgeError("give one of --seed N, --seed-range A:B, --base-seed N with --opp-seed K")
    if base_seed is not None and p0_hand is not None:
        raise ForgeError("--p0-hand goes with --seed, not with --base-seed: both fix seat 0's hand")
    if seed_range is not None:
        seeds: Sequence[int] = parse_seed_range(seed_range)
    elif seed is not None:
        seeds = [seed]
    else:
        seeds = [base_seed or 0]
    hand = None if p0_hand is None else parse_hand(p0_hand)
    decls = None if decl is None else parse_declarations(decl)
    for each in seeds:
        for decl_id in decls if decls is not None else [each % 10]:
            yield ShardKey(each, decl_id, opp_seed, hand)


def _show_solved(solved: Solved) -> None:
    table = solved.table
    _show_opening(solved.key, table.deal, table.value(), table.q())


def _show_present(keys: Sequence[ShardKey], options: PipelineOptions) -> None:
    """Show what is there already from its file: it won't be solved again."""
    from forge.game.constants import ILLEGAL, INITIAL_STATE
    from forge.oracle.shards.schema import lookup, read_metadata

    missing = set(missing_keys(keys, options))
    for key in keys:
        if options.out_dir is not None and key not in missing:
            path = key.path(options.out_dir, options.format)
            value, row = lookup(path, INITIAL_STATE)
            q = tuple(None if each == ILLEGAL else each for each in row)
            _show_opening(key, read_metadata(path).deal(), value, q)


def _show_opening(key: ShardKey, deal: Deal, value: int, q: Sequence[int | None]) -> None:
    """Print V, seat 0's hand, and every legal first lead with its Q, best first (team-0 frame)."""
    from forge.game.declarations import declaration_name
    from forge.game.tables import domino_name

    hand = " ".join(domino_name(domino) for domino in deal.hands[0])
    screen = console()
    screen.print(
        f"seed {key.seed}, {declaration_name(key.decl)}: "
        f"V = {value:+d} (team-0 frame)\nP0's hand: {hand}\nfirst lead:",
        highlight=False,
    )
    screen.print(moves_table(ranked_moves(deal.hands[0], q, 0)))


main = generate.main


if __name__ == "__main__":
    main()
