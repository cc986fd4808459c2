"""A deal under a declaration with its tables, by seat and slot."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forge.game import tables
from forge.game.deal import Deal
from forge.game.declarations import declaration_name


@dataclass(frozen=True)
class SeedContext:
    """What the rules make of one deal; arrays are read from the native tables."""

    deal: Deal
    decl: int

    def __post_init__(self) -> None:
        """Checks the declaration."""
        declaration_name(self.decl)

    @classmethod
    def from_seed(cls, seed: int, decl: int) -> "SeedContext":
        """The context of a seed's deal."""
        return cls(Deal.from_seed(seed), decl)

    @property
    def dominoes(self) -> npt.NDArray[Any]:
        """Domino ids, int8 [4, 7]."""
        return np.array(self.deal.hands, dtype=np.int8)

    @property
    def points(self) -> npt.NDArray[Any]:
        """Count points, int8 [4, 7]."""
        table: npt.NDArray[Any] = tables.COUNT_POINTS[self.dominoes]
        return table

    @property
    def led_suit(self) -> npt.NDArray[Any]:
        """Suit that a lead of the slot asks for (7 = called), int8 [4, 7]."""
        table: npt.NDArray[Any] = tables.LED_SUIT[self.decl][self.dominoes]
        return table

    @property
    def follows(self) -> npt.NDArray[Any]:
        """Whether the slot can follow the suit, bool [8, 4, 7]."""
        table: npt.NDArray[Any] = tables.FOLLOWS[self.decl][:, self.dominoes]
        return table
