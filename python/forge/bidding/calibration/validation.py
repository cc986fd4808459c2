"""How far the chances of a calibration are off on hands that were played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.bidding.calibration.columns import frame_of, is_certain, log_losses, share_of
from forge.bidding.calibration.hands import PlayedHand
from forge.bidding.calibration.logistic import Calibration, class_of
from forge.bidding.estimates import Floats
from forge.bidding.simulate import Made
from forge.errors import ForgeError

N_BINS: Final = 10
# Of a class or a bid: fewer bins, so that each has that many hands.
BIN_HANDS: Final = 100
N_RESAMPLES: Final = 1000
BOOTSTRAP_SEED: Final = 0


@dataclass(frozen=True)
class Bin:
    """Hands of about the same predicted chance."""

    predicted: float
    realised: float
    n_hands: int


@dataclass(frozen=True)
class Part:
    """Hands of one class of declaration, or with one bid.

    Args:
        predicted, realised: mean chance, and mean share that was made.
        error, by_chance: as in `Validation`, over at most ten bins of at least 100 of these hands.
    """

    n_hands: int
    predicted: float
    realised: float
    error: float
    by_chance: float

    def to_json(self) -> dict[str, Any]:
        """What a calibration records."""
        values = asdict(self)
        return {"hands": values.pop("n_hands"), **values}


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
        classes, bids: the same hands apart, by class of the declaration and by number of the bid.
    """

    n_hands: int
    error: float
    interval: tuple[float, float]
    by_chance: float
    log_loss: float
    bins: tuple[Bin, ...]
    classes: Mapping[str, Part]
    bids: Mapping[str, Part]

    def to_json(self) -> dict[str, Any]:
        """What a calibration records."""
        return {
            "hands": self.n_hands,
            "error": self.error,
            "interval": list(self.interval),
            "by_chance": self.by_chance,
            "log_loss": self.log_loss,
            "bins": [[each.predicted, each.realised, each.n_hands] for each in self.bins],
            "classes": {name: part.to_json() for name, part in self.classes.items()},
            "bids": {name: part.to_json() for name, part in self.bids.items()},
        }


def validate(predicted: Floats, hands: Sequence[PlayedHand]) -> Validation:
    """How far predictions [N] are off.

    Raises:
        ForgeError: for fewer hands than bins.
    """
    if len(hands) < N_BINS:
        raise ForgeError(f"validation takes at least {N_BINS} hands, got {len(hands)}")
    frame = frame_of(hands)
    realised = (frame["made"] / (frame["made"] + frame["missed"])).to_numpy()
    bins = _bins(predicted, realised)
    error, n_played = _error(predicted, realised), (frame["made"] + frame["missed"]).to_numpy()
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    again = np.empty(N_RESAMPLES)
    for i in range(N_RESAMPLES):
        rows = rng.integers(len(predicted), size=len(predicted))
        again[i] = _error(predicted[rows], realised[rows])

    def part(rows: Made) -> Part:
        p, share = predicted[rows], realised[rows]
        n_bins = min(N_BINS, max(1, len(p) // BIN_HANDS))
        error, lucky = _error(p, share, n_bins), _by_chance(p, n_played[rows], rng, n_bins)
        return Part(len(p), float(p.mean()), float(share.mean()), error, lucky)

    def parts(names: Sequence[str]) -> dict[str, Part]:
        each = np.array(names)
        return {name: part(each == name) for name in dict.fromkeys(sorted(names))}

    low, high = np.clip(np.percentile(again, [2.5, 97.5]) - again.mean() + error, 0.0, 1.0)
    return Validation(
        len(hands),
        error,
        (float(low), float(high)),
        _by_chance(predicted, n_played, rng),
        float(log_losses(predicted, frame).mean()),
        tuple(bins),
        parts([class_of(hand.decl) for hand in hands]),
        parts([str(hand.bid) for hand in hands]),
    )


def predictions(calibration: Calibration, hands: Sequence[PlayedHand]) -> Floats:
    """The predicted chance of each hand [N]."""
    return np.array(
        [
            1.0
            if is_certain(hand)
            else float(calibration.chance(share_of(hand), len(hand.perfect), hand.contract))
            for hand in hands
        ]
    )


def perfect_shares(hands: Sequence[PlayedHand]) -> Floats:
    """The share of deals that perfect play makes, of each hand [N]: a prediction that flatters."""
    return np.array([share_of(hand) for hand in hands])


def validated(calibration: Calibration, found: Validation, by_tenths: bool) -> Calibration:
    """The calibration with its validation on record.

    Args:
        by_tenths: the hands are those that it was fitted to, each tenth predicted by a fit to the
            rest; else they are others.
    """
    return replace(calibration, validation={"by_tenths": by_tenths, **found.to_json()})


def _bins(predicted: Floats, realised: Floats) -> list[Bin]:
    order = np.argsort(predicted, kind="stable")
    return [
        Bin(float(predicted[rows].mean()), float(realised[rows].mean()), len(rows))
        for rows in np.array_split(order, N_BINS)
    ]


def _by_chance(
    predicted: Floats, n_played: npt.NDArray[Any], rng: np.random.Generator, n_bins: int = N_BINS
) -> float:
    """The mean error of predictions without fault."""
    lucky = [
        _error(predicted, rng.binomial(n_played, predicted) / n_played, n_bins)
        for _ in range(N_RESAMPLES)
    ]
    return float(np.mean(lucky))


def _error(predicted: Floats, realised: Floats, n_bins: int = N_BINS) -> float:
    """The expected calibration error over the bins."""
    order = np.argsort(predicted, kind="stable")
    gaps = np.array_split((predicted - realised)[order], n_bins)
    return float(sum(abs(gap.sum()) for gap in gaps) / len(order))
