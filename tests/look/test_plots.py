"""Plots are PNG files of a sensible size with something on them."""

import io

import matplotlib.image
import numpy as np
import pytest
import torch

from forge.look.plots.evaluation import evaluation_plots
from forge.ml.measure.network_pass import evaluate_network, evaluate_predictor
from forge.ml.measure.report import OracleEvaluation
from support.played_rows import noisy, played_rows, tiny_module

OF_ALL = {"regret_by_trick", "regret_by_declaration", "value_calibration"}


def pixels(png: bytes) -> np.ndarray:
    assert png.startswith(b"\x89PNG")
    return matplotlib.image.imread(io.BytesIO(png), format="png")


@pytest.fixture(scope="module")
def found() -> OracleEvaluation:
    rows = played_rows()
    return evaluate_predictor(noisy(rows), rows, loss_mode="qvalue")


def test_plots_of_a_q_value_network(found: OracleEvaluation) -> None:
    drawn = evaluation_plots(found)
    assert set(drawn) == OF_ALL | {"q_calibration", "q_error"}
    for name, png in drawn.items():
        image = pixels(png)
        assert image.shape[:2] == (700, 1120), name
        blue = (image[..., 2] > 0.6) & (image[..., 0] < 0.3)
        assert 0.001 < blue.mean() < 0.6, name
        # The outermost pixels are blank: nothing is cut off at the border.
        for edge in (image[:2], image[-2:], image[:, :2], image[:, -2:]):
            assert (edge == 1.0).all(), name


def test_plots_of_a_policy_network() -> None:
    assert (
        set(evaluation_plots(evaluate_network(tiny_module("policy"), played_rows(), device="cpu")))
        == OF_ALL
    )


def test_plots_differ_with_the_figures(found: OracleEvaluation) -> None:
    rows = played_rows()
    other = evaluation_plots(evaluate_predictor(noisy(rows, 40.0), rows, loss_mode="qvalue"))
    drawn, again = evaluation_plots(found), evaluation_plots(found)
    for name, png in drawn.items():
        assert png != other[name], name
        assert png == again[name], name


def test_perfect_predictions_can_be_drawn() -> None:
    rows = played_rows()
    assert all(
        pixels(png).size
        for png in evaluation_plots(
            evaluate_predictor(noisy(rows, 0.0), rows, loss_mode="qvalue")
        ).values()
    )


def test_one_position_can_be_drawn() -> None:
    torch.manual_seed(0)
    drawn = evaluation_plots(
        evaluate_network(tiny_module("qvalue"), played_rows(), device="cpu", limit=1)
    )
    assert len(drawn) == 5
