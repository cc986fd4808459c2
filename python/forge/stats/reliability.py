"""Whether predicted points can be taken at their word: predicted bins against the mean truth."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

BIN_POINTS: Final = 4
# Values lie in -42..42; what a network predicts beyond that goes to the outermost bins.
BIN_EDGES: Final = np.arange(-44, 45, BIN_POINTS)
# Signed errors are counted per point; the outermost bins take everything beyond.
ERROR_EDGES: Final = np.arange(-30.5, 31.0, 1.0)


class Reliability:
    """Reliability of predicted points, all in one frame (the **acting-team frame** here).

    Per bin of the prediction, 4 points wide from -44 to 44: how many, their mean prediction and
    their mean truth. Beside that a histogram of predicted minus true, one point a bin.
    """

    def __init__(self) -> None:
        n_bins = len(BIN_EDGES) - 1
        self.counts: FloatArray = np.zeros(n_bins)
        self.predicted_sums: FloatArray = np.zeros(n_bins)
        self.true_sums: FloatArray = np.zeros(n_bins)
        self.error_counts: FloatArray = np.zeros(len(ERROR_EDGES) - 1)

    def update(self, predicted: FloatArray, true: FloatArray) -> None:
        """Count predictions [M] and what was true [M], in points."""
        n_bins = len(self.counts)
        bins = np.clip(np.digitize(predicted, BIN_EDGES) - 1, 0, n_bins - 1)
        self.counts += np.bincount(bins, minlength=n_bins)
        self.predicted_sums += np.bincount(bins, weights=predicted, minlength=n_bins)
        self.true_sums += np.bincount(bins, weights=true, minlength=n_bins)
        errors = np.clip(predicted - true, ERROR_EDGES[0], ERROR_EDGES[-1])
        self.error_counts += np.histogram(errors, ERROR_EDGES)[0]

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean |mean prediction - mean truth|, points; NaN if empty."""
        n = self.counts.sum()
        return float(np.abs(self.predicted_sums - self.true_sums).sum() / n) if n else float("nan")

    def bins(self) -> list[dict[str, float]]:
        """The bins that hold anything: `low`, `high`, `n`, `mean_predicted`, `mean_true`."""
        return [
            {
                "low": float(BIN_EDGES[i]),
                "high": float(BIN_EDGES[i + 1]),
                "n": int(self.counts[i]),
                "mean_predicted": float(self.predicted_sums[i] / self.counts[i]),
                "mean_true": float(self.true_sums[i] / self.counts[i]),
            }
            for i in np.flatnonzero(self.counts)
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values: bins, expected calibration error, histogram of errors."""
        return {
            "expected_calibration_error": self.expected_error,
            "bins": self.bins(),
            "error_histogram": {
                "first_edge": float(ERROR_EDGES[0]),
                "bin_points": 1.0,
                "counts": self.error_counts.astype(int).tolist(),
            },
        }
