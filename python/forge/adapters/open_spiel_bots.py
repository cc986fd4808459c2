"""Our players and our exact search where OpenSpiel takes bots and evaluators."""

from __future__ import annotations

import random
from typing import Final

from forge.adapters.open_spiel import Texas42State
from forge.adapters.redealt import lock_step
from forge.adapters.whole_hand import FIRST_BID, FIRST_DECLARATION, PASS, WholeHand
from forge.advice.plays import games_of
from forge.advice.seat_view import SeatView
from forge.arena.protocol import TrumpRule
from forge.arena.registry import parse_player
from forge.arena.specs import PlayerSpec
from forge.bidding.at_the_table import TableAuction
from forge.bidding.trump import BestChance
from forge.errors import ForgeError
from forge.extras import extra
from forge.game.constants import HAND_POINTS, N_SEATS
from forge.game.contract import BIDS, LOWEST_BID, Bid
from forge.models.catalog import resolve
from forge.play.games import Games
from forge.play.keys import combine, decision_keys, seed_tensor
from forge.play.player import Player

with extra("openspiel"):
    import pyspiel
    from open_spiel.python.algorithms.mcts import Evaluator

# What keys are for, beside those of other rooms.
_BOT: Final = 53


class PlayerBot(pyspiel.Bot):
    """A player of ours at a table of OpenSpiel's; one bot may sit in several seats.

    What it plays depends on what its seat may know, the player and the seed alone; a player that
    looks at all hands, such as `oracle`, is shown them. It calls what `forge auction` would advise
    after 64 deals (`forge.bidding.at_the_table`), and declares by `trump`.

    Args:
        player: as it is written: `make:n=100`, `seat`, `oracle`.
        seed: of all chance, 0 or more.
        trump: says what it declares; None: the declaration with the best chance at a table.

    Raises:
        ForgeError: for a player that there is none of.
    """

    def __init__(self, player: str, seed: int = 0, trump: TrumpRule | None = None) -> None:
        super().__init__()
        self.spec: PlayerSpec = parse_player(player, resolve)
        self._seed, self._keys = seed, seed_tensor(seed)
        self._trump = trump or BestChance()
        self._players: dict[Bid, Player] = {}

    def step(self, state: Texas42State) -> int:
        """The action that it takes.

        Raises:
            ForgeError: if it is nobody's turn, or the player gives the hand up.
        """
        hand: WholeHand = state.hand
        seat = hand.seat_to_act
        if seat is None:
            raise ForgeError("a bot is asked for an action only where it is a seat's turn")
        if hand.auction is not None:
            bid = TableAuction(self._seed).call(hand.auction, hand.hand_of(seat))
            return PASS if bid is None else FIRST_BID + BIDS.index(bid)
        if hand.position is None:
            assert hand.bid is not None
            chance = random.Random(self._seed)
            return FIRST_DECLARATION + self._trump.decl(hand.hand_of(seat), hand.bid, chance)
        return self._play(hand, seat)

    def restart(self) -> None:
        """Nothing to do: it remembers nothing."""

    def restart_at(self, state: Texas42State) -> None:
        """Nothing to do either."""

    def _play(self, hand: WholeHand, seat: int) -> int:
        bid = hand.bid or LOWEST_BID
        if bid not in self._players:
            self._players[bid] = self.spec.build("cpu", bid)
        games = lock_step(hand) if self.spec.sees_all_hands else seen_from(hand, seat)
        keys = decision_keys(self._keys, games.n_plays, _BOT)
        for domino in (*hand.hand_of(seat), *hand.plays):
            keys = combine(keys, domino)
        slot = int(self._players[bid].slots(games, keys)[0])
        if slot < 0:
            raise ForgeError(f"player {self.spec.text} gives the hand up")
        return int(games.hand[0, slot])


class ExactEvaluator(Evaluator):
    """Values a state of the play by the exact search, all hands seen, in place of rollouts.

    For searches over worlds, such as `ismcts.ISMCTSBot`, and for `mcts.MCTSBot`, which looks at all
    hands. Before the play nothing is known of who declares what, so the value is 0 there.
    """

    def evaluate(self, state: Texas42State) -> list[float]:
        """What each seat gets if all play on perfectly, float [4], in marks or points."""
        position = state.hand.position
        if position is None:
            return [0.0] * N_SEATS
        won, lost = position.points
        left = HAND_POINTS - won - lost
        return state.hand.paid(won + (left + position.value()) // 2)

    def prior(self, state: Texas42State) -> list[tuple[int, float]]:
        """Each legal action alike, as (action, chance)."""
        actions = state.legal_actions()
        return [(action, 1 / len(actions)) for action in actions]


def seen_from(hand: WholeHand, seat: int) -> Games:
    """The play as the seat to act sees it: the other hands are some that fit, not those dealt.

    Args:
        hand: with a declaration.
        seat: whose turn it is.
    """
    assert hand.position is not None and hand.bidder is not None
    bid = hand.bid or LOWEST_BID
    declarer = (hand.bidder - seat) % N_SEATS
    view = SeatView(hand.hand_of(seat), hand.position.decl, declarer, hand.plays, bid)
    return games_of(view)
