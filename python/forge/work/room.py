"""Room for work: memory that a process may take, and space on the disk that it writes to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forge.work.store_path import StorePath
from forge.work.wording import counted

# Of what is free, so much is left to others where nobody says how much may be taken.
_SHARE: Final = 0.8
MIN_DISK: Final = "--min-disk"  # the options, in messages
MAX_MEMORY: Final = "--max-memory"
DEFAULT_MIN_DISK_MB: Final = 1000
_LONG: Final = 20  # files of a run from which on what it takes is told in any case
_UNLIMITED: Final = 1 << 60  # what old control groups say instead of nothing


@dataclass(frozen=True)
class Room:
    """What work may take.

    Args:
        max_memory: bytes of memory beside what the process has when it starts; None: four fifths
            of what is free, asked whenever it matters.
        min_disk: bytes of the disk that have to stay free.
    """

    max_memory: int | None = None
    min_disk: int = DEFAULT_MIN_DISK_MB * 10**6

    def memory(self, held_bytes: int = 0) -> int:
        """Bytes that may be taken in all by who holds some already."""
        if self.max_memory is not None:
            return self.max_memory
        return int(_SHARE * (free_memory() + held_bytes))

    def disk_line(self, folder: Path, what: str, each_bytes: float, n: int | None) -> str | None:
        """What is free and what a run will take, in a line; None for a short run with room enough.

        Args:
            folder: where it writes.
            what: it makes, of one: `shard`.
            each_bytes: of such a file, on average.
            n: files that it makes; None: it goes on until stopped.
        """
        free = free_disk(folder)
        n_fit = max(0, int((free - self.min_disk) / each_bytes))
        if n is None or n > n_fit:
            many = "" if n is None else f", {counted(n, what)} take about {in_mb(n * each_bytes)}"
            return (
                f"disk: {in_mb(free)} are free{many}: room for about {counted(n_fit, what)} until "
                f"the run ends with {in_mb(self.min_disk)} left ({MIN_DISK})"
            )
        if n < _LONG:
            return None
        return (
            f"disk: {in_mb(free)} are free, {counted(n, what)} take about {in_mb(n * each_bytes)}"
        )

    def disk_shortage(self, folder: Path) -> str | None:
        """What is wrong where too little of the disk of a folder is free, which may not be there
        yet; None where nothing is."""
        free = free_disk(folder)
        if free >= self.min_disk:
            return None
        return (
            f"{in_mb(free)} of the disk are free, {in_mb(self.min_disk)} have to stay "
            f"({MIN_DISK}): {folder}"
        )


ANY_ROOM: Final = Room()  # where nobody says anything


def free_disk(folder: Path) -> int:
    """Bytes free on the disk of a folder, or of the first one above it that is there."""
    # What goes to an object store lies here first.
    there = Path(tempfile.gettempdir()) if isinstance(folder, StorePath) else folder.absolute()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def free_memory(root: Path = Path("/")) -> int:
    """Bytes that this process can get: of the machine, and of the control groups it is in.

    Args:
        root: of the file system that is asked.
    """
    found = [_available(root), *_left_in_groups(root)]
    return max(0, min(found))


def in_mb(n_bytes: float) -> str:
    """`1,350 MB`."""
    return f"{n_bytes / 1e6:,.0f} MB"


def _available(root: Path) -> int:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except OSError:  # another system: nothing is known
        return _UNLIMITED
    fields = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    return int(fields["MemAvailable"][0]) * 1024


def _left_in_groups(root: Path) -> Iterator[int]:
    """Of each control group that this process is in, what it may still take."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, inside = line.split(":", 2)
        if kinds == "":
            top, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in kinds.split(","):
            top = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        # In a container the path is that of the host, and its own group stands at the top.
        parts = Path(inside.lstrip("/")).parts
        for n in range(len(parts), -1, -1):
            left = _left(top.joinpath(*parts[:n]), *names)
            if left is not None:
                yield left


def _left(group: Path, limit_name: str, usage_name: str, reclaimable: str) -> int | None:
    try:
        limit_text = (group / limit_name).read_text().strip()
        usage = int((group / usage_name).read_text())
        stat = (group / "memory.stat").read_text().split()
    except (OSError, ValueError):
        return None
    if limit_text == "max" or int(limit_text) >= _UNLIMITED:
        return None
    pairs = dict(zip(stat[::2], stat[1::2], strict=False))
    return int(limit_text) - usage + int(pairs.get(reclaimable, 0))
