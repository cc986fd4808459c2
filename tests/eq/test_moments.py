"""Weighted moments against numpy, in batches, with weights of any size, over millions."""

import numpy as np
import pytest
import torch

from forge.eq.moments import WeightedMoments


def values_of(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """q [2, n, 7] with illegal slots, and log-weights [2, n]."""
    rng = np.random.default_rng(seed)
    q = rng.integers(-42, 43, (2, n, 7)).astype(np.float64)
    q[0, :, 3] = np.nan
    q[1, :, 0] = np.nan
    return torch.from_numpy(q), torch.from_numpy(rng.normal(0.0, 3.0, (2, n)))


@pytest.mark.parametrize("splits", [[100], [1, 99], [30, 30, 40], [50, 49, 1]])
@pytest.mark.parametrize("offset", [0.0, 900.0, -900.0])
def test_equal_numpy_however_they_arrive(splits: list[int], offset: float) -> None:
    q, logs = values_of(100, seed=1)
    moments = WeightedMoments(2)
    start = 0
    for n in splits:
        rows = slice(start, start + n)
        moments.add(torch.arange(2), q[:, rows], logs[:, rows] + offset)
        start += n
    found = moments.summary()
    for row in range(2):
        weights = np.exp(logs[row].numpy())
        weights /= weights.sum()
        ess = 1.0 / np.square(weights).sum()
        np.testing.assert_allclose(found.ess[row], ess, rtol=1e-9)
        np.testing.assert_allclose(found.max_w[row], weights.max(), rtol=1e-9)
        assert int(found.n_worlds[row]) == 100
        for slot in range(7):
            column = q[row, :, slot].numpy()
            if np.isnan(column[0]):
                assert found.mean[row, slot].isnan() and found.var[row, slot].isnan()
                assert not found.pdf[row, slot].any()
                continue
            mean = np.average(column, weights=weights)
            var = np.average(np.square(column - mean), weights=weights)
            np.testing.assert_allclose(found.mean[row, slot], mean, rtol=1e-9)
            np.testing.assert_allclose(found.var[row, slot], var, rtol=1e-9)
            np.testing.assert_allclose(found.sem[row, slot], np.sqrt(var / (ess - 1)), rtol=1e-9)
            pdf = np.bincount(column.astype(int) + 42, weights=weights, minlength=85)
            np.testing.assert_allclose(found.pdf[row, slot], pdf, atol=1e-12)


def test_a_world_left_out_changes_nothing() -> None:
    q, logs = values_of(20, seed=2)
    with_holes = logs.clone()
    with_holes[:, 10:] = -torch.inf
    whole, part = WeightedMoments(2), WeightedMoments(2)
    part.add(torch.arange(2), q[:, :10], logs[:, :10])
    whole.add(torch.arange(2), q, with_holes)
    for name, value in vars(part.summary()).items():
        torch.testing.assert_close(
            vars(whole.summary())[name], value, equal_nan=True, rtol=1e-12, atol=1e-12
        )


def test_rows_are_their_own() -> None:
    q, logs = values_of(30, seed=3)
    both, one = WeightedMoments(2), WeightedMoments(2)
    both.add(torch.arange(2), q, logs)
    one.add(torch.tensor([1]), q[1:], logs[1:])
    torch.testing.assert_close(one.summary().mean[1], both.summary().mean[1], equal_nan=True)
    assert one.summary().mean[0].isnan().all() and int(one.summary().n_worlds[0]) == 0


def test_stays_accurate_over_millions_around_a_large_mean() -> None:
    """A naive sum of squares in float32 would lose the variance altogether."""
    n, n_batches = 100_000, 30
    rng = np.random.default_rng(4)
    moments = WeightedMoments(1)
    for _ in range(n_batches):
        q = 41.0 + torch.from_numpy(rng.integers(0, 2, (1, n, 7)).astype(np.float64))
        moments.add(torch.tensor([0]), q, torch.zeros((1, n), dtype=torch.float64))
    found = moments.summary()
    assert int(found.n_worlds[0]) == n * n_batches
    np.testing.assert_allclose(found.mean[0], 41.5, atol=0.002)
    np.testing.assert_allclose(found.var[0], 0.25, atol=1e-5)
    np.testing.assert_allclose(found.pdf[0, :, 83:].sum(dim=1), 1.0, rtol=1e-12)
