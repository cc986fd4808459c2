"""Recorded games: the same in any company, and what the fields say."""

from typing import Any

import pytest
import torch

from forge import __version__
from forge.eq.collate import check_record, replays
from forge.eq.exploration import Mode
from forge.eq.objective import choose_for_contract
from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import WORLDS, play_games
from forge.eq.records import record_bytes
from forge.eq.settings import (
    AdaptiveConfig,
    EstimateConfig,
    ExplorationConfig,
    GameSettings,
    PosteriorConfig,
)
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.contract import Bid
from forge.play.keys import decision_keys
from support.records import SEEDS, few_worlds, played, small_record

ADAPTIVE = AdaptiveConfig(min_samples=4, max_samples=9, batch_size=3, sem_threshold=4.0)


@pytest.mark.parametrize(
    "settings",
    [
        few_worlds(33, policy="epsilon_greedy"),
        few_worlds(policy="boltzmann", posterior=PosteriorConfig()),
        few_worlds(sampler="mrv"),
        few_worlds(adaptive=ADAPTIVE),
    ],
    ids=["epsilon", "posterior", "mrv", "adaptive"],
)
def test_a_game_is_the_same_in_any_batch_and_on_any_threads(settings: GameSettings) -> None:
    together = played(SEEDS, settings)
    for game, seed in enumerate(SEEDS):
        alone = record_bytes(played([seed], settings))
        assert alone == record_bytes(together.game(game))
    backwards = played(SEEDS[::-1], settings)
    assert record_bytes(backwards.game(0)) == record_bytes(together.game(2))
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert record_bytes(play_games(SEEDS, ExactOracle(), settings)) == record_bytes(together)
    finally:
        torch.set_num_threads(n_threads)


def test_fields_agree_with_each_other() -> None:
    record = small_record()
    legal = record["legal_mask"]
    for name in ("e_q_mean", "e_q_var"):
        assert not record[name][~legal].any()
    pdf = record["e_q_pdf"].double()
    assert not pdf[~legal].any()
    bins = torch.arange(85).double() - 42
    mean = (pdf * bins).sum(dim=2)
    torch.testing.assert_close(mean[legal], record["e_q_mean"][legal].double(), atol=1e-4, rtol=0)
    var = (pdf * (bins - mean[..., None]).square()).sum(dim=2)
    torch.testing.assert_close(var[legal], record["e_q_var"][legal].double(), atol=1e-3, rtol=0)
    deviation = record["e_q_var"].sqrt()
    u_mean = deviation.sum(dim=1) / legal.sum(dim=1)
    torch.testing.assert_close(record["u_mean"], u_mean)
    torch.testing.assert_close(record["u_max"], deviation.amax(dim=1))
    assert torch.equal(record["train_mask"], legal.sum(dim=1) > 1)
    top = record["e_q_mean"].masked_fill(~legal, -100.0).topk(2, dim=1).values
    gap = torch.where(record["train_mask"], top[:, 0] - top[:, 1], 0.0)
    torch.testing.assert_close(record["q_gap"], gap)
    # All worlds count alike.
    torch.testing.assert_close(record["ess"], record["n_samples"].float())
    torch.testing.assert_close(record["max_w"], 1.0 / record["n_samples"].float())
    assert (record["exploration_mode"] == Mode.BOLTZMANN).all()


def test_all_worlds_where_there_are_few() -> None:
    record = small_record()
    assert (record["n_samples"] <= 4).all() and (
        record["n_samples"][~record["complete"]] == 4
    ).all()
    assert torch.equal(record["converged"], record["complete"])
    last = record["decision_idx"] == 27
    assert record["complete"][last].all() and (record["n_samples"][last] == 1).all()
    assert not record["complete"][record["decision_idx"] < 4].any()


def test_plays_keep_the_rules_and_greedy_takes_the_best() -> None:
    record = played(SEEDS[:2], few_worlds())
    check_record(record)
    best = record["e_q_mean"].masked_fill(~record["legal_mask"], -100.0).argmax(dim=1)
    assert torch.equal(record["action_taken"], best)
    assert (record["exploration_mode"] == Mode.GREEDY).all()
    assert record.decls == (7, 8)


