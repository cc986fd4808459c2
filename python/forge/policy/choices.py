"""Played hands as rows of a training: one for each decision that was a choice."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.contract import Bid
from forge.game.deal import Deal
from forge.play.games import Games
from forge.play.seen import needed_by, seen_by
from forge.policy.self_play import PlayedHands

# Hands replayed at a time.
_HANDS_TOGETHER: Final = 4096


@dataclass(frozen=True)
class PolicyRows:
    """R decisions.

    Args:
        context: int16 [R, 56], see `forge.ops.policy_features`.
        candidates: int16 [R, 7, 12].
        slots: int64 [R], played.
        chances: float32 [R, 7], of the acting side's end; NaN where illegal.
        decls: int8 [R].
        bids: int8 [R], as they are said.
        hands: int64 [R], which hand.
    """

    context: Tensor
    candidates: Tensor
    slots: Tensor
    chances: Tensor
    decls: Tensor
    bids: Tensor
    hands: Tensor

    def __len__(self) -> int:
        return self.slots.shape[0]

    def take(self, rows: Tensor) -> "PolicyRows":
        """Some of them: int64 [K] or bool [R]."""
        return PolicyRows(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


def check_plays(hands: PlayedHands) -> None:
    """Replay hands: the seat to act holds and may play what it plays, and chances are told where it
    had a choice, of the slots that may be played.

    Raises:
        ForgeError: that names the first hand, and the play.
    """
    if bool((hands.plays[:, 0] < 0).any()):
        raise ForgeError(f"hand {int((hands.plays[:, 0] < 0).nonzero()[0, 0])}: without a play")
    goes_on = hands.plays >= 0
    again = (goes_on[:, 1:] & ~goes_on[:, :-1]).any(dim=1)
    if bool(again.any()):
        first = int((~goes_on[again]).int().argmax(dim=1).min())
        raise ForgeError(f"a hand goes on after it ended before play {first}")
    for games, rows in _replayed(hands, torch.arange(len(hands))):
        k = games.n_plays
        is_it = (games.hand == hands.plays[rows, k, None]) & games.legal
        told = hands.chances[rows, k].isfinite()
        choice = games.legal.sum(dim=1) > 1
        for fits, what in (
            (is_it.any(dim=1), "is not a domino that the seat to act may play"),
            (~choice | (told == games.legal).all(dim=1), "has not a chance for each legal slot"),
        ):
            if not bool(fits.all()):
                raise ForgeError(f"hand {int(rows[~fits][0])}: play {k} {what}")


def _replayed(hands: PlayedHands, rows: Tensor) -> Iterator[tuple[Games, Tensor]]:
    """Hands before each of their plays, in lock step: games, and which of the hands they are, as
    long as there are any that go on.

    Raises:
        ForgeError: for a domino that the seat to act does not hold or may not play.
    """
    deals = [Deal(tuple(map(tuple, deal))) for deal in hands.deals[rows].tolist()]
    games = Games.start(deals, hands.decls[rows].tolist())
    for k in range(N_PLAYS):
        played = hands.plays[rows, k] >= 0
        games, rows = games.take(played), rows[played]
        if not len(rows):
            return
        yield games, rows
        games = games.play(_slots(hands, games, rows))


def _slots(hands: PlayedHands, games: Games, rows: Tensor) -> Tensor:
    """int64 [N]: the slots that were played next."""
    k = games.n_plays
    held = games.hand == hands.plays[rows, k, None]
    without = ~held.any(dim=1)
    if bool(without.any()):
        raise ForgeError(
            f"hand {int(rows[without][0])}: play {k} is not a domino of the seat to act"
        )
    return held.int().argmax(dim=1)


def rows_of(hands: PlayedHands) -> PolicyRows:
    """All decisions of hands that were a choice, in order of hand and play.

    Raises:
        ForgeError: if a hand cannot have been played so.
    """
    parts = [_rows_of(hands, choices) for choices in choices_of(hands)]
    if not parts:
        raise ForgeError("no decision of these hands was a choice")
    joined = {
        each.name: torch.cat([getattr(part, each.name) for part in parts])
        for each in fields(PolicyRows)
    }
    return PolicyRows(**joined)


def _rows_of(hands: PlayedHands, choices: "Choices") -> PolicyRows:
    context, candidates = ops.policy_features(*seen_by(choices.games, choices.needed))
    which = choices.hands
    return PolicyRows(
        context,
        candidates,
        choices.slots,
        choices.chances,
        hands.decls[which],
        hands.bids[which],
        which,
    )


@dataclass(frozen=True)
class Choices:
    """Decisions of N hands after as many plays, each of which was a choice.

    Args:
        games: as they stood.
        needed: int64 [N], see `forge.play.seen.needed_by`.
        slots: int64 [N], played.
        chances: float32 [N, 7], of the acting side's end; NaN where illegal.
        hands: int64 [N], which hand.
    """

    games: Games
    needed: Tensor
    slots: Tensor
    chances: Tensor
    hands: Tensor


def choices_of(hands: PlayedHands) -> Iterator[Choices]:
    """The decisions of hands that were a choice, some thousand hands at a time, play after play.

    Raises:
        ForgeError: if a hand cannot have been played so.
    """
    needed = needed_by([Bid.of(bid) for bid in hands.bids.tolist()], len(hands))
    for start in range(0, len(hands), _HANDS_TOGETHER):
        some = torch.arange(start, min(start + _HANDS_TOGETHER, len(hands)))
        for games, rows in _replayed(hands, some):
            choice = games.legal.sum(dim=1) > 1
            if bool(choice.any()):
                which = rows[choice]
                slots = _slots(hands, games, rows)[choice]
                chances = hands.chances[which, games.n_plays]
                yield Choices(games.take(choice), needed[which], slots, chances, which)
