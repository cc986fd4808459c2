"""Calibrations and evaluations that no game stands behind."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forge.arena.registry import parse_player
from forge.bidding.calibration.logistic import Calibration
from forge.bidding.estimates import make_table
from forge.bidding.hand import BIDDING_DECLS, parse_hand
from forge.bidding.hand_evaluation import Evaluation
from forge.bidding.plan import Plan
from forge.bidding.simulate import Simulator
from support.calibrations import straight

HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")
# Chances at a table are lower than those of perfect play.
CALIBRATION = replace(straight(-0.8, 0.7), made_with={"hands": 1234, "player": "make:n=9"})


def evaluation(
    means: Sequence[float],
    player: str = "oracle",
    calibration: Calibration | None = None,
    n_deals: int = 200,
) -> Evaluation:
    """One with points around these means, of the first of the usual declarations."""
    rng = np.random.default_rng(1)
    spread = rng.normal(0.0, 6.0, (len(means), n_deals))
    points = np.clip(np.round(np.array(means)[:, None] + spread), 0, 42).astype(np.int8)
    decls = BIDDING_DECLS[: len(means)]
    table = make_table(decls, points)
    return Evaluation(
        HAND,
        Simulator(parse_player(player)),
        Plan(n_deals),
        tuple(points),
        table,
        calibration,
        calibration.apply(table, HAND) if calibration else table,
        (),
    )
