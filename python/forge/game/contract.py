"""What the declarer's team has promised."""

from typing import Final

# What the declarer's team must win of the hand's 42 points; made or set, it is worth one mark.
BID: Final = 30
