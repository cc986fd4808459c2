"""What the plays told the seat to act: who may hold each hidden domino, before and after."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import torch

from forge import ops
from forge.game.constants import N_PLAYS, N_SEATS
from forge.game.contract import Bid
from forge.look.decision_view import DecisionView
from forge.play.keys import decision_keys
from forge.policy import SHIPPED
from forge.policy.numbers import PolicyNumbers, load_policy
from forge.work.wording import counted

N_WORLDS: Final = 2000
_PURPOSE: Final = 64  # of the random numbers, beside those of games
_Three = tuple[float, float, float]


@dataclass(frozen=True)
class HiddenDomino:
    """One that the seat to act does not see.

    Args:
        domino: id.
        before: chances that the left, the partner and the right hold it, if every world that fits
            counts alike.
        after: if worlds count by how well a policy explains the plays.
        holder: who holds it, 0..2 of these.
    """

    domino: int
    before: _Three
    after: _Three
    holder: int


@dataclass(frozen=True)
class Told:
    """What plays told.

    Args:
        dominoes: hidden ones, ascending.
        n_worlds: weighed.
        n_possible: all that fit.
        effective: how many alike would tell as much.
    """

    dominoes: tuple[HiddenDomino, ...]
    n_worlds: int
    n_possible: int
    effective: float

    @property
    def summary(self) -> str:
        """How many hidden hands there are, and what is known of them, as a line."""
        drawn = f"{self.n_worlds:,} drawn of " if self.n_worlds < self.n_possible else ""
        fit = f"{drawn}{counted(self.n_possible, 'hidden hand')} that fit"
        return f"{fit}; weighed, they count as {self.effective:,.0f}"


@lru_cache(maxsize=4)
def policy_of(path: Path | None) -> PolicyNumbers:
    """The policy of a file, None: the one that comes with forge.

    Raises:
        ForgeError: for a file that holds none.
    """
    return load_policy(SHIPPED if path is None else path)


@lru_cache(maxsize=64)
def what_plays_told(view: DecisionView, bid: Bid, path: Path | None = None) -> Told:
    """Weigh worlds by how a policy would have played; the same numbers for the same decision.

    Args:
        view: the decision.
        bid: of team 0.
        path: of the policy, see `policy_of`.

    Raises:
        ForgeError: for a file that holds no policy.
    """
    played = [play.domino for won in view.tricks for play in won.plays]
    played += [play.domino for play in view.trick.plays]
    plays = torch.full((1, N_PLAYS), -1, dtype=torch.int8)
    plays[0, : len(played)] = torch.tensor(played, dtype=torch.int8)
    own = [each.domino for each in view.hands[view.player]]
    found = ops.hidden_dominoes(
        torch.tensor([own], dtype=torch.int8),
        torch.tensor([view.decl], dtype=torch.int8),
        plays,
        torch.tensor([bid.points], dtype=torch.int8),
        decision_keys(torch.tensor([view.seed]), view.decision, _PURPOSE),
        policy_of(path).tensor,
        n_worlds=N_WORLDS,
    )
    before, after = found.before[0].T.tolist(), found.after[0].T.tolist()
    dominoes = [
        HiddenDomino(each.domino, _three(before[each.domino]), _three(after[each.domino]), k)
        for k in range(N_SEATS - 1)
        for each in view.hands[(view.player + 1 + k) % N_SEATS]
        if each.held
    ]
    dominoes.sort(key=lambda each: each.domino)
    return Told(
        tuple(dominoes),
        int(found.n_worlds[0]),
        int(found.n_possible[0]),
        float(found.effective[0]),
    )


def _three(chances: list[float]) -> _Three:
    left, partner, right = chances
    return left, partner, right
