"""OpenSpiel's IS-MCTS against a player of ours at one table; prints one line of JSON.

    nice -n 10 python bench/measure_openspiel.py [--deals 100] [--player make:n=100]
        [--simulations 100] [--seconds 600] [--exact] [--uct-c 2] [--seed 0]

Deals are the arena's (a bid of 30 forced on a random seat, trump its best pip suit), each played
twice: IS-MCTS declares at one table and defends at the other. It searches in worlds of
`resample_from_infostate`, which are evenly drawn from all that fit, and plays for the contract
(returns in marks) as `make` does. Values are random rollouts, or with `--exact` the exact search of
the world. It ends after so many deals, or with the deal in hand after so many seconds. `per_play_s`
are CPU seconds of a decision with more than one legal play.
"""

from __future__ import annotations

import argparse
import json
import os
import time

import numpy as np
import pyspiel
import torch
from open_spiel.python.algorithms.ismcts import ISMCTSBot
from open_spiel.python.algorithms.mcts import RandomRolloutEvaluator

import forge.adapters.open_spiel  # noqa: F401  registers the game
from forge.adapters.open_spiel_bots import ExactEvaluator, PlayerBot
from forge.arena.comparison import PairedResults, compare
from forge.arena.protocol import ArenaDeal, arena_deal
from forge.game.declarations import declaration_name

SEATS = 4


class Timed:
    """A bot and the CPU seconds of its decisions."""

    def __init__(self, bot: pyspiel.Bot) -> None:
        self.bot, self.cpu_s, self.n = bot, 0.0, 0

    def step(self, state: pyspiel.State) -> int:
        """See `pyspiel.Bot`; a forced play is nobody's decision."""
        legal = state.legal_actions()
        if len(legal) == 1:
            return legal[0]
        start = time.process_time()
        action = int(self.bot.step(state))
        self.cpu_s, self.n = self.cpu_s + time.process_time() - start, self.n + 1
        return action


def points_of(each: ArenaDeal, declaring: Timed, defending: Timed) -> int:
    """Points of the declarer's side in a hand."""
    contract = each.contract
    # The declarer of an arena's deal is seat 0, whom dealer 3 sits to the right of.
    decl = declaration_name(contract.decl)
    game = pyspiel.load_game(f"texas_42(bid={contract.bid},declaration={decl})")
    state = game.new_initial_state()
    for domino in (domino for hand in each.deal.hands for domino in hand):
        state.apply_action(domino)
    while not state.is_terminal():
        bot = defending if state.current_player() % 2 else declaring
        state.apply_action(bot.step(state))
    ours, _ = state.hand.points_of(0)
    return ours


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=100)
    parser.add_argument("--player", default="make:n=100")
    parser.add_argument("--simulations", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--uct-c", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    load, chance = os.getloadavg()[0], np.random.RandomState(args.seed)
    evaluator = ExactEvaluator() if args.exact else RandomRolloutEvaluator(1, chance)
    game = pyspiel.load_game("texas_42(bid=30)")
    search = ISMCTSBot(game, evaluator, args.uct_c, args.simulations, random_state=chance)
    theirs, ours = Timed(search), Timed(PlayerBot(args.player, args.seed))
    rows = []
    start = time.monotonic()
    for number in range(args.deals):
        if time.monotonic() - start > args.seconds:
            break
        each = arena_deal(args.seed, number)
        pair = points_of(each, theirs, ours), points_of(each, ours, theirs)
        rows.append((*pair, each.bidder, each.contract.bid))
    a, b, bidders, bids = zip(*rows, strict=True)
    found = compare(PairedResults(np.array(a), np.array(b), np.array(bidders), bids))
    told = {
        **vars(args),
        "seconds": round(time.monotonic() - start),
        "per_play_s": {"is_mcts": theirs.cpu_s / theirs.n, args.player: ours.cpu_s / ours.n},
        "load": load,
        "a_is_is_mcts": found.to_json(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
