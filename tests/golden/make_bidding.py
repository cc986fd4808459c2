"""Writes `bidding.json`: perfect play of one hand over 50,000 deals.

python tests/golden/make_bidding.py
"""

import json
from pathlib import Path

import numpy as np

from forge.bidding.hand import parse_hand, parse_trumps
from forge.bidding.simulate import Simulator

HAND, TRUMP, SEED, N_DEALS = "6-4,5-5,4-2,3-1,2-0,1-1,0-0", "sixes", 424242, 50_000
TARGET = Path(__file__).parent / "bidding.json"


def main() -> None:
    """Solve and count."""
    points = Simulator(seed=SEED).points(parse_hand(HAND), parse_trumps(TRUMP), 0, N_DEALS)[0]
    reference = {
        "command": "python tests/golden/make_bidding.py",
        "hand": HAND,
        "trump": TRUMP,
        "seed": SEED,
        "n_deals": N_DEALS,
        "deals_by_points": np.bincount(points, minlength=43).tolist(),  # 0..42
    }
    TARGET.write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
