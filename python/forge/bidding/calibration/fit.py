"""Fits the lines of a calibration to played hands."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.bidding.calibration.columns import frame_of, is_certain, log_losses, scaled
from forge.bidding.calibration.hands import PlayedHand
from forge.bidding.calibration.logistic import CLASSES, Calibration
from forge.bidding.estimates import Floats
from forge.errors import ForgeError
from forge.extras import extra
from forge.game.contract import POINT_BIDS

with extra("train"):
    import pandas as pd

# What the log-odds at a table may depend on: `x`, the log-odds of perfect play; `kind`, the class
# of the declaration; `bid`, from -1 (30) to 1 (42). Simple ones first; held-out log loss decides.
FORMULAS: Final = (
    "x + C(kind) + bid",
    "x + C(kind) + bid + I(bid ** 2)",
    "x + C(kind) + C(bid)",
    "x * C(kind) + bid",
    "x * C(kind) + bid + I(bid ** 2)",
    "x * C(kind) + x * bid + I(bid ** 2)",
    "x * C(kind) + C(bid)",
    "x * C(kind) + x:bid + C(bid)",
)
N_FOLDS: Final = 10


def held_out_predictions(hands: Sequence[PlayedHand]) -> dict[str, Floats]:
    """By formula: the chance of each hand [N], predicted by lines fitted to nine tenths without it;
    1 where it cannot lose."""
    frame, certain = frame_of(hands), np.array([is_certain(hand) for hand in hands])
    fold = np.arange(len(frame)) % N_FOLDS
    found = {}
    for formula in FORMULAS:
        predicted = np.ones(len(frame))
        for each in range(N_FOLDS):
            rows = (fold == each) & ~certain
            fitted = _fitted(formula, frame[(fold != each) & ~certain])
            with np.errstate(over="ignore"):  # a chance of 0 or 1 as it should be
                predicted[rows] = fitted.predict(frame[rows])
        found[formula] = predicted
    return found


def held_out_losses(
    predictions: Mapping[str, Floats], hands: Sequence[PlayedHand]
) -> dict[str, Floats]:
    """By formula: the log loss of each hand [N]; predictions by formula."""
    frame = frame_of(hands)
    return {formula: log_losses(each, frame) for formula, each in predictions.items()}


def chosen_formula(losses: Mapping[str, Floats]) -> str:
    """The simplest formula that is within one standard error of the best mean loss.

    Most classes come up once in nine hands, most bids once in twenty: what so few seem to say about
    a slope of their own is mostly luck, and a least mean alone would believe it.
    """
    best = min(losses, key=lambda formula: float(losses[formula].mean()))
    for formula in FORMULAS:
        behind = losses[formula] - losses[best]
        if behind.mean() <= behind.std(ddof=1) / len(behind) ** 0.5:
            return formula
    return best


def fit(hands: Sequence[PlayedHand], formula: str, options: Mapping[str, Any]) -> Calibration:
    """The lines of one formula.

    Args:
        hands: played; those that cannot lose are left out.
        formula: one of `FORMULAS`.
        options: of the file of hands, for the record.

    Raises:
        ForgeError: where a bid or class is missing, or more perfect play would mean less.
    """
    uncertain = [hand for hand in hands if not is_certain(hand)]
    frame = frame_of(uncertain)
    points = {str(hand.contract.bid.points) for hand in uncertain}
    for name, there, wanted in (
        ("bid", points, set(map(str, POINT_BIDS))),
        ("class", set(frame["kind"]), set(CLASSES)),
    ):
        if there != wanted:
            missing = ", ".join(map(str, sorted(wanted - there)))
            raise ForgeError(f"{len(hands)} hands are too few: there is none of {name} {missing}")
    fitted = _fitted(formula, frame)
    intercepts, slopes = {}, {}
    for kind in CLASSES:
        at = [_log_odds(fitted, kind, x) for x in (0.0, 1.0)]
        intercepts[kind] = at[0].tolist()
        slopes[kind] = (at[1] - at[0]).tolist()
    n_certain = len(hands) - len(uncertain)
    made_with = {
        **options,
        "hands": len(hands),
        "numbers": _ranges([hand.number for hand in hands]),
        "cannot lose": n_certain,
        "formula": formula,
    }
    return Calibration(intercepts, slopes, made_with)


def _ranges(numbers: Sequence[int]) -> list[list[int]]:
    """First and last of each run of numbers that follow each other."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _fitted(formula: str, frame: pd.DataFrame) -> Any:
    with extra("train"):
        import statsmodels.api as sm
        import statsmodels.formula.api as smf
        from statsmodels.tools.sm_exceptions import ModelWarning

    # A bid that is in a tenth alone has its line all the same.
    formula = formula.replace("C(bid)", f"C(bid, levels={scaled(POINT_BIDS).tolist()})")
    model = smf.glm(f"made + missed ~ {formula}", data=frame, family=sm.families.Binomial())
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        # Few hands leave terms undecided; predictions stand, and held-out loss judges them.
        warnings.simplefilter("ignore", ModelWarning)
        return model.fit()


def _log_odds(fitted: Any, kind: str, x: float) -> npt.NDArray[np.float64]:
    """[13]: of the bids in order."""
    kinds = pd.CategoricalDtype(list(CLASSES))
    n = len(POINT_BIDS)
    frame = pd.DataFrame(
        {
            "x": np.full(n, x),
            "kind": pd.Series([kind] * n, dtype=kinds),
            "bid": scaled(POINT_BIDS),
        }
    )
    return np.asarray(fitted.predict(frame, which="linear"), dtype=np.float64)
