"""One deal: four hands of seven dominoes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_SEATS, N_SLOTS
from forge.game.rng import Hands, deal_around_hand, deal_from_seed
from forge.game.tables import domino_name, parse_hand
from forge.game.whole_numbers import whole_number

if TYPE_CHECKING:
    import torch


def _domino(value: int) -> int:
    return whole_number("a domino", value)


def four_hands(text: str) -> list[str]:
    """The hands of a text, seat 0 first; ForgeError unless there are four."""
    parts = text.split("/")
    if len(parts) != N_SEATS:
        raise ForgeError(f"a deal is four hands separated by '/', got {len(parts)}")
    return parts


@dataclass(frozen=True, repr=False)
class Deal:
    """Four hands of seven domino ids, each ascending; seat 0 is the declarer.

    A *slot* is an index 0..6 into a seat's hand and never changes during the hand.
    """

    hands: Hands

    def __post_init__(self) -> None:
        """Sorts the hands and checks that the deal is all 28 dominoes, seven a seat."""
        hands = tuple(tuple(sorted(map(_domino, hand))) for hand in self.hands)
        if len(hands) != N_SEATS or any(len(hand) != N_SLOTS for hand in hands):
            sizes = ", ".join(str(len(hand)) for hand in hands)
            raise ForgeError(f"a deal is four hands of seven dominoes, got hands of {sizes}")
        for domino in (domino for hand in hands for domino in hand):
            if not 0 <= domino < N_DOMINOES:
                raise ForgeError(f"domino ids are 0..27, got {domino}")
        dealt = sorted(domino for hand in hands for domino in hand)
        if dealt != list(range(N_DOMINOES)):
            twice = next(d for d in range(N_DOMINOES) if dealt.count(d) > 1)
            missing = next(d for d in range(N_DOMINOES) if d not in dealt)
            raise ForgeError(
                f"domino {domino_name(twice)} is dealt twice and {domino_name(missing)} is missing"
            )
        object.__setattr__(self, "hands", hands)

    @classmethod
    def from_seed(cls, seed: int) -> "Deal":
        """The deal of a seed, 0 or more."""
        return cls(deal_from_seed(seed))

    @classmethod
    def with_p0_hand(cls, hand: Sequence[int], seed: int) -> "Deal":
        """Seat 0 holds `hand` (seven ids); the rest is dealt by `seed`."""
        hand = tuple(map(_domino, hand))
        in_range = all(0 <= domino < N_DOMINOES for domino in hand)
        if not in_range or len(set(hand)) != N_SLOTS or len(hand) != N_SLOTS:
            raise ForgeError(f"a hand is seven different domino ids 0..27, got {list(hand)}")
        return cls(deal_around_hand(hand, seed))

    @classmethod
    def marginalized(cls, base_seed: int, opp_seed: int) -> "Deal":
        """Seat 0's hand of `base_seed`, the others dealt by `opp_seed`."""
        return cls.with_p0_hand(deal_from_seed(base_seed)[0], opp_seed)

    @classmethod
    def random(cls, generator: random.Random | None = None) -> "Deal":
        """A random deal, from `generator` if given."""
        dominoes = (generator or random.Random()).sample(range(N_DOMINOES), N_DOMINOES)
        return cls(tuple(tuple(dominoes[i : i + N_SLOTS]) for i in range(0, N_DOMINOES, N_SLOTS)))

    @classmethod
    def from_hands(cls, hands: Sequence[Sequence[int]]) -> "Deal":
        """From four sequences of seven ids, in any order within a hand."""
        return cls(tuple(tuple(hand) for hand in hands))

    @classmethod
    def from_text(cls, text: str) -> "Deal":
        """From ``6-6,5-4,... / ... / ... / ...``, seat 0 first."""
        return cls(tuple(map(parse_hand, four_hands(text))))

    @property
    def text(self) -> str:
        """What `from_text` reads back."""
        return " / ".join(",".join(domino_name(d) for d in reversed(hand)) for hand in self.hands)

    @property
    def array(self) -> npt.NDArray[np.int8]:
        """int8 [4, 7], of domino ids in slot order."""
        return np.array(self.hands, dtype=np.int8)

    @property
    def tensor(self) -> "torch.Tensor":
        """int8 [4, 7], as the operators take it."""
        import torch

        return torch.tensor(self.hands, dtype=torch.int8)

    def __repr__(self) -> str:
        return f"Deal.from_text({self.text!r})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>seat {seat}</th>"
            + "".join(f"<td>{domino_name(domino)}</td>" for domino in reversed(hand))
            + "</tr>"
            for seat, hand in enumerate(self.hands)
        )
        return f"<table>{rows}</table>"
