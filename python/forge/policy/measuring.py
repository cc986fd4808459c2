"""How well a policy says what was played, by declaration and bid, and what more hands bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from forge.errors import ForgeError
from forge.game.contract import BIDS
from forge.game.declarations import DECLARATION_NAMES
from forge.policy.choices import PolicyRows
from forge.policy.learning import PolicyFigures, figures_of, split_hands, train_policy
from forge.policy.numbers import PolicyNumbers
from forge.policy.settings import PolicyTraining
from forge.policy.sparse_network import PolicyNetwork


@dataclass(frozen=True)
class PolicyReport:
    """Figures of a policy over decisions held out.

    Args:
        overall: of all of them.
        by_declaration: by name; those that have decisions.
        by_bid: by number as it is said; those that have decisions.
    """

    overall: PolicyFigures
    by_declaration: dict[str, PolicyFigures]
    by_bid: dict[str, PolicyFigures]


def measure_policy(policy: PolicyNumbers, rows: PolicyRows) -> PolicyReport:
    """Figures over rows.

    Raises:
        ForgeError: without rows.
    """
    if not len(rows):
        raise ForgeError("no decisions to measure on: 100 hands or more")
    network = PolicyNetwork()
    network.start_from(policy)

    def of(chosen: torch.Tensor) -> PolicyFigures | None:
        return figures_of(network, rows.take(chosen)) if bool(chosen.any()) else None

    decls = {name: of(rows.decls == i) for i, name in enumerate(DECLARATION_NAMES)}
    bids = {str(bid): of(rows.bids == bid.number) for bid in BIDS}
    return PolicyReport(
        figures_of(network, rows),
        {name: found for name, found in decls.items() if found is not None},
        {name: found for name, found in bids.items() if found is not None},
    )


@dataclass(frozen=True)
class HandsPoint:
    """What a policy learnt from so many hands is worth on the hands held out."""

    hands: int
    report: PolicyReport


def hands_curve(
    rows: PolicyRows,
    sizes: Sequence[int],
    training: PolicyTraining,
    told: Callable[[HandsPoint], None] = lambda point: None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[HandsPoint]:
    """New policies, each learnt from the first so many hands; all measured on the same ones.

    Args:
        rows: of all hands; the same are held out whatever the size.
        sizes: numbers of hands, those held out included.
        training: how.
        told: called after each.
        stopped: asked now and then; true ends it with the points there are.

    Raises:
        ForgeError: for a size of which there are not as many hands, or too few.
    """
    n_hands = int(rows.hands.max()) + 1 if len(rows) else 0
    for size in sizes:
        if not 100 <= size <= n_hands:
            raise ForgeError(f"a curve takes 100..{n_hands} hands, got {size}")
    _, held = split_hands(rows)
    points = []
    for size in sizes:
        policy = train_policy(rows.take(rows.hands < size), training, stopped=stopped)
        if stopped():
            break
        points.append(HandsPoint(size, measure_policy(policy, held)))
        told(points[-1])
    return points
