"""CPU seconds of games by E[Q], as one line of JSON: for `beside.py`.

Games are played in lock step, exact oracle, and recorded, but not written. Adaptive
sampling goes on to a standard error of 0.1 points of every legal play, or to the most worlds.
"""

from __future__ import annotations

import argparse
import json
import time

import torch

from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import play_games
from forge.eq.settings import AdaptiveConfig, EstimateConfig, GameSettings, PosteriorConfig


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=16)
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--adaptive-games", type=int, default=0)
    parser.add_argument("--max-samples", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    worlds = EstimateConfig(args.worlds)
    kinds = {
        f"{args.worlds} worlds": GameSettings(worlds),
        f"{args.worlds} worlds, make": GameSettings(worlds, objective="make"),
        f"{args.worlds} worlds, posterior": GameSettings(
            EstimateConfig(args.worlds, posterior=PosteriorConfig())
        ),
    }
    play_games([0], ExactOracle(), GameSettings(EstimateConfig(2)))  # what the first call pays
    costs = {name: cpu_s(range(1, 1 + args.games), settings) for name, settings in kinds.items()}
    if args.adaptive_games:
        adaptive = AdaptiveConfig(max_samples=args.max_samples)
        for name, sampling in (
            ("adaptive", EstimateConfig(adaptive=adaptive)),
            ("adaptive, enumerated", EstimateConfig(enumerate=True, adaptive=adaptive)),
        ):
            costs[name] = cpu_s(range(1, 1 + args.adaptive_games), GameSettings(sampling))
    print(json.dumps(costs))


def cpu_s(seeds: range, settings: GameSettings) -> float:
    """CPU seconds a game."""
    start = time.process_time()
    play_games(seeds, ExactOracle(), settings)
    return (time.process_time() - start) / len(seeds)


if __name__ == "__main__":
    main()
