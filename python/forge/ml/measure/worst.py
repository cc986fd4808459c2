"""The positions where a network loses most, as text that `forge solve` takes."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch import Tensor

from forge.game.constants import N_SLOTS
from forge.game.deal import Deal
from forge.game.declarations import declaration_name
from forge.game.tables import domino_name
from forge.learn.batches import RowSource, choose_slots
from forge.ml.measure.detokenize import PositionBatch, positions_of, trick_numbers
from forge.ml.measure.report import WorstPosition
from forge.ml.metrics import best_qvals, regret
from forge.ml.networks.transformer import DECL_FEATURE
from forge.oracle.history import plays_to
from forge.oracle.position import Position

if TYPE_CHECKING:
    from forge.ml.measure.network_pass import Predict


def worst_positions(
    predict: "Predict",
    rows: RowSource,
    indices: npt.NDArray[np.int64],
    regrets: npt.NDArray[np.uint8],
    n_worst: int,
) -> list[WorstPosition]:
    """Describe the evaluated rows with the largest regret.

    Args:
        predict: what was evaluated.
        rows: what it was evaluated on.
        indices: the rows evaluated, int64 [N].
        regrets: their regret in points [N].
        n_worst: how many to describe.

    Returns:
        At most `n_worst`, the largest regret first, equal ones in row order; rows without regret
        are not among them.
    """
    order = np.argsort(-regrets.astype(np.int16), kind="stable")[:n_worst]
    chosen = indices[order[regrets[order] > 0]].tolist()
    if not chosen:
        return []
    batch = rows.__getitems__(chosen)
    scores, _ = predict(batch["tokens"], batch["masks"], batch["players"])
    scores = scores.float().cpu()
    positions = positions_of(batch)
    return [_describe(row, i, batch, scores, positions) for i, row in enumerate(chosen)]


def _describe(
    row: int, i: int, batch: Mapping[str, Tensor], scores: Tensor, positions: PositionBatch | None
) -> WorstPosition:
    one = {name: array[i : i + 1] for name, array in batch.items()}
    legal, teams, qvals = one["legal"], one["teams"], one["qvals"]
    seat = int(one["players"][0])
    names = _slot_names(one["tokens"], seat)
    slots = [slot for slot in range(N_SLOTS) if legal[0, slot]]
    _, is_best = best_qvals(qvals, legal, teams)
    decl = int(one["tokens"][0, 0, DECL_FEATURE])
    state = position = command = None
    if positions is not None:
        state = int(positions.states[i])
        deal = Deal.from_hands(positions.deals[i].tolist())
        replayed = Position(deal, decl, plays_to(deal, decl, state))
        position, command = replayed.text, solve_command(replayed)
    return WorstPosition(
        row=row,
        regret=int(regret(scores[i : i + 1], qvals, legal, teams)[0]),
        trick=int(trick_numbers(one["tokens"])[0]) + 1,
        declaration=declaration_name(decl),
        seat=seat,
        value=int(one["values"][0]),
        chosen=names[int(choose_slots(scores[i : i + 1], legal)[0])],
        best=[names[slot] for slot in slots if is_best[0, slot]],
        q={names[slot]: int(qvals[0, slot]) for slot in slots},
        scores={names[slot]: round(float(scores[i, slot]), 3) for slot in slots},
        state=state,
        position=position,
        command=command,
    )


def _slot_names(tokens: Tensor, seat: int) -> Sequence[str]:
    """The seven dominoes dealt to a seat, from `tokens` [1, 32, 12]."""
    dealt = tokens[0, 1 + N_SLOTS * seat : 1 + N_SLOTS * (seat + 1)].tolist()
    return [domino_name(high * (high + 1) // 2 + low) for high, low, *_ in dealt]


def solve_command(position: Position) -> str:
    """The `forge solve` line that solves a position exactly, ready for a shell."""
    words = ["forge", "solve", "--deal", position.deal.text.replace(" ", "")]
    words += ["--decl", declaration_name(position.decl)]
    if position.plays:
        words += ["--plays", ",".join(map(domino_name, position.plays))]
    return shlex.join(words)
