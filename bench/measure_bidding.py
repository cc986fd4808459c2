"""CPU seconds of bidding on one thread, as one line of JSON: for `beside.py`.

Nine declarations by perfect play in a process that has started: the points of a mixed hand, of six
sixes and of hands as they are dealt, for so many deals (of the dealt ones the mean over ten hands),
and whether 30 is made; then a whole `forge bid-evaluate` command with its defaults, start included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from forge.bidding.hand import BIDDING_DECLS, hand_of_seed, parse_hand
from forge.bidding.simulate import Simulator

MIXED = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
SIX_SIXES = "6-6,6-5,6-4,6-2,6-1,6-0,2-2"
N_DEALT_HANDS = 10


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def points(hand: tuple[int, ...], n: int) -> object:
    """Of all nine declarations."""
    return Simulator().points(hand, BIDDING_DECLS, 0, n)


def command_cpu_s(hand: str) -> float:
    """CPU seconds, user and system, of a whole command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [sys.executable, "-m", "forge.bidding.evaluate", "--hand", hand]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--deals", type=int, default=500)
    n = parser.parse_args().deals
    torch.set_num_threads(1)
    mixed, six_sixes = parse_hand(MIXED), parse_hand(SIX_SIXES)
    dealt = [hand_of_seed(seed) for seed in range(N_DEALT_HANDS)]
    points(dealt[0], 2)  # memory is made
    found = {
        "points, mixed": cpu_s(lambda: points(mixed, n)),
        "points, six sixes": cpu_s(lambda: points(six_sixes, n)),
        "points, dealt": cpu_s(lambda: [points(hand, n // N_DEALT_HANDS) for hand in dealt]),
        "bid-evaluate, mixed": command_cpu_s(MIXED),
        "bid-evaluate, six sixes": command_cpu_s(SIX_SIXES),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
