"""Work for tests of pools: slow, failing and deadly pieces."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from forge.errors import ForgeError
from forge.work.claims import put_in_place
from forge.work.pieces import Claims, FileWork


@dataclass
class SlowFiles(FileWork[int, tuple[int, ...]]):
    """Piece n is the file `seed_n` that says so.

    Args:
        root: of the files.
        seconds: that a piece takes.
        failing: pieces that raise.
        deadly: pieces that end their process.
        together: pieces at one go.
    """

    root: Path
    seconds: float = 0.0
    failing: tuple[int, ...] = ()
    deadly: tuple[int, ...] = ()
    together: int = 1

    def path(self, piece: int) -> Path:
        """Of a piece."""
        return self.root / f"seed_{piece}"

    def make(self, claims: Claims[int]) -> tuple[int, ...]:
        """Make some."""
        for piece, claim in claims.items():
            assert claim is not None
            with self.root.joinpath("tried").open("a") as file:
                file.write(f"{piece}\n")
            time.sleep(self.seconds)
            if piece in self.failing:
                raise ForgeError(f"piece {piece} cannot be")
            if piece in self.deadly:
                os._exit(1)
            put_in_place(claim, f"piece {piece}\n".encode() * 1000)
        return tuple(claims)


@dataclass
class SlowRows:
    """The row of piece n is its square."""

    seconds: float = 0.0
    failing: tuple[int, ...] = ()
    needs_all: bool = False

    def name(self, piece: int) -> str:
        """In messages."""
        return f"row {piece}"

    def __call__(self, piece: int) -> int:
        """Make it."""
        time.sleep(self.seconds)
        if piece in self.failing:
            raise RuntimeError("it fails")
        return piece**2
