"""Hands that a policy plays against itself, and how each would have come out after another play."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.play.games import Games
from forge.play.keys import decision_keys, uniform
from forge.play.seen import Seen
from forge.policy.numbers import PolicyNumbers
from forge.policy.self_play import Begun

# Purpose of keys, beside those of forge.policy.self_play.
_EXPLORE: Final = 41
# Played in lock step.
_HANDS_TOGETHER: Final = 4096


@dataclass(frozen=True)
class Outcomes:
    """R decisions that decided their hands.

    Args:
        context: int16 [R, 56], see `forge.ops.policy_features`.
        candidates: int16 [R, 7, 12].
        won: float32 [R, 7], by slot: 1 where the **acting side** got what it wanted of the contract
            once everybody played on, 0 where it did not; NaN where illegal.
    """

    context: Tensor
    candidates: Tensor
    won: Tensor

    def __len__(self) -> int:
        return self.won.shape[0]

    def take(self, rows: Tensor) -> "Outcomes":
        """Some of them: int64 [K] or bool [R]."""
        return Outcomes(**{name: value[rows] for name, value in vars(self).items()})


def play_outcomes(
    policy: PolicyNumbers, seed: int, start: int, stop: int, explore: float, temperature: float
) -> Outcomes:
    """Hands start .. stop - 1 of a seed, over all declarations and bids, each until it is decided.

    Before each play that is a choice the hand is played to its end after each legal slot, by the
    policy's likeliest plays, with the dominoes that everybody really holds. Decisions after which
    it comes out alike whatever is played are left out: they say nothing about a play.

    Args:
        policy: that all four seats play by.
        seed, start, stop: which hands, as `forge.policy.self_play.contract_of` has them.
        explore: share of the plays that are drawn by the policy's probabilities instead.
        temperature: of those: softmax of logits / temperature.
    """
    parts = []
    for first in range(start, stop, _HANDS_TOGETHER):
        numbers = range(first, min(first + _HANDS_TOGETHER, stop))
        parts += _some(policy, seed, numbers, explore, temperature)
    return Outcomes(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


def _some(
    policy: PolicyNumbers, seed: int, numbers: range, explore: float, temperature: float
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Context, candidates and won of hands in lock step, a part for each play."""
    begun = Begun.of(seed, numbers)
    found = []

    def choose(games: Games, rows: Tensor, seen: Seen) -> Tensor:
        logits: Tensor = ops.policy_logits(*seen, policy.tensor)
        won = _won(games, seen, policy)
        decides = (won == 1).any(dim=1) & (won == 0).any(dim=1)
        features = ops.policy_features(*(each[decides] for each in seen))
        found.append((*features, won[decides]))
        keys = decision_keys(begun.seeds[rows], games.n_plays, _EXPLORE)
        return _chosen(logits, keys, explore, temperature)

    begun.play(choose)
    return found


def _won(games: Games, seen: Seen, policy: PolicyNumbers) -> Tensor:
    """float32 [B, 7], as `Outcomes.won`; NaN too where there is no choice."""
    legal = games.legal
    won = torch.full(legal.shape, torch.nan)
    choice = legal.sum(dim=1) > 1
    made = ops.play_out(
        games.deals[choice],
        seen.decls[choice],
        seen.plays[choice],
        seen.needed[choice],
        policy.tensor,
    ).float()
    defends = (games.players[choice] & 1).bool()[:, None]
    won[choice] = torch.where(defends, 1 - made, made).masked_fill(made < 0, torch.nan)
    return won


def _chosen(logits: Tensor, keys: Tensor, explore: float, temperature: float) -> Tensor:
    """int64 [B]: the likeliest slots, in a share of the rows slots drawn by their probabilities."""
    dice = uniform(keys, 2)
    sums = (logits.double() / temperature).softmax(dim=1).cumsum(dim=1)
    drawn = (sums < dice[:, 1:] * sums[:, -1:]).sum(dim=1)
    return torch.where(dice[:, 0] < explore, drawn, logits.argmax(dim=1))
