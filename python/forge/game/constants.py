"""The numbers of the game, once."""

from typing import Final

N_SEATS: Final = 4
N_SLOTS: Final = 7
N_TRICKS: Final = 7
N_PLAYS: Final = 28
# Points of a whole hand: 7 tricks and 35 of count.
HAND_POINTS: Final = 42
