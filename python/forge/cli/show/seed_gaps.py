"""What `--dry-run` shows of a folder that holds one file a seed."""

from __future__ import annotations

import re
from itertools import count, islice
from pathlib import Path
from typing import Final

from forge.cli.values import console
from forge.work.seed_files import SPLITS, split_of
from forge.work.wording import counted

SHOWN_GAPS: Final = 20


def show_gaps(root: Path, suffix: str, what: str, start_seed: int, limit: int | None) -> None:
    """Print what is there, how many are missing below the last one, and what comes next.

    Args:
        root: of train/, val/, test/.
        suffix: of the files.
        what: one of them is.
        start_seed: gaps before it do not count.
        limit: of the seeds to come; None: without end.
    """
    from forge.work.seed_files import missing_seeds, seed_path

    screen = console()
    present = {split: _present(root / split, suffix) for split in SPLITS}
    n_present = sum(map(len, present.values()))
    counts = ", ".join(f"{split} {len(seeds)}" for split, seeds in present.items())
    screen.print(f"{root}: {counted(n_present, what)} ({counts})", highlight=False, soft_wrap=True)
    last_seed = max((seed for seeds in present.values() for seed in seeds), default=-1)
    there = {s for split, seeds in present.items() for s in seeds if split_of(s) == split}
    n_there = sum(start_seed <= seed for seed in there)
    n_gaps = max(last_seed + 1 - start_seed, 0) - n_there
    screen.print(
        f"{n_gaps} missing up to seed {last_seed}" if n_present else "nothing there yet",
        highlight=False,
    )
    n_shown = SHOWN_GAPS if limit is None else min(limit, SHOWN_GAPS)
    screen.print("next:")
    for seed in islice(missing_seeds(root, count(start_seed), suffix), n_shown):
        path = seed_path(root, seed, suffix).relative_to(root)
        screen.print(f"  {path}", highlight=False, soft_wrap=True)
    if limit is None:
        screen.print("  ... and on until stopped")
    elif limit > n_shown:
        screen.print(f"  ... {limit} in all", highlight=False)


def _present(directory: Path, suffix: str) -> list[int]:
    if not directory.is_dir():
        return []
    name = re.compile(rf"seed_(\d{{8,}}){re.escape(suffix)}")
    matches = (name.fullmatch(path.name) for path in directory.iterdir())
    return [int(match[1]) for match in matches if match]
