"""How many hands get settled advice by default, and after how long: `python bench/settled.py`.

The hands of seeds 0 to 39, as `forge advise --hand ...` answers them. Prints a line a hand, and at
the end one JSON object.
"""

import json
import time

from forge.advice.bids import advise_bid
from forge.bidding.hand import hand_of_seed, hand_text
from forge.build import build_info

N_HANDS = 40
LIMIT_S = 10.0


def main() -> None:
    """Ask about each hand."""
    seconds, n_settled, n_in_time, n_clear = [], 0, 0, 0
    for seed in range(N_HANDS):
        hand = hand_of_seed(seed)
        start = time.perf_counter()
        found = advise_bid(hand)
        seconds.append(time.perf_counter() - start)
        verdict = found.evaluation.verdict
        n_settled += verdict.is_settled
        n_clear += verdict.is_clear
        n_in_time += verdict.is_settled and seconds[-1] <= LIMIT_S
        n_deals = int(found.evaluation.simulated.n.max())
        line = f"{hand_text(hand)}: {n_deals:,} deals, {seconds[-1]:.1f} s: {found.headline}"
        print(line, flush=True)
    info = build_info()
    print(
        json.dumps(
            {
                "hands": N_HANDS,
                "settled": n_settled,
                "clear": n_clear,
                f"settled within {LIMIT_S:.0f} s": n_in_time,
                "median_s": round(sorted(seconds)[N_HANDS // 2], 2),
                "most_s": round(max(seconds), 2),
                "threads": info["threads"],
            }
        )
    )


if __name__ == "__main__":
    main()
