"""Many hands in lock step for learning at speed: the play of `forge.adapters.pettingzoo`, batched.

Needs no further package. Numbers of actions and observations are those of the environment.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from forge.adapters.seat_tensors import OBSERVATION, size_of
from forge.adapters.whole_hand import Returns, Terms
from forge.arena.protocol import best_pip_suit
from forge.eq.objective import points_left
from forge.errors import ForgeError
from forge.game.constants import (
    HAND_POINTS,
    INITIAL_STATE,
    N_DOMINOES,
    N_PLAYS,
    N_SEATS,
    N_SLOTS,
)
from forge.game.contract import BIDS, LOWEST_BID, Bid
from forge.game.state import held_slots
from forge.game.whole_numbers import whole_number
from forge.options import MOST_SEED
from forge.play.games import Games

_DEALER: Final = N_SEATS - 1


class VectorHands:
    """B hands, all after the same number of plays; seat 0 has the bid and leads.

    Args:
        n: hands, 1 or more.
        bid: forced on seat 0.
        decl: declaration 0..9 of all hands; None: the pip suit that most dominoes of seat 0 show.
        paid_in: `points`, a trick when it is complete, or `marks`, a hand at its end.

    Attributes:
        games: the hands, `forge.play.games.Games`.

    Raises:
        ForgeError: for what cannot be.
    """

    def __init__(
        self,
        n: int,
        bid: Bid = LOWEST_BID,
        decl: int | None = None,
        paid_in: Returns = "points",
    ) -> None:
        self.n = whole_number("hands", n, 1)
        self.terms = Terms(_DEALER, bid, decl, paid_in=paid_in)
        self.bid = bid
        self.reset(0)

    def reset(self, seed: int) -> tuple[Tensor, Tensor]:
        """Deal anew.

        Args:
            seed: of the deals, 0 or more.

        Returns:
            What `seen` does.
        """
        chance = torch.Generator().manual_seed(whole_number("seed", seed, 0, MOST_SEED))
        order = torch.rand((self.n, N_DOMINOES), generator=chance, dtype=torch.float64).argsort(1)
        deals = order.view(self.n, N_SEATS, N_SLOTS).sort(dim=2).values.to(torch.int8)
        if self.terms.decl is None:
            decls = [best_pip_suit(tuple(hand)) for hand in deals[:, 0].tolist()]
        else:
            decls = [self.terms.decl] * self.n
        self.games = Games(
            deals=deals,
            decls=torch.tensor(decls, dtype=torch.int8),
            states=torch.full((self.n,), INITIAL_STATE),
            plays=torch.empty((self.n, 0), dtype=torch.int8),
            seats=torch.empty((self.n, 0), dtype=torch.int8),
            excluded=torch.zeros((self.n, N_SEATS), dtype=torch.int32),
            diff=torch.zeros(self.n, dtype=torch.int8),
        )
        return self.seen()

    @property
    def is_over(self) -> bool:
        """Whether all dominoes are played."""
        return self.games.n_plays == N_PLAYS

    @property
    def seats(self) -> Tensor:
        """int64 [B]: whose turn it is, 0..3."""
        return self.games.players

    def seen(self) -> tuple[Tensor, Tensor]:
        """What the seats to act see.

        Returns:
            float32 [B, 354], see `forge.adapters.seat_tensors.OBSERVATION`, and bool [B, 28], the
            dominoes that may be played.
        """
        return seats_observation(self.games, self.bid), legal_dominoes(self.games)

    def step(self, dominoes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A play in each hand.

        Args:
            dominoes: int64 [B], ids.

        Returns:
            What `seen` does, and rewards float32 [B] of this play in the **team-0 frame**, points
            or marks: seats 0 and 2 get them, seats 1 and 3 lose as much.

        Raises:
            ForgeError: for a domino that may not be played.
        """
        before = self.games
        legal = legal_dominoes(before).gather(1, dominoes[:, None])[:, 0]
        if not bool(legal.all()):
            row = int((~legal).nonzero()[0])
            raise ForgeError(f"hand {row}: domino {int(dominoes[row])} may not be played")
        self.games = before.play((before.hand == dominoes[:, None]).int().argmax(dim=1))
        if self.terms.paid_in == "points":
            rewards = (self.games.diff - before.diff).float()
        elif self.is_over:
            made = (HAND_POINTS + self.games.diff.long()) // 2 >= self.bid.points
            rewards = (2 * made.float() - 1) * self.bid.marks
        else:
            rewards = torch.zeros(self.n)
        return *self.seen(), rewards


def legal_dominoes(games: Games) -> Tensor:
    """bool [B, 28]: what the seats to act may play."""
    mask = torch.zeros((len(games), N_DOMINOES), dtype=torch.bool, device=games.states.device)
    return mask.scatter(1, games.hand.long(), games.legal)


def seats_observation(games: Games, bid: Bid) -> Tensor:
    """What the seats to act see, as `forge.adapters.seat_tensors.observation` tells it.

    Args:
        games: B hands with the bid forced on seat 0; seat 3 dealt.
        bid: of all of them.

    Returns:
        float32 [B, 354].
    """
    n, device, players = len(games), games.states.device, games.players
    flat = torch.zeros((n, size_of(OBSERVATION)), device=device)
    parts, start = {}, 0
    for name, shape in OBSERVATION.items():
        size = size_of({name: shape})
        parts[name] = flat[:, start : start + size]
        start += size

    def mark(name: str, columns: Tensor, values: Tensor | float = 1.0) -> None:
        parts[name].scatter_(1, columns, values)

    mark("seat", players[:, None])
    mark("dealer", (_DEALER - players[:, None]) % N_SEATS)
    mark("bidder", -players[:, None] % N_SEATS)
    parts["bid"][:, BIDS.index(bid)] = 1
    mark("declaration", games.decls[:, None].long())
    parts["to_act"][:, 0] = float(games.n_plays < N_PLAYS)
    slots = torch.arange(N_SLOTS, device=device)
    held = held_slots(games.states, players)[:, None] >> slots & 1
    mark("held", games.hand.long(), held.float())
    places = (games.seats.long() - players[:, None]) % N_SEATS
    columns = places * N_DOMINOES + games.plays.long()  # [B, n_plays]
    mark("played", columns)
    mark("trick", columns[:, games.n_plays - games.n_plays % N_SEATS :])
    won = HAND_POINTS - points_left(games).float()
    ours = games.diff.float() * games.signs
    points = torch.stack([won + ours, won - ours], dim=1) / (2 * HAND_POINTS)
    parts["points"].copy_(points)
    return flat
