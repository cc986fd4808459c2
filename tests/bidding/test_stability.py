"""How estimates settle with the number of deals."""

import numpy as np
import pytest

from forge.bidding.stability import stability
from forge.errors import ForgeError
from forge.look.plots.stability import stability_png

N_POOL = 2000


def pool(*shares: float) -> np.ndarray:
    """A pool with these shares of made deals, one row a declaration, spread independently."""
    rng = np.random.default_rng(5)
    rows = [np.arange(N_POOL) < share * N_POOL for share in shares]
    return np.stack([rng.permutation(row) for row in rows])


def test_figures_are_those_of_binomial_samples() -> None:
    few, many = stability(pool(0.7, 0.5, 0.3), [50, 800], n_resamples=2000)
    for each in (few, many):
        expected = 1.96 * np.sqrt(0.7 * 0.3 / each.n)
        assert each.error == pytest.approx(expected, rel=0.08)
        assert each.half_width == pytest.approx(expected, rel=0.1)
        assert 0.92 < each.coverage < 0.975
    assert few.same_best < 1.0 == many.same_best
    assert few.regret == pytest.approx(0.2 * (1 - few.same_best), rel=0.2)
    assert (many.regret, many.pairs_in_order) == (0.0, 1.0)
    assert 0.9 < few.pairs_in_order < 1.0


def test_samples_keep_deals_whole() -> None:
    made = pool(0.6)
    twins = np.concatenate([made, made])
    twins[1, made[0].argmax()] = False  # made in one deal less: never ahead, if deals stay whole
    (figures,) = stability(twins, [30])
    assert figures.same_best == 1.0
    assert figures.pairs_in_order < 0.6  # nearly always a tie


def test_equal_declarations_have_no_order() -> None:
    (figures,) = stability(np.ones((3, 40), dtype=bool), [10])
    assert (figures.pairs_in_order, figures.same_best, figures.regret) == (1.0, 1.0, 0.0)
    assert (figures.coverage, figures.error) == (1.0, 0.0)


def test_the_same_seed_gives_the_same_figures() -> None:
    made = pool(0.6, 0.5)
    assert stability(made, [40], 50, seed=1) == stability(made, [40], 50, seed=1)
    assert stability(made, [40], 50, seed=1) != stability(made, [40], 50, seed=2)


@pytest.mark.parametrize(
    ("made", "sizes", "n_resamples"),
    [
        (np.ones((2, 0), dtype=bool), [5], 5),
        (np.ones((2, 5), dtype=bool), [], 5),
        (np.ones((2, 5), dtype=bool), [5, 0], 5),
        (np.ones((2, 5), dtype=bool), [5], 0),
    ],
)
def test_nothing_to_judge_is_refused(made: np.ndarray, sizes: list[int], n_resamples: int) -> None:
    with pytest.raises(ForgeError, match="pool of deals"):
        stability(made, sizes, n_resamples)


def test_the_plot_shows_the_figures() -> None:
    made = pool(0.7, 0.5)
    png = stability_png(stability(made, [25, 50, 100]), "title", "footer")
    assert png.startswith(b"\x89PNG") and png == stability_png(
        stability(made, [25, 50, 100]), "title", "footer"
    )
    assert png != stability_png(stability(made, [25, 50, 200]), "title", "footer")
