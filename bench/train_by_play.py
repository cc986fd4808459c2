"""A policy gradient on hands in lock step: a network learns 42 from nothing and meets `random`.

    python bench/train_by_play.py [--seconds 60] [--updates N] [--hands 128] [--deals 2000]
        [--seed 0]

Four seats of one network play batches of hands (`forge.adapters.vector_hands`); every play is made
likelier by how much more its side won from there on than the network had thought (REINFORCE with a
learned baseline). Then it meets `random` in the arena: duplicate deals, a bid of 30 in the best pip
suit. One thread; `--seconds` are of its CPU, so the figure does not depend on what else runs.
Prints what came out, and one line of JSON at the end.
"""

from __future__ import annotations

import argparse
import json
import time

import torch
from torch import Tensor, nn

from forge.adapters.seat_tensors import OBSERVATION, size_of
from forge.adapters.vector_hands import VectorHands, legal_dominoes, seats_observation
from forge.arena.comparison import Comparison, compare
from forge.arena.players.simple import RandomPlayer
from forge.arena.registry import parse_player
from forge.arena.results import paired_results
from forge.arena.series import ArenaOptions, play_block
from forge.game.constants import HAND_POINTS, N_DOMINOES, N_PLAYS
from forge.game.contract import LOWEST_BID
from forge.play.games import Games

WIDTH = 128
ENTROPY = 0.01  # what keeps it trying


class Network(nn.Module):
    """Logits of the 28 dominoes, and the points to come / 42, acting-team frame."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(size_of(OBSERVATION), WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU()
        )
        self.logits, self.value = nn.Linear(WIDTH, N_DOMINOES), nn.Linear(WIDTH, 1)

    def forward(self, seen: Tensor, legal: Tensor) -> tuple[Tensor, Tensor]:
        """float32 [B, 354] and bool [B, 28] to float32 [B, 28] and [B]."""
        trunk = self.trunk(seen)
        return self.logits(trunk).masked_fill(~legal, -1e9), self.value(trunk)[:, 0]


class Learned:
    """The network as a player of the arena: the likeliest domino."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @torch.no_grad()
    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        logits, _ = self.network(seats_observation(games, LOWEST_BID), legal_dominoes(games))
        return (games.hand == logits.argmax(dim=1)[:, None]).int().argmax(dim=1)


def update(
    network: Network, optimizer: torch.optim.Optimizer, hands: VectorHands, seed: int
) -> None:
    """One batch of hands, and one step."""
    seen, legal = hands.reset(seed)
    rows, rewards, signs = [], [], []
    for _ in range(N_PLAYS):
        with torch.no_grad():
            logits, _ = network(seen, legal)
        dominoes = torch.distributions.Categorical(logits=logits).sample()
        rows.append((seen, legal, dominoes))
        signs.append((1 - 2 * (hands.seats & 1)).float())
        seen, legal, won = hands.step(dominoes)
        rewards.append(won / HAND_POINTS)
    # Points from each play on, in the frame of the team that made it.
    to_come = torch.stack(rewards).flip(0).cumsum(0).flip(0) * torch.stack(signs)
    seen, legal, dominoes = (torch.cat(parts) for parts in zip(*rows, strict=True))
    logits, value = network(seen, legal)
    chances = torch.distributions.Categorical(logits=logits)
    better = to_come.flatten() - value
    advantage = (better / better.std()).detach()
    loss = -(chances.log_prob(dominoes) * advantage).mean()
    loss = loss + better.square().mean() - ENTROPY * chances.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()


def train(seconds: float, updates: int | None, n_hands: int, seed: int) -> tuple[Network, int]:
    """A network and how many updates it had: CPU seconds decide, or updates if they are given."""
    torch.manual_seed(seed)
    network, hands = Network(), VectorHands(n_hands)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    start, n = time.process_time(), 0
    while n < updates if updates is not None else time.process_time() - start < seconds:
        update(network, optimizer, hands, seed + n)
        n += 1
    return network, n


def against_random(network: Network, n_deals: int, seed: int) -> Comparison:
    """The network against `random` on duplicate deals, the trained series' seeds apart."""
    random = parse_player("random")
    options = ArenaOptions(random, random, seed)
    block = play_block((Learned(network), RandomPlayer()), options, range(n_deals))
    return compare(paired_results([block], n_deals, options.rule))


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--updates", type=int, default=None)
    parser.add_argument("--hands", type=int, default=128)
    parser.add_argument("--deals", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cpu = time.process_time()
    network, n_updates = train(args.seconds, args.updates, args.hands, args.seed)
    cpu = time.process_time() - cpu
    found = against_random(network, args.deals, args.seed)
    print(f"{n_updates} updates, {n_updates * args.hands:,} hands, {cpu:.0f} CPU s")
    print(f"make rate {found.make_a}, random {found.make_b}, difference {found.make_difference}")
    print(f"points a hand more than random: {found.points_difference}")
    told = {"updates": n_updates, "hands": n_updates * args.hands, "cpu_s": round(cpu, 1)}
    print(json.dumps({**told, "against_random": found.to_json()}))


if __name__ == "__main__":
    main()
