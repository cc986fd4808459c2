"""What more hands bring to a policy, as PNG."""

from collections.abc import Sequence
from functools import partial

from forge.extras import extra
from forge.look.plots.evaluation import draw_png
from forge.look.tiles import BLUE, VERMILION
from forge.policy.measuring import HandsPoint

with extra("look"):
    from matplotlib.axes import Axes


def policy_curve_png(points: Sequence[HandsPoint], footer: str) -> bytes:
    """Likelihood on the left axis, chance lost on the right one, against hands."""
    return draw_png(partial(_curve, points), footer)


def _curve(points: Sequence[HandsPoint], axes: Axes) -> None:
    hands = [point.hands for point in points]
    nll = [point.report.overall.nll for point in points]
    lost = [100 * point.report.overall.regret for point in points]
    axes.plot(hands, nll, "-o", color=BLUE, label="left: nats a decision")
    axes.set_xscale("log")
    axes.set_xticks(hands, [f"{n:,}" for n in hands])
    axes.minorticks_off()
    axes.set_xlabel("hands")
    axes.set_ylabel("negative log-likelihood of the play made, nats")
    other = axes.twinx()
    other.plot(hands, lost, "--s", color=VERMILION, label="right: points of chance lost")
    other.set_ylabel("chance lost a decision against the play made, points")
    axes.legend(
        [*axes.get_lines(), *other.get_lines()],
        [str(line.get_label()) for line in (*axes.get_lines(), *other.get_lines())],
    )
    axes.set_title("A policy on hands it did not learn from")