def test_adaptive_sampling_differs_by_decision() -> None:
    record = played(SEEDS[:1], few_worlds(adaptive=ADAPTIVE))
    open_ones = ~record["complete"]
    n_samples = record["n_samples"][open_ones]
    assert set(n_samples.tolist()) <= {4, 7, 9} and len(set(n_samples.tolist())) > 1
    assert (n_samples[~record["converged"][open_ones]] == 9).all()
    sem = (record["e_q_var"] / (record["ess"] - 1)[:, None]).sqrt().amax(dim=1)[open_ones]
    assert torch.equal(sem < ADAPTIVE.sem_threshold, record["converged"][open_ones])


def test_the_posterior_counts_worlds_unlike_in_the_middle_of_real_games() -> None:
    record = played([1, 2, 3, 4], few_worlds(30, posterior=PosteriorConfig()))
    middle = (record["decision_idx"] >= 8) & (record["decision_idx"] < 20)
    middle &= record["n_samples"] > 1
    unlike = record["ess"][middle] < record["n_samples"][middle] - 0.5
    assert unlike.float().mean() > 0.5
    assert (record["ess"] >= 0.99).all() and (record["max_w"] <= 1.00001).all()


def test_settings_come_back() -> None:
    settings = GameSettings(
        EstimateConfig(7, "mrv", True, 500, PosteriorConfig(3, 0.2, 0.3, 0.1), ADAPTIVE),
        ExplorationConfig("boltzmann", 0.2, 3.0, 0.1, 4.0),
        "net.ckpt",
        "ab12",
    )
    values = settings.as_dict()
    assert values["forge_version"] == __version__
    assert GameSettings.from_dict(values) == settings
    assert GameSettings.from_dict(GameSettings().as_dict()) == GameSettings()


@pytest.mark.parametrize(
    "values", [{}, {"estimate": 5}, {**GameSettings().as_dict(), "exploration": {"policy": "x"}}]
)
def test_what_are_no_settings(values: dict[str, Any]) -> None:
    with pytest.raises(ForgeError, match=r"not the settings|exploration must be"):
        GameSettings.from_dict(values)


def test_progress_and_nothing_to_play() -> None:
    told: list[int] = []
    play_games([5, 6], ExactOracle(), few_worlds(1), on_decision=told.append)
    assert told == [2] * 28
    with pytest.raises(ForgeError, match="no game to play"):
        play_games([], ExactOracle(), few_worlds())


def test_objective_make_plays_for_the_contract_and_records_points() -> None:
    settings = GameSettings(EstimateConfig(n_samples=3), objective="make", bid=Bid.of(36))
    record = played(SEEDS[:2], settings)
    for k, games in enumerate(replays(record)):
        keys = decision_keys(torch.tensor(record.seeds), k, WORLDS)
        bids = [Bid.of(36)] * 2
        wanted = choose_for_contract(games, keys, ExactOracle(), settings.estimate, bids)
        assert record["action_taken"][k::N_PLAYS].tolist() == wanted.tolist()
    by_points = played(SEEDS[:2], GameSettings(EstimateConfig(n_samples=3)))
    # The first decision is the same position: the same E[Q], whatever is played by it.
    assert torch.equal(record["e_q_mean"][::N_PLAYS], by_points["e_q_mean"][::N_PLAYS])
    assert not torch.equal(record["action_taken"], by_points["action_taken"])
    assert GameSettings.from_dict(record.settings) == settings


@pytest.mark.parametrize("number", [1, 18, 29, 30, 42, 84])
def test_files_say_the_number_of_the_bid(number: int) -> None:
    # The first release took 1..42: such files are still read, and say the same again.
    recorded = GameSettings(objective="make").as_dict() | {"bid": number}
    settings = GameSettings.from_dict(recorded)
    assert settings.bid.points == min(number, 42)
    assert settings.as_dict() == recorded and list(settings.as_dict()) == list(recorded)


def test_no_such_bid_in_a_file() -> None:
    for number in (0, 43, "30"):
        with pytest.raises(ForgeError, match=r"a bid is 30\.\.42 or 84"):
            GameSettings.from_dict(GameSettings().as_dict() | {"bid": number})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "marks"}, "objective must be points or make"),
        (
            {"objective": "make", "exploration": ExplorationConfig("boltzmann")},
            "greedy or epsilon_greedy",
        ),
        (
            {"objective": "make", "estimate": EstimateConfig(adaptive=AdaptiveConfig())},
            "not adaptive",
        ),
    ],
)
def test_settings_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ForgeError, match=message):
        GameSettings(**options)
