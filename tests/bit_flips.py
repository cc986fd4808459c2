"""Damages files of every format and counts what nobody notices: `python tests/bit_flips.py`.

Each file is read as programs read it, after one bit was flipped, after its end was cut off. Unseen
is what is read without an error and is not what was written; of files of lines, a torn last line
is no damage. `--flips N` are for each format (300), `--only NAME` takes some, `--verify` asks
`forge verify` instead. Ends with 1 if anything was unseen.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from forge.errors import ForgeError
from support.written_files import FORMATS, Written, plain

# Bytes at both ends of a file, where headers and footers are: half of the flips are there.
_ENDS_BYTES = 2048


@dataclass
class Counts:
    """What came of some damage to files of a format."""

    n: int = 0
    told: int = 0
    same: int = 0
    unnamed: int = 0
    unseen: int = 0

    def __str__(self) -> str:
        return (
            f"unseen {self.unseen} of {self.n} ({self.told} told, {self.same} the same content, "
            f"{self.unnamed} without the file's name or no ForgeError)"
        )


def flipped(content: bytes, chance: random.Random) -> bytes:
    """One bit of it changed."""
    n = len(content)
    at = chance.randrange(n)
    if chance.random() < 0.5:
        near = chance.randrange(min(n, _ENDS_BYTES))
        at = near if chance.random() < 0.5 else n - 1 - near
    damaged = bytearray(content)
    damaged[at] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def cut(content: bytes, chance: random.Random) -> bytes:
    """Without its end."""
    return content[: chance.randrange(len(content))]


def damage(
    written: Written,
    n: int,
    how: Callable[[bytes, random.Random], bytes],
    read: Callable[[Path], Any] | None = None,
    seed: int = 0,
) -> Counts:
    """Damage the files of a format in turn; they are whole again afterwards."""
    chance, counts = random.Random(f"{written.name} {seed}"), Counts()
    whole = None if read else plain(written.read())
    contents = {path: path.read_bytes() for path in written.files}
    for i in range(n):
        path = written.files[i % len(written.files)]
        path.write_bytes(how(contents[path], chance))
        counts.n += 1
        try:
            found = read(path) if read else plain(written.read())
        except ForgeError as error:
            counts.told += 1
            counts.unnamed += not written.is_named(str(error), path)
        except Exception as error:  # what is no ForgeError would be a traceback for its user
            counts.told += 1
            counts.unnamed += 1
            print(f"{written.name}: {type(error).__name__}: {str(error)[:200]}")
        else:
            if read is None and (found == whole or written.is_prefix(found, whole)):
                counts.same += 1
            else:
                counts.unseen += 1
        finally:
            path.write_bytes(contents[path])
    return counts


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--verify", action="store_true")
    args = parser.parse_args()
    n_unseen = 0
    for name, write in FORMATS.items():
        if args.only and name not in args.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            written = write(Path(folder))
            read = None
            if args.verify:
                from forge.cli.file_kinds import verify_file

                read = verify_file
            found = [
                damage(written, args.flips, flipped, read),
                damage(written, args.flips // 10, cut, read),
            ]
            elapsed_s = time.perf_counter() - began
        for what, counts in zip(("flips", "cuts"), found, strict=True):
            print(f"{name:12} {what:5} {counts}", flush=True)
            n_unseen += counts.unseen
        print(f"{name:12} {elapsed_s:.1f} s", flush=True)
    return int(n_unseen > 0)


if __name__ == "__main__":
    sys.exit(main())
