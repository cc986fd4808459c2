"""What a shard is called: one (deal, declaration) pair, its file name and its split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from forge.errors import ForgeError
from forge.game.declarations import declaration_name
from forge.work.seed_files import split_of

if TYPE_CHECKING:
    from forge.game.deal import Deal

ShardFormat = Literal["parquet", "pt"]

_FILE_NAME = re.compile(
    r"seed_(?P<seed>\d{8,})(?:_opp(?P<opp>\d+)|_hand_(?P<hand>\d{14}))?"
    r"_decl_(?P<decl>\d)\.(?:parquet|pt)"
)


@dataclass(frozen=True, order=True)
class ShardKey:
    """Which deal under which declaration.

    `opp_seed` marks a marginalised deal (seat 0 keeps the hand of `seed`, the others are dealt by
    `opp_seed`). `p0_hand` (seven domino ids) marks a deal with a hand chosen for seat 0; it has a
    file name of its own, because under the standard name it would pass for the deal of the seed.
    """

    seed: int
    decl: int
    opp_seed: int | None = None
    p0_hand: tuple[int, ...] | None = None

    @property
    def split(self) -> str:
        """train, val or test."""
        return split_of(self.seed)

    def deal(self) -> Deal:
        """Deal the four hands this key stands for."""
        from forge.game.deal import Deal

        if self.p0_hand is not None:
            return Deal.with_p0_hand(self.p0_hand, self.seed)
        if self.opp_seed is not None:
            return Deal.marginalized(self.seed, self.opp_seed)
        return Deal.from_seed(self.seed)

    @property
    def title(self) -> str:
        """What people call it where there is no file: `seed 0, sixes`."""
        which = "" if self.opp_seed is None else f" with opponents {self.opp_seed}"
        if self.p0_hand is not None:
            which = " around a hand"
        return f"seed {self.seed}{which}, {declaration_name(self.decl)}"

    def file_name(self, suffix: ShardFormat = "parquet") -> str:
        """`seed_{seed:08d}[_opp{k}]_decl_{decl}.{suffix}`."""
        middle = ""
        if self.opp_seed is not None:
            middle = f"_opp{self.opp_seed}"
        elif self.p0_hand is not None:
            middle = f"_hand_{_hand_code(self.p0_hand)}"
        return f"seed_{self.seed:08d}{middle}_decl_{self.decl}.{suffix}"

    def path(self, root: Path, suffix: ShardFormat = "parquet") -> Path:
        """Where the shard lies under `root`: `{split}/{file name}`."""
        return root / self.split / self.file_name(suffix)

    @classmethod
    def parse(cls, file_name: str) -> ShardKey | None:
        """Read a file name back, `.parquet` or `.pt`; None if it is not a shard's name."""
        match = _FILE_NAME.fullmatch(file_name)
        if match is None:
            return None
        opp, hand = match["opp"], match["hand"]
        try:
            p0_hand = None if hand is None else _parse_hand_code(hand)
        except ForgeError:
            return None
        return cls(
            int(match["seed"]), int(match["decl"]), None if opp is None else int(opp), p0_hand
        )


def format_of(path: Path) -> ShardFormat:
    """The format a file's suffix stands for, or a ForgeError that names the two there are."""
    if path.suffix == ".parquet":
        return "parquet"
    if path.suffix == ".pt":
        return "pt"
    raise ForgeError(f"{path} is not named like a shard: the suffix must be .parquet or .pt")


def _hand_code(hand: tuple[int, ...]) -> str:
    """The pips of a hand, best domino first: `66656462616022`."""
    from forge.game.tables import domino_name

    return "".join(domino_name(domino).replace("-", "") for domino in sorted(hand, reverse=True))


def _parse_hand_code(code: str) -> tuple[int, ...]:
    from forge.game.tables import parse_domino

    pairs = (f"{code[i]}-{code[i + 1]}" for i in range(0, len(code), 2))
    return tuple(sorted(parse_domino(pair) for pair in pairs))
