"""Fits the lines of a calibration to played hands, and says how far they are off on others."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.bidding.calibration.hands import PlayedHand
from forge.bidding.calibration.logistic import CLASSES, Calibration, class_of, evidence
from forge.bidding.estimates import Floats
from forge.errors import ForgeError
from forge.extras import extra
from forge.game.contract import POINT_BIDS, Bid

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
N_BINS: Final = 10
N_RESAMPLES: Final = 1000
BOOTSTRAP_SEED: Final = 0


@dataclass(frozen=True)
class Bin:
    """Hands of about the same predicted chance."""

    predicted: float
    realised: float
    n_hands: int


@dataclass(frozen=True)
class Validation:
    """Predictions against what was made.

    Args:
        n_hands: each is played at least once.
        error: expected calibration error over bins of equally many hands: mean of |mean prediction
            - mean realised|, as a chance.
        interval: of the error, 95 %: whole hands drawn again, less what drawing again adds to the
            error on average.
        by_chance: the error that predictions without fault would show on average, by the luck of
            so many hands alone.
        log_loss: mean over hands, natural logarithm.
        bins: from the lowest prediction to the highest.
    """

    n_hands: int
    error: float
    interval: tuple[float, float]
    by_chance: float
    log_loss: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Any]:
        """What a calibration records."""
        return {
            "hands": self.n_hands,
            "error": self.error,
            "interval": list(self.interval),
            "by_chance": self.by_chance,
            "log_loss": self.log_loss,
            "bins": [[each.predicted, each.realised, each.n_hands] for each in self.bins],
        }


def frame_of(hands: Sequence[PlayedHand]) -> pd.DataFrame:
    """A row a hand: x, kind, bid (scaled), share (of perfect play), made and missed (played)."""
    kinds = pd.CategoricalDtype(list(CLASSES))
    shares = np.array([_share(hand) for hand in hands])
    made = np.array([hand.made for hand in hands])
    return pd.DataFrame(
        {
            "x": evidence(shares, [len(hand.perfect) for hand in hands]),
            "kind": pd.Series([class_of(hand.decl) for hand in hands], dtype=kinds),
            "bid": _scaled([hand.contract.bid for hand in hands]),
            "share": shares,
            "made": made,
            "missed": np.array([len(hand.played) for hand in hands]) - made,
        }
    )


def held_out_losses(hands: Sequence[PlayedHand]) -> dict[str, Floats]:
    """By formula: the log loss of each hand [N], fitted to others (ten-fold)."""
    frame = frame_of(hands)
    fold = np.arange(len(frame)) % N_FOLDS
    losses = {}
    for formula in FORMULAS:
        predicted = np.empty(len(frame))
        for each in range(N_FOLDS):
            fitted = _fitted(formula, frame[fold != each])
            predicted[fold == each] = fitted.predict(frame[fold == each])
        losses[formula] = _log_losses(predicted, frame)
    return losses


def chosen_formula(losses: Mapping[str, Floats]) -> str:
    """The simplest formula that is within one standard error of the best mean loss.

    Half the classes come up once in 25 hands: what so few hands seem to say about a slope of their
    own is mostly luck, and a least mean alone would believe it.
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
        hands: played.
        formula: one of `FORMULAS`.
        options: of the file of hands, for the record.

    Raises:
        ForgeError: where a bid or class is missing, or more perfect play would mean less.
    """
    frame = frame_of(hands)
    for name, there, wanted in (
        ("bid", {str(hand.bid) for hand in hands}, set(map(str, POINT_BIDS))),
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
    made_with = {**options, "hands": len(hands), "formula": formula}
    return Calibration(intercepts, slopes, made_with)


def validate(calibration: Calibration, hands: Sequence[PlayedHand]) -> Validation:
    """How far predictions are off.

    Raises:
        ForgeError: for fewer hands than bins.
    """
    predicted = predictions(calibration, hands)
    return validate_predictions(predicted, hands)


def validate_predictions(predicted: Floats, hands: Sequence[PlayedHand]) -> Validation:
    """As `validate`, of any predictions [N]."""
    if len(hands) < N_BINS:
        raise ForgeError(f"validation takes at least {N_BINS} hands, got {len(hands)}")
    frame = frame_of(hands)
    realised = (frame["made"] / (frame["made"] + frame["missed"])).to_numpy()
    bins = _bins(predicted, realised)
    error, n_played = _error(predicted, realised), (frame["made"] + frame["missed"]).to_numpy()
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    again, lucky = np.empty(N_RESAMPLES), np.empty(N_RESAMPLES)
    for i in range(N_RESAMPLES):
        rows = rng.integers(len(predicted), size=len(predicted))
        again[i] = _error(predicted[rows], realised[rows])
        lucky[i] = _error(predicted, rng.binomial(n_played, predicted) / n_played)
    low, high = np.clip(np.percentile(again, [2.5, 97.5]) - again.mean() + error, 0.0, 1.0)
    return Validation(
        len(hands),
        error,
        (float(low), float(high)),
        float(lucky.mean()),
        float(_log_losses(predicted, frame).mean()),
        tuple(bins),
    )


def predictions(calibration: Calibration, hands: Sequence[PlayedHand]) -> Floats:
    """The predicted chance of each hand [N]."""
    return np.array(
        [
            float(calibration.chance(_share(hand), len(hand.perfect), hand.contract))
            for hand in hands
        ]
    )


def perfect_shares(hands: Sequence[PlayedHand]) -> Floats:
    """The share of deals that perfect play makes, of each hand [N]."""
    return np.array([_share(hand) for hand in hands])


def validated(calibration: Calibration, found: Validation) -> Calibration:
    """The calibration with its validation on record."""
    return replace(calibration, validation=found.to_json())


def _scaled(bids: Sequence[Bid]) -> Floats:
    """-1 for 30 to 1 for 42: as they are, squares would hardly differ from multiples."""
    lowest, highest = POINT_BIDS[0].points, POINT_BIDS[-1].points
    points = np.array([bid.points for bid in bids], dtype=np.float64)
    found: Floats = (2 * points - lowest - highest) / (highest - lowest)
    return found


def _share(hand: PlayedHand) -> float:
    return sum(map(hand.contract.bid.is_made, hand.perfect)) / len(hand.perfect)


def _fitted(formula: str, frame: pd.DataFrame) -> Any:
    with extra("train"):
        import statsmodels.api as sm
        import statsmodels.formula.api as smf
        from statsmodels.tools.sm_exceptions import ModelWarning

    model = smf.glm(f"made + missed ~ {formula}", data=frame, family=sm.families.Binomial())
    with warnings.catch_warnings():
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
            "bid": _scaled(POINT_BIDS),
        }
    )
    return np.asarray(fitted.predict(frame, which="linear"), dtype=np.float64)


def _log_losses(predicted: npt.ArrayLike, frame: pd.DataFrame) -> Floats:
    """[N], natural logarithm."""
    p = np.clip(np.asarray(predicted, dtype=np.float64), 1e-6, 1 - 1e-6)
    made, missed = frame["made"].to_numpy(), frame["missed"].to_numpy()
    losses: Floats = -(made * np.log(p) + missed * np.log(1 - p)) / (made + missed)
    return losses


def _bins(predicted: Floats, realised: Floats) -> list[Bin]:
    order = np.argsort(predicted, kind="stable")
    return [
        Bin(float(predicted[rows].mean()), float(realised[rows].mean()), len(rows))
        for rows in np.array_split(order, N_BINS)
    ]


def _error(predicted: Floats, realised: Floats) -> float:
    """The expected calibration error over the bins."""
    order = np.argsort(predicted, kind="stable")
    gaps = np.array_split((predicted - realised)[order], N_BINS)
    return float(sum(abs(gap.sum()) for gap in gaps) / len(order))
