"""Hands that a player plays against itself, over all declarations and bids, for a policy to learn.

Hand number j of a seed depends on the seed, j and the teacher alone, whatever is played with it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.eq.objective import is_decided, make_targets
from forge.errors import ForgeError
from forge.game.constants import N_DECLARATIONS, N_PIPS, N_PLAYS, N_SLOTS
from forge.game.contract import BIDS, LOWEST_BID, Bid
from forge.game.deal import Deal
from forge.game.tables import HIGH, LOW
from forge.play.games import Games
from forge.play.keys import combine, decision_keys
from forge.play.seen import Seen, needed_by, seen_by
from forge.policy.numbers import PolicyNumbers

# Purposes of keys, beside those of forge.eq.
_DECIDE: Final = 40
# How often the bid is the lowest, and how often the declaration is a suit that the declarer is long
# in. The rest is spread evenly over what there is.
_LOWEST_SHARE: Final = 0.5
_LONG_SHARE: Final = 0.6


@dataclass(frozen=True)
class Teacher:
    """Who plays, and what it goes by; see `forge.ops.decide`.

    Args:
        policy: of its weights and rollouts; None: worlds count alike.
        n_worlds: judged by.
        pool: worlds drawn and weighed before.
        rollouts: share of the policy's own play to the end.
        bid: what its hands are played for; None: any bid, half of them the lowest.
    """

    policy: PolicyNumbers | None = None
    n_worlds: int = 30
    pool: int = 240
    rollouts: float = 0.35
    bid: Bid | None = None


@dataclass(frozen=True)
class PlayedHands:
    """N hands up to the play that decided them.

    Args:
        deals: int8 [N, 4, 7]; seat 0 declares.
        decls: int8 [N].
        bids: int8 [N], as they are said (30..42, 84).
        plays: int8 [N, 28], dominoes in order, then -1.
        chances: float32 [N, 28, 7], of the acting side's end, by slot; NaN where illegal or where
            there was no choice.
    """

    deals: Tensor
    decls: Tensor
    bids: Tensor
    plays: Tensor
    chances: Tensor

    def __len__(self) -> int:
        return self.deals.shape[0]


def contract_of(seed: int, number: int) -> tuple[Deal, int, Bid]:
    """Deal, declaration and bid of hand `number`; seat 0 declares."""
    chance = random.Random(f"forge policy {seed} {number}")
    deal = Deal.random(chance)
    decl = chance.randrange(N_DECLARATIONS)
    if chance.random() < _LONG_SHARE:
        decl = _longest_suit(deal.hands[0])
    bid = LOWEST_BID if chance.random() < _LOWEST_SHARE else chance.choice(BIDS)
    return deal, decl, bid


def _longest_suit(hand: tuple[int, ...]) -> int:
    """The pip that most dominoes of a hand show; of equals the highest with the double held."""

    def rank(pip: int) -> tuple[int, bool, int]:
        suit = [each for each in hand if pip in (HIGH[each], LOW[each])]
        return len(suit), any(HIGH[each] == LOW[each] for each in suit), pip

    return max(range(N_PIPS), key=rank)


@dataclass(frozen=True)
class Begun:
    """Hands of a seed before the first lead.

    Args:
        games: of N hands.
        bids: of each, by seat 0.
        seeds: int64 [N], of the keys of their decisions.
    """

    games: Games
    bids: list[Bid]
    seeds: Tensor

    @classmethod
    def of(cls, seed: int, numbers: range, bid: Bid | None = None) -> "Begun":
        """The hands of these numbers, all for one bid if it is told."""
        contracts = [contract_of(seed, number) for number in numbers]
        games = Games.start([deal for deal, _, _ in contracts], [decl for _, decl, _ in contracts])
        of_hands = torch.arange(numbers.start, numbers.stop)
        seeds = combine(torch.full_like(of_hands, seed), of_hands)
        return cls(games, [bid or said for _, _, said in contracts], seeds)

    def play(self, choose: Callable[[Games, Tensor, Seen], Tensor]) -> None:
        """Play them in lock step, each until it is made or set.

        Args:
            choose: called before each play with the games that go on, which of the hands they are
                (int64), and what the seats to act see; returns slots, int64.
        """
        games, rows = self.games, torch.arange(len(self.games))
        needed = needed_by(self.bids, len(games))
        while len(rows) and games.n_plays < N_PLAYS:
            games = games.play(choose(games, rows, seen_by(games, needed[rows])))
            targets = make_targets(games, [self.bids[row] for row in rows.tolist()])
            still_open = ~is_decided(games, targets)
            games, rows = games.take(still_open), rows[still_open]


def play_hands(seed: int, start: int, stop: int, teacher: Teacher) -> PlayedHands:
    """Hands start .. stop - 1 of a seed, each until it is made or set.

    Raises:
        ForgeError: for a range without hands, or settings out of range.
    """
    if stop <= start:
        raise ForgeError(f"start must be below stop, got {start} and {stop}")
    begun = Begun.of(seed, range(start, stop), teacher.bid)
    n = len(begun.games)
    plays = torch.full((n, N_PLAYS), -1, dtype=torch.int8)
    chances = torch.full((n, N_PLAYS, N_SLOTS), torch.nan)

    def choose(games: Games, rows: Tensor, seen: Seen) -> Tensor:
        k = games.n_plays
        found = ops.decide(
            *seen,
            decision_keys(begun.seeds[rows], k, _DECIDE),
            None if teacher.policy is None else teacher.policy.tensor,
            n_worlds=teacher.n_worlds,
            pool=teacher.pool,
            rollouts=teacher.rollouts,
        )
        chances[rows, k] = found.chances.float()
        plays[rows, k] = games.hand.gather(1, found.slots[:, None])[:, 0]
        return found.slots

    begun.play(choose)
    said = torch.tensor([bid.number for bid in begun.bids], dtype=torch.int8)
    return PlayedHands(begun.games.deals, begun.games.decls, said, plays, chances)


def joined(parts: list[PlayedHands]) -> PlayedHands:
    """All hands of several, in order."""
    return PlayedHands(
        **{name: torch.cat([getattr(part, name) for part in parts]) for name in vars(parts[0])}
    )
