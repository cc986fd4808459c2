"""The other end of the bridge: a player of ours answers the lines of another program."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Final

import torch

from forge.advice.plays import games_of
from forge.advice.seat_view import SeatView
from forge.arena.bridge_lines import DeclareRequest, PlayAnswer, PlayRequest, read_request
from forge.arena.specs import PlayerSpec
from forge.bidding.trump import BestChance
from forge.errors import ForgeError
from forge.game.constants import N_SEATS, N_SLOTS
from forge.game.contract import LOWEST_BID, Bid
from forge.game.state import leaders_of
from forge.game.tables import domino_name
from forge.play.keys import combine, decision_keys, seed_tensor

# What keys are for, beside those of other rooms.
_BRIDGE: Final = 52


class BridgeServer:
    """Answers lines, see `forge.arena.bridge_lines`.

    What is answered depends on the line, the player and the seed alone.

    Args:
        spec: who plays.
        bid: what the declarer's side has promised: the lines do not say.
        seed: of all chance.
        device: where the player computes.

    Raises:
        ForgeError: for a player that looks at other hands, which no line tells.
    """

    def __init__(
        self, spec: PlayerSpec, bid: Bid = LOWEST_BID, seed: int = 0, device: str = "cpu"
    ) -> None:
        if spec.sees_all_hands:
            raise ForgeError(f"player {spec.text} looks at all hands, and a line tells one")
        self.player, self.bid, self.device = spec.build(device, bid), bid, device
        self._seed = seed_tensor(seed)

    def answers(self, lines: Iterable[str]) -> Iterator[str]:
        """An answer to each line; empty ones have none. What is no request is answered by `error:`
        and what is wrong with it."""
        for line in lines:
            if not line.strip():
                continue
            try:
                yield self.answer(line)
            except ForgeError as error:
                yield f"error: {error}"

    def answer(self, line: str) -> str:
        """The answer to one line.

        Raises:
            ForgeError: where it is no request.
        """
        request = read_request(line)
        if isinstance(request, DeclareRequest):
            hand = tuple(sorted(request.hand))
            return str(BestChance().decl(hand, self.bid, random.Random(0)))
        return self._play(request).line

    def _play(self, request: PlayRequest) -> PlayAnswer:
        view = view_of(request, self.bid)
        games = games_of(view)
        keys = decision_keys(self._seed, games.n_plays, _BRIDGE)
        held = sum(1 << domino for domino in view.hand)
        keys = combine(combine(keys, held), view.decl)
        for domino in view.plays:
            keys = combine(keys, domino)
        games, keys = games.to(torch.device(self.device)), keys.to(self.device)
        slot = int(self.player.slots(games, keys)[0])
        if not 0 <= slot < N_SLOTS:
            raise ForgeError("the player gives the hand up")
        # Places to the left of the declarer, who is seat 0 of the game.
        leader = (int(leaders_of(games.states)[0]) + request.bidder) % N_SEATS
        ours, theirs = view.points
        points = (ours, theirs) if request.seat % 2 == 0 else (theirs, ours)
        return PlayAnswer(int(games.hand[0, slot]), leader, points)


def view_of(request: PlayRequest, bid: Bid) -> SeatView:
    """What the seat of a request knows.

    Raises:
        ForgeError: where it cannot be: plays against the rules, by another seat, or another's turn.
    """
    declarer = (request.bidder - request.seat) % N_SEATS
    dominoes = tuple(domino for _, domino in request.plays)
    view = SeatView(request.hand, request.decl, declarer, dominoes, bid)
    for number, (place, (seat, domino)) in enumerate(
        zip(view.seats, request.plays, strict=True), start=1
    ):
        turn = (request.seat + place) % N_SEATS
        if seat != turn:
            told = f"play {number}, {domino_name(domino)}, is said to be seat {seat}'s"
            raise ForgeError(f"{told}, but it was the turn of seat {turn}")
    return view
