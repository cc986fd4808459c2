"""Deals in which a hand falls short, and how they were played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from forge.bidding.deals import deals_around
from forge.bidding.replay import Replay, perfect_plays, replay
from forge.bidding.simulate import (
    Points,
    Progress,
    Simulator,
    blocks,
    perfect_points,
    play_keys,
    played_games,
)
from forge.game.contract import Contract
from forge.game.deal import Deal


@dataclass(frozen=True)
class Losses:
    """The deals of a series in which a contract is set.

    Args:
        n_deals: how many were looked at, numbers 0 to n_deals - 1.
        contract: what was wanted.
        numbers: int64 [K], of the deals that fell short, the fewest points first.
        points: int8 [K], team 0's points in them.
    """

    n_deals: int
    contract: Contract
    numbers: npt.NDArray[np.int64]
    points: Points


@dataclass(frozen=True)
class LostDeal:
    """One of them.

    Args:
        number: of the deal in its series.
        played: as it was played.
        perfect: as four perfect players would have played it, all hands open.
    """

    number: int
    played: Replay
    perfect: Replay


def find_losses(
    simulator: Simulator,
    hand: Sequence[int],
    contract: Contract,
    n_deals: int,
    on_deals: Progress | None = None,
) -> Losses:
    """Look for deals in which a contract is set.

    Perfect play asks each deal the yes-or-no question, and for the points of the lost ones alone.

    Args:
        simulator: who plays, and the seed.
        hand: seven domino ids, of seat 0.
        contract: what team 0 plays for.
        n_deals: deals to look at.
        on_deals: as in `Simulator.points`.
    """
    if simulator.is_perfect:
        made = simulator.made(hand, [contract.decl], 0, n_deals, contract.bid, on_deals)[0]
        numbers = (~made).nonzero()[0]
        points = np.empty(0, np.int8)
        if len(numbers):
            points = perfect_points(_deals(simulator, hand, n_deals)[numbers], contract.decl)
    else:
        all_points = simulator.points(hand, [contract.decl], 0, n_deals, on_deals)[0]
        numbers = (~contract.bid.is_made(all_points)).nonzero()[0]
        points = all_points[numbers]
    order = np.lexsort((numbers, points))
    return Losses(n_deals, contract, numbers[order], points[order])


def lost_deals(
    simulator: Simulator, hand: Sequence[int], losses: Losses, n_shown: int
) -> list[LostDeal]:
    """Replay the worst of the lost deals, at most `n_shown`."""
    numbers, decl = losses.numbers[:n_shown], losses.contract.decl
    if not len(numbers):
        return []
    deals = _deals(simulator, hand, losses.n_deals)[numbers]
    perfect = perfect_plays(deals.cpu(), decl)
    played = perfect if simulator.is_perfect else _played(simulator, hand, losses, numbers)
    return [
        LostDeal(
            number,
            replay(Deal.from_hands(deal), decl, plays),
            replay(Deal.from_hands(deal), decl, best),
        )
        for number, deal, plays, best in zip(
            numbers.tolist(), deals.tolist(), played, perfect, strict=True
        )
    ]


def _deals(simulator: Simulator, hand: Sequence[int], n_deals: int) -> Tensor:
    return deals_around(hand, simulator.seed, 0, n_deals).to(simulator.device)


def _played(
    simulator: Simulator,
    hand: Sequence[int],
    losses: Losses,
    numbers: npt.NDArray[np.int64],
) -> list[tuple[int, ...]]:
    """The plays of some deals, again as `Simulator.points` had them played.

    Where a file decides (a network, a user's player) its whole block is played again: in a batch of
    another size it may round differently.
    """
    player = simulator.player.build(simulator.device, simulator.bid)
    lines = []
    for number in numbers.tolist():
        first, stop = number, number + 1
        if simulator.player.file is not None:
            all_blocks = blocks(0, losses.n_deals)
            first, stop = next(each for each in all_blocks if each[0] <= number < each[1])
        deals = deals_around(hand, simulator.seed, first, stop).to(simulator.device)
        games = played_games(
            deals, losses.contract.decl, player, play_keys(simulator.seed, first, stop)
        )
        lines.append(tuple(games.plays[number - first].tolist()))
    return lines
