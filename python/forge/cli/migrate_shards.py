"""`forge migrate-shards`: a flat folder of shards into folders by kind and split."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from forge.cli import values
from forge.cli.command import command
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import option
from forge.oracle.shards.naming import ShardKey
from forge.work.wording import counted

SHOWN_MOVES = 10


@dataclass(frozen=True)
class MigrateShardsArgs:
    """What may be said to `forge migrate-shards`."""

    source: Path = option(
        Path("data/shards"),
        "Folder with shards in no order; its neighbours shards-standard and shards-marginalized "
        "get them.",
        metavar="DIR",
        reads=values.existing,
    )
    dry_run: bool = option(False, "Show what would be moved; move nothing.")


@command()
def migrate_shards(args: MigrateShardsArgs) -> None:
    """Sort the shards of a flat folder into shards-{standard,marginalized}/{train,val,test}.

    Files are renamed, which leaves them whole whenever it is stopped; the same line goes on. A
    shard that is there already is never replaced: nothing at all is moved then.
    """
    moves = planned_moves(args.source)
    screen = console()
    counts = Counter(target.parent for _, target in moves)
    for folder, n in sorted(counts.items()):
        screen.print(f"{folder}: {counted(n, 'shard')}", markup=False, highlight=False)
    if args.dry_run:
        for source, target in moves[:SHOWN_MOVES]:
            screen.print(f"  {source} -> {target}", markup=False, highlight=False, soft_wrap=True)
        if len(moves) > SHOWN_MOVES:
            screen.print(f"  ... {len(moves)} in all", highlight=False)
        return
    for source, target in moves:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    screen.print(f"{counted(len(moves), 'shard')} moved", highlight=False)


def planned_moves(source: Path) -> list[tuple[Path, Path]]:
    """From where to where, by name.

    Raises:
        ForgeError: where there is no shard, a file is not named like one, or a target is there.
    """
    if not source.is_dir():
        raise ForgeError(f"--source must be a folder with shards, got {source}")
    moves = []
    for path in sorted(source.iterdir()):
        if path.is_dir() or path.name.startswith("."):
            continue
        key = ShardKey.parse(path.name)
        if key is None:
            raise ForgeError(
                f"{path} is not named like a shard, seed_NNNNNNNN[_oppK]_decl_D.parquet: "
                "move it elsewhere first"
            )
        kind = "standard" if key.opp_seed is None else "marginalized"
        target = source.resolve().parent / f"shards-{kind}" / key.split / path.name
        if target.exists():
            raise ForgeError(f"{target} is there already: nothing was moved")
        moves.append((path, target))
    if not moves:
        raise ForgeError(f"there are no shards in {source}")
    return moves


main = migrate_shards.main


if __name__ == "__main__":
    main()
