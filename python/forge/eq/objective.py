"""The objective `make`: the chance that the contract at stake is made, or set.

A hand is played for its contract: once the declarer's team has its points, or can no longer get
them, further points are worth nothing. The chance is the share of the worlds in which the contract
is made under best play with open hands, taken over the same worlds as E[Q], which breaks ties.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from forge.eq.asked import asked_for_chances
from forge.eq.estimate import Estimate, estimate, possible_worlds
from forge.eq.exact import answers_natively, estimate_natively
from forge.eq.oracle import Oracle
from forge.eq.settings import EstimateConfig
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS, N_SEATS, N_SLOTS
from forge.game.contract import Bid
from forge.game.tables import COUNT_POINTS
from forge.play.games import Games

# Chances that differ by less come from the same worlds, summed in floating point.
_TIE = 1e-9

_COUNT_POINTS = torch.from_numpy(COUNT_POINTS.copy()).long()


def make_targets(games: Games, bids: Bid | Sequence[Bid]) -> Tensor:
    """What team 0 still needs to make its bid: `Bid.target` of many games.

    Args:
        games: B games.
        bids: of team 0, one for all or one a game.

    Returns:
        int8 [B], the least value-to-go with which the bid is made, **team-0 frame**.
    """
    promised = [bids] * len(games) if isinstance(bids, Bid) else bids
    targets = torch.tensor([bid.target() for bid in promised], dtype=torch.int64)
    return (targets.to(games.diff.device) - games.diff).to(torch.int8)


def is_decided(games: Games, targets: Tensor) -> Tensor:
    """bool [B]: whether the contract is made or set whatever is played from here on.

    Args:
        games: B games.
        targets: of `make_targets`.
    """
    left = points_left(games)
    return (targets <= -left) | (targets > left)


def points_left(games: Games) -> Tensor:
    """int64 [B]: points of the hand that no team has yet, those of the current trick included."""
    n_tricks = games.n_plays // N_SEATS
    won = games.plays[:, : n_tricks * N_SEATS].long()
    counts = _COUNT_POINTS.to(won.device)[won].sum(dim=1)
    return HAND_POINTS - n_tricks - counts


def contract_chances(
    games: Games,
    keys: Tensor,
    oracle: Oracle,
    config: EstimateConfig,
    targets: Tensor,
    policy: Tensor | None = None,
) -> Tensor:
    """How likely each play brings the acting team what it wants of the contract.

    Args:
        games: B games, none of them over.
        keys: int64 [B]; the worlds of a decision depend on its key alone and are those of
            `estimate`.
        oracle: who knows whether the contract is made in a world.
        config: which worlds, and how they are weighed; sampling is not adaptive.
        targets: int8 [B], value-to-go that team 0 needs, of `make_targets`.
        policy: float32 [N], numbers of the policy that the config's posterior goes by, if it does.

    Returns:
        float64 [B, 7], **acting-team frame**: that the contract is made where team 0 acts, that it
        is set where team 1 does; NaN where not legal.

    Raises:
        ForgeError: if a game is over or no world fits, or with adaptive sampling.
    """
    if config.adaptive is not None:
        raise ForgeError("the chance of a contract takes a number of worlds: no adaptive sampling")
    n_possible = possible_worlds(games)
    if not answers_natively(games, oracle, config):
        return asked_for_chances(games, keys, n_possible, oracle, config, targets)
    chances = _sure_chances(games, targets)
    rows = (~is_decided(games, targets)).nonzero()[:, 0]
    if len(rows):
        some = games.take(rows)
        needed = _points_needed(some, targets[rows])
        found = estimate_natively(some, keys[rows], config, needed, policy, for_chance=True)
        chances[rows] = found.chances
    return chances


def _sure_chances(games: Games, targets: Tensor) -> Tensor:
    """float64 [B, 7]: chances where the contract is decided, 0 or 1."""
    made = targets <= -points_left(games)
    wanted = (made == (games.signs > 0)).double()[:, None].expand(-1, N_SLOTS)
    return wanted.masked_fill(~games.legal, torch.nan)


def _points_needed(games: Games, targets: Tensor) -> Tensor:
    """int8 [B]: points of the 42 that team 0 needs, of targets where nothing is decided."""
    left = points_left(games)
    still = (targets + left + 1) // 2
    won = (HAND_POINTS - left + games.diff) // 2
    return (won + still).to(torch.int8)


def choose_for_contract(
    games: Games,
    keys: Tensor,
    oracle: Oracle,
    config: EstimateConfig,
    bids: Bid | Sequence[Bid],
    found: Estimate | None = None,
    policy: Tensor | None = None,
) -> Tensor:
    """The play with the best chance; of equals the one with the best E[Q], then the lowest slot.

    Where the contract is decided, E[Q] alone counts. Other arguments and errors as
    `contract_chances`.

    Args:
        bids: of team 0, one for all or one a game.
        found: the estimate of the same games, keys, config and bids; None makes one where plays
            tie.

    Returns:
        int64 [B], slots.
    """
    chances = torch.zeros(games.legal.shape, dtype=torch.float64, device=games.states.device)
    chances.masked_fill_(~games.legal, torch.nan)
    targets = make_targets(games, bids)
    rows = (~is_decided(games, targets)).nonzero()[:, 0]
    if len(rows):
        if found is not None and found.chances is not None:
            chances[rows] = found.chances[rows]
        else:
            of_open = games.take(rows), keys[rows], oracle, config, targets[rows]
            chances[rows] = contract_chances(*of_open, policy)
    chances = chances.nan_to_num(-1.0)
    best = chances >= chances.amax(dim=1, keepdim=True) - _TIE
    slots = best.int().argmax(dim=1)
    tied = (best.sum(dim=1) > 1).nonzero()[:, 0]
    if len(tied):
        if found is None:
            promised = bids if isinstance(bids, Bid) else [bids[row] for row in tied.tolist()]
            of_tied = estimate(games.take(tied), keys[tied], oracle, config, promised, policy).mean
        else:
            of_tied = found.mean[tied]
        slots[tied] = of_tied.masked_fill(~best[tied], -torch.inf).argmax(dim=1)
    return slots
