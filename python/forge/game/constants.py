"""Numbers of the rules, of the packed state and of Stage 1 tokens, as the native core has them."""

from typing import Final

from forge.build import native

N_SEATS: Final = native.N_SEATS
N_SLOTS: Final = native.N_SLOTS  # dominoes dealt to a seat
N_DOMINOES: Final = native.N_DOMINOES
N_PIPS: Final = native.N_PIPS  # blank to six
N_TRICKS: Final = native.N_TRICKS
N_PLAYS: Final = native.N_PLAYS  # of a whole hand
# Points of a whole hand: 7 tricks and 35 of count.
HAND_POINTS: Final = native.HAND_POINTS
N_DECLARATIONS: Final = native.N_DECLARATIONS
# Suits 0..6 are the pips, this one is what the declaration calls: trumps, or the doubles.
CALLED_SUIT: Final = native.CALLED_SUIT

INITIAL_STATE: Final = native.INITIAL_STATE
NO_SLOT: Final = native.NO_SLOT  # in a packed state: a play not yet made
ILLEGAL: Final = native.ILLEGAL  # the q of a slot that is not legal
N_HIDDEN: Final = native.N_HIDDEN  # seats whose hands the seat to act does not see

N_TOKENS: Final = native.N_TOKENS  # of a state
N_FEATURES: Final = native.N_FEATURES  # of a token
