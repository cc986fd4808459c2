"""What samples, another sampler and a network do to E[Q]."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from forge.eq.analysis.by_trick import analyse
from forge.eq.analysis.config import AnalysisConfig
from forge.eq.analysis.decisions import Decisions, decisions_with_choice, pick_decisions, read_games
from forge.eq.analysis.measurements import Measurements, measure, values
from forge.eq.analysis.report import Analysis
from forge.eq.analysis.statistics import greedy, points_lost
from forge.eq.collate import game_before
from forge.eq.estimate import estimate
from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import WORLDS
from forge.eq.records import record_path, write_record
from forge.eq.settings import SAMPLERS, EstimateConfig
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.look.plots.analysis import analysis_plots
from forge.play.games import Games
from forge.play.keys import decision_keys
from support.records import few_worlds, played, small_record

FEW = AnalysisConfig(
    n_worlds=(3, 8),
    enum_limit=100,
    reference_samples=12,
    network_worlds=5,
    repeats=3,
    decisions_per_trick=2,
)
NAN = float("nan")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


class Biased:
    """The search, but for a constant error in the team-0 frame."""

    name = "biased"

    def __init__(self, error: float) -> None:
        self.error = error

    def q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        return ExactOracle().q(deals, decls, states) + self.error

    def at_least(self, deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
        raise AssertionError("not asked")


@lru_cache(maxsize=1)
def found() -> Decisions:
    return decisions_with_choice(small_record())


@lru_cache(maxsize=1)
def late() -> Decisions:
    """Those of the last tricks, which cost little."""
    return some_of(found(), found().trick >= 4)


def some_of(decisions: Decisions, mask: np.ndarray) -> Decisions:
    rows = np.flatnonzero(mask)
    return decisions.take(rows, decisions.weight[rows])


@lru_cache(maxsize=1)
def measured() -> Measurements:
    picked = pick_decisions(late(), FEW, beyond=True)
    return measure(small_record(), picked, ExactOracle(), Biased(1.0), FEW)


# --- which decisions ---


def test_decisions_with_a_choice_are_those_of_the_train_mask() -> None:
    record = small_record()
    rows = N_PLAYS * found().game + found().index
    assert rows.tolist() != []
    assert sorted(rows.tolist()) == record["train_mask"].nonzero()[:, 0].tolist()
    assert set(found().trick.tolist()) == {1, 2, 3, 4, 5, 6}


def test_picked_decisions_stand_for_all() -> None:
    config = replace(FEW, decisions_per_trick=3)
    picked = pick_decisions(found(), config, beyond=True)
    assert picked.weight.sum() == pytest.approx(len(found()))
    beyond = picked.n_possible > config.enum_limit
    for trick in range(1, 7):
        for kind in (beyond, ~beyond):
            assert ((picked.trick == trick) & kind).sum() <= 3
    assert len(set(zip(picked.game.tolist(), picked.index.tolist(), strict=True))) == len(picked)
    within = pick_decisions(found(), config, beyond=False)
    assert (within.n_possible <= config.enum_limit).all()
    assert within.index.tolist() == picked.index[~beyond].tolist()


def test_the_seed_picks() -> None:
    def picks(seed: int) -> list[int]:
        picked = pick_decisions(found(), replace(FEW, seed=seed), beyond=True)
        places: list[int] = (N_PLAYS * picked.game + picked.index).tolist()
        return places

    assert picks(0) == picks(0) != picks(1)


def test_games_are_read_up_to_the_limit(tmp_path: Path) -> None:
    record = small_record()
    for game, seed in enumerate(record.seeds):
        write_record(record_path(tmp_path, seed), record.game(game))
    assert read_games(tmp_path, "train", 10).seeds == record.seeds
    assert read_games(tmp_path, "train", 2).seeds == record.seeds[:2]
    write_record(tmp_path / "all.pt", record)
    assert read_games(tmp_path / "all.pt", "val", 2).seeds == record.seeds[:2]
    with pytest.raises(ForgeError, match=r"no E\[Q\] files in .*val, there are some in train$"):
        read_games(tmp_path, "val", 1)
    with pytest.raises(ForgeError, match="nor in another split"):
        read_games(tmp_path / "train", "val", 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_worlds": ()}, "worlds must be .* got none"),
        ({"n_worlds": (1, 5)}, "from 2 on, ascending, got 1,5"),
        ({"n_worlds": (5, 3)}, "got 5,3"),
        ({"repeats": 1}, "repeats must be 2.."),
        ({"enum_limit": 0}, "enum_limit must be 1.."),
        ({"network_worlds": 0}, "network_worlds must be 1.."),
        ({"decisions_per_trick": 0}, "decisions_per_trick must be 1.."),
        ({"seed": -1}, "seed must be 0.."),
        (
            {"reference_samples": 7},
            r"at least the largest of the samples \(8\), got 7",
        ),
    ],
)
def test_bad_settings(change: dict[str, object], words: str) -> None:
    with pytest.raises(ForgeError, match=words):
        replace(FEW, **change)  # type: ignore[arg-type]


def test_nothing_to_compare_with() -> None:
    with pytest.raises(ForgeError, match="no decision has at most 1 worlds: raise the limit"):
        pick_decisions(
            some_of(found(), found().n_possible > 1),
            replace(FEW, enum_limit=1, reference_samples=0),
            beyond=False,
        )


# --- measurements ---


def test_samples_are_those_that_estimate_draws() -> None:
    record, got = small_record(), measured()
    all_worlds = EstimateConfig(enumerate=True, enum_threshold=FEW.enum_limit)
    n_sampled = 0
    for k in np.flatnonzero(got.complete):
        game, index = int(got.decisions.game[k]), int(got.decisions.index[k])
        games = game_before(record, record.row(game, index))
        keys = decision_keys(torch.tensor([record.seeds[game]]), index, WORLDS)
        exact = estimate(games, keys, ExactOracle(), all_worlds)
        assert bool(exact.complete[0])
        close(got.truth[k], exact.mean[0])
        close(got.sd[k], exact.summary.var[0].sqrt())
        for s, sampler in enumerate(SAMPLERS):
            for i, n in enumerate(FEW.n_worlds):
                config = EstimateConfig(n_samples=n, sampler=sampler)
                wanted = estimate(games, keys, ExactOracle(), config)
                close(got.means[k, s, i, 0], wanted.mean[0])
                close(got.sems[k, s, i, 0], wanted.sem[0])
                n_sampled += not bool(wanted.complete[0])
    assert n_sampled >= 8


def test_repeats_are_other_samples() -> None:
    got = measured()
    sampled = np.nanmax(got.sems[:, 0, 0], axis=(1, 2)) > 0
    assert sampled.any()
    first, second = got.means[sampled, 0, 0, 0], got.means[sampled, 0, 0, 1]
    assert not np.array_equal(first, second, equal_nan=True)


def test_beyond_the_limit_a_reference_sample_is_the_truth() -> None:
    got = measured()
    beyond = ~got.complete
    assert beyond.any() and got.has_samples.all()
    assert np.isnan(got.means[beyond, SAMPLERS.index("mrv")]).all()
    legal = ~np.isnan(got.truth[beyond])
    uniform = got.means[beyond, 0]
    assert np.array_equal(~np.isnan(uniform[:, 0, 0]), legal)
    # Whole numbers from twelve worlds: their mean is of twelfths, and samples differ from it.
    twelfths = 12 * got.truth[beyond][legal]
    assert np.allclose(twelfths, np.round(twelfths))
    assert np.nanmax(np.abs(uniform - got.truth[beyond][:, None, None])) > 0


def test_the_network_is_asked_about_the_same_worlds() -> None:
    got = measured()
    # The error of the oracle is in the team-0 frame.
    players = small_record()["player"].numpy()[N_PLAYS * got.decisions.game + got.decisions.index]
    difference = got.network - got.same_worlds
    expected = np.where(players % 2 == 0, 1.0, -1.0)[:, None]
    legal = ~np.isnan(difference)
    assert legal.sum() > len(difference)
    assert np.allclose(difference[legal], np.broadcast_to(expected, legal.shape)[legal])
    few = got.decisions.n_possible <= FEW.network_worlds
    assert few.any() and np.array_equal(got.same_worlds[few], got.truth[few], equal_nan=True)
    many = got.complete & (got.decisions.n_possible > 4 * FEW.network_worlds)
    assert many.any()
    assert not np.allclose(got.same_worlds[many], got.truth[many], equal_nan=True)


def test_without_network_and_reference() -> None:
    config = replace(FEW, reference_samples=0)
    picked = pick_decisions(late(), config, beyond=False)
    got = measure(small_record(), picked, ExactOracle(), None, config)
    assert got.complete.all() and got.has_samples.all() and not got.has_network.any()
    analysis = analyse(late(), got, config)
    assert analysis.network == [] and analysis.sampling and analysis.samplers
    assert set(analysis_plots(analysis, got, "footer")) == {
        *("error", "standard_error", "coverage", "points_lost")
    }


def test_a_network_alone_needs_no_samples() -> None:
    config = replace(FEW, reference_samples=0, enum_limit=1)
    beyond = some_of(late(), late().n_possible > 500)
    picked = pick_decisions(beyond, config, beyond=True)
    got = measure(small_record(), picked, ExactOracle(), Biased(0.0), config)
    assert not got.has_samples.any() and got.has_network.all()
    analysis = analyse(beyond, got, config)
    assert (analysis.sampling, analysis.samplers) == ([], [])
    assert analysis.network[-1].mae.value == 0.0
    assert set(analysis_plots(analysis, got, "footer")) == {"points_lost", "network"}


def test_values_are_in_the_frame_of_the_team_to_act() -> None:
    record = small_record()
    rows = record["train_mask"].nonzero()[:, 0]
    row = next(int(r) for r in rows if int(record["player"][r]) == 1 and r % N_PLAYS > 15)
    games = game_before(record, row)
    hands = truth_hands(games)
    q = ExactOracle().q(games.deals, games.decls, games.states)
    assert torch.equal(values(games, hands, ExactOracle()).nan_to_num(99), (-q).nan_to_num(99))


def truth_hands(games: Games) -> Tensor:
    """int32 [1, 3]: the hidden hands as they are."""
    masks = []
    for step in range(1, 4):
        seat = (int(games.players[0]) + step) % 4
        held = int(games.states[0]) >> (7 * seat) & 127
        hand = games.deals[0, seat].tolist()
        masks.append(sum(1 << hand[slot] for slot in range(7) if held >> slot & 1))
    return torch.tensor([masks], dtype=torch.int32)


def close(got: np.ndarray, wanted: Tensor) -> None:
    np.testing.assert_allclose(got, wanted.numpy(), rtol=0, atol=1e-9)


# --- figures, from made-up measurements ---


def made_up(
    means: np.ndarray, truth: np.ndarray, sems: np.ndarray, game: list[int]
) -> Measurements:
    """Decisions of the fourth trick with 1,000 worlds; means and sems [K, R, 7] of one size.

    mrv errs by half a point more, always the same way.
    """
    n = len(game)
    decisions = Decisions(np.array(game), np.full(n, 12), np.full(n, 1000), np.ones(n))
    both = np.stack([means, means + 0.5], axis=1)[:, :, None]
    nothing = np.full_like(truth, NAN)
    yes = np.ones(n, dtype=bool)
    sems = np.stack([sems, sems], axis=1)[:, :, None]
    return Measurements(decisions, yes, yes, truth, truth, both, sems, nothing, nothing)


def seven(*numbers: float) -> list[float]:
    return [*numbers, *([NAN] * (7 - len(numbers)))]


def test_figures_by_hand() -> None:
    truth = np.array([seven(4, 2), seven(1, 1, -5)])
    means = np.array([[seven(3, 3.5), seven(4, 2)], [seven(0, 2, -5), seven(1, 1, -8)]])
    sems = np.array([[seven(1, 1), seven(1, 1)], [seven(1, 0.25, 1), seven(1, 1, 1)]])
    got = made_up(means, truth, sems, [0, 1])
    config = AnalysisConfig(n_worlds=(10,), repeats=2)
    row = analyse(got.decisions, got, config).sampling[-1]
    # Errors: -1, 1.5 / 0, 0 of two slots, and -1, 1, 0 / 0, 0, -3 of three.
    assert row.mae.value == pytest.approx((2.5 / 2 + (2 + 3) / 2) / 5)
    assert row.rmse.value == pytest.approx(np.sqrt((3.25 / 2 + (2 + 9) / 2) / 5))
    assert row.bias.value == pytest.approx((0.5 / 2 - 3 / 2) / 5)
    assert row.worst == 3.0
    # Of four greedy plays one is not a best one: slot 1 of the first decision, for 2 points.
    assert row.not_best.value == pytest.approx(0.25)
    assert row.lost.value == pytest.approx(0.5)
    # 1.5 <= 1.96 but 1 > 1.96 / 4 and 3 > 1.96.
    assert row.coverage.value == pytest.approx((2 + 2) / 5)
    variance = (2 + (2 + 0.0625 + 3) / 2) / 5
    assert row.sem.value == pytest.approx(np.sqrt(variance))
    assert row.sem_ratio.value == pytest.approx(row.rmse.value / row.sem.value)
    assert row.exact == 0.0 and row.group.n == 2


def test_weights_count_in_the_row_of_all_tricks_alone() -> None:
    truth = np.array([seven(1, 0), seven(1, 0)])
    means = np.array([[seven(0, 1)] * 2, [seven(1, 0)] * 2])
    got = made_up(means, truth, np.ones_like(means), [0, 1])
    index, weight = np.array([4, 12]), np.array([3.0, 1.0])
    got = replace(got, decisions=replace(got.decisions, index=index, weight=weight))
    config = AnalysisConfig(n_worlds=(10,), repeats=2)
    analysis = analyse(got.decisions, got, config)
    assert [row.lost.value for row in analysis.sampling] == pytest.approx([1.0, 0.0, 0.75])
    assert [row.group.trick for row in analysis.sampling] == [2, 4, None]
    assert analysis.decisions_a_hand["sampling"] == pytest.approx(2.0)


def test_intervals_come_from_games_not_from_decisions() -> None:
    # Forty decisions of two games that contradict each other say little.
    truth = np.array([seven(0, 0)] * 40)
    means = np.array([[seven(1, 1)] * 2] * 20 + [[seven(3, 3)] * 2] * 20)
    config = AnalysisConfig(n_worlds=(10,), repeats=2)
    of_two = made_up(means, truth, np.ones_like(means), [0] * 20 + [1] * 20)
    of_forty = made_up(means, truth, np.ones_like(means), list(range(40)))
    wide, narrow = (
        analyse(got.decisions, got, config).sampling[-1].mae for got in (of_two, of_forty)
    )
    assert wide.value == narrow.value == pytest.approx(2.0)
    assert wide.interval == (1.0, 3.0)
    assert 1.5 < narrow.interval[0] < 2.0 < narrow.interval[1] < 2.5
    of_one = made_up(means, truth, np.ones_like(means), [0] * 40)
    alone = analyse(of_one.decisions, of_one, config).sampling[-1].mae
    assert np.isnan(alone.interval).all()


def test_systematic_error_is_told_from_noise() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([seven(0, 0, 0)] * 60)
    noise = rng.normal(0.0, 2.0, (60, 20, 7))
    means = np.where(np.isnan(truth)[:, None], NAN, noise)
    got = made_up(means, truth, np.ones_like(means), list(range(60)))
    config = AnalysisConfig(n_worlds=(10,), repeats=20)
    row = analyse(got.decisions, got, config).samplers[-1]
    assert row.rmse_uniform.value == pytest.approx(2.0, abs=0.1)
    assert row.systematic_uniform.value < 0.2
    assert row.systematic_mrv.value == pytest.approx(0.5, abs=0.15)
    # Half a point more for every play changes none.
    assert row.differs.value == 0.0 and row.lost.value == 0.0
    assert row.differs_uniform.value > 0.5


def test_exact_samples_do_not_count_for_standard_errors() -> None:
    truth = np.array([seven(1, 0), seven(1, 0)])
    means = np.array([[seven(1, 0)] * 2, [seven(3, 0)] * 2])
    sems = np.array([[seven(0, 0)] * 2, [seven(1, 1)] * 2])
    got = made_up(means, truth, sems, [0, 1])
    got = replace(got, decisions=replace(got.decisions, n_possible=np.array([10, 11])))
    analysis = analyse(got.decisions, got, AnalysisConfig(n_worlds=(10,), repeats=2))
    row = analysis.sampling[-1]
    assert row.exact == 0.5 and row.rmse.value == pytest.approx(1.0)
    assert row.actual.value == pytest.approx(np.sqrt(2.0)) and row.sem.value == pytest.approx(1.0)
    assert row.coverage.value == pytest.approx(0.5)
    assert analysis.samplers[-1].group.n == 1


def test_points_lost_and_greedy() -> None:
    truth = np.array([[seven(NAN, 2, 2.0 + 1e-12, 1)]])
    means = np.array([[seven(NAN, 5, 4, 6), seven(NAN, 5, 4, 5), seven(NAN, 1, 4, 1)]])
    assert greedy(means).tolist() == [[3, 1, 2]]
    assert points_lost(truth, means)[0].tolist() == pytest.approx([1.0, 0.0, 0.0])


# --- real games ---


def test_a_perfect_network_loses_nothing_and_samples_do() -> None:
    record = played((5, 12, 31), few_worlds())
    config = AnalysisConfig(
        n_worlds=(2, 30), enum_limit=1000, repeats=60, decisions_per_trick=8, network_worlds=40
    )
    choices = decisions_with_choice(record)
    choices = some_of(choices, (choices.trick >= 4) & (choices.n_possible <= 1000))
    picked = pick_decisions(choices, config, beyond=False)
    got = measure(record, picked, ExactOracle(), ExactOracle(), config)
    analysis: Analysis = analyse(choices, got, config)
    network, few, many = analysis.network[-1], *analysis.sampling[-2:]
    assert (network.mae.value, network.lost.value, network.differs.value) == (0.0, 0.0, 0.0)
    assert few.mae.value > 2 * many.mae.value > 0
    assert few.lost.value > many.lost.value
    assert 0.8 < many.sem_ratio.value < 1.25 and many.coverage.value > 0.85
    images = analysis_plots(analysis, got, "three games")
    assert set(images) == {"error", "standard_error", "coverage", "points_lost", "network"}
    assert all(image.startswith(b"\x89PNG") for image in images.values())
