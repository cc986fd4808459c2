"""Refining a policy: it wins more of what it is shown, and a run that was cut short goes on."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from forge import ForgeError
from forge.policy import SHIPPED
from forge.policy.numbers import load_policy, save_policy
from forge.policy.own_learning import RefinedRound
from forge.policy.own_play import Outcomes, play_outcomes
from forge.policy.played_hands import play_missing
from forge.policy.refine_settings import RefineFiles, Refining
from forge.policy.refining import Refinement
from forge.policy.self_play import Teacher
from forge.policy.sparse_network import PolicyNetwork

HOW = Refining(rounds=3, hands=400, batch_size=128, lr=2e-3)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of hands to go on foretelling."""
    folder = tmp_path_factory.mktemp("hands")
    play_missing(folder, 9, 1000, Teacher(n_worlds=1, pool=1, rollouts=0.0))
    return str(folder)


def refined(files: RefineFiles, how: Refining = HOW) -> tuple[bytes, list[RefinedRound]]:
    """Run all rounds; return the policy and what they saw."""
    with Refinement(files, how) as work:
        while not work.learner.is_over:
            work.next()
        return work.refined.read_bytes(), work.rounds


def wins(path: Path, hands: range) -> float:
    """Return the share of decisive decisions in which the likeliest play wins, by rows that the
    shipped policy saw."""
    network = PolicyNetwork()
    network.start_from(load_policy(path))
    rows = play_outcomes(load_policy(SHIPPED), 1, hands.start, hands.stop, 0.15, 0.4)
    with torch.no_grad():
        best = network(rows.context, rows.candidates).argmax(dim=1)
    return float(rows.won.gather(1, best[:, None]).mean())


def test_it_wins_more_of_what_it_was_shown(tmp_path: Path) -> None:
    files = RefineFiles(tmp_path / "out")
    content, rounds = refined(files, replace(HOW, rounds=5, lr=4e-3))
    assert [each.number for each in rounds] == [1, 2, 3, 4, 5]
    assert all(each.rows > 100 and 0 < each.lost < 1 and each.nll == 0 for each in rounds)
    assert content != SHIPPED.read_bytes()
    seen = range(5 * HOW.hands)
    assert wins(tmp_path / "out" / "refined.policy", seen) > wins(SHIPPED, seen) + 0.005


def test_cut_short_anywhere_goes_on_to_the_same_bytes(tmp_path: Path, others: str) -> None:
    whole, rounds = refined(RefineFiles(tmp_path / "whole", data=others))
    assert all(each.nll > 0 for each in rounds)
    files = RefineFiles(tmp_path / "parts", data=others)
    with Refinement(files, HOW) as work:
        work.next()
        saved = {path: path.read_bytes() for path in files.output.iterdir()}
        work.next()
    # Killed once the line of the second round was there, before its numbers were.
    (files.output / "state.pt").write_bytes(saved[files.output / "state.pt"])
    (files.output / "refined.policy").unlink()
    with Refinement(files, HOW) as work:
        assert work.learner.n_done == 1
        assert work.refined.read_bytes() == saved[files.output / "refined.policy"]
    assert refined(files) == (whole, rounds)
    record = [(tmp_path / name / "rounds.jsonl").read_bytes() for name in ("whole", "parts")]
    assert record[0] == record[1]


def test_killed_before_the_first_numbers(tmp_path: Path) -> None:
    files = RefineFiles(tmp_path / "out")
    how = replace(HOW, rounds=1)
    whole = refined(RefineFiles(tmp_path / "whole"), how)
    with Refinement(files, how) as work:
        work.next()
    (files.output / "state.pt").unlink()
    assert refined(files, how) == whole


def test_numbers_that_cease_to_be_finite(tmp_path: Path) -> None:
    with (
        Refinement(RefineFiles(tmp_path / "out"), replace(HOW, lr=1.0, lost=1e4)) as work,
        pytest.raises(ForgeError, match=r"no(t| longer) finite"),
    ):
        for _ in range(3):
            work.learner.network.bias_1.data.fill_(torch.inf)
            work.next()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "state.pt is gone, without which"),
        (b"PK", "state.pt"),
        ([1], "not a state of forge refine-policy"),
        ({"format": "forge policy refining 1"}, "not a state of forge refine-policy"),
        ({"rounds": 3}, "not of the rounds beside it"),
        ({"network": {}}, "not a state of forge refine-policy"),
        (b"", "state.pt is not a readable state of forge refine-policy: it ends too early"),
    ],
)
def test_spoilt_numbers(tmp_path: Path, content: object, told: str) -> None:
    files, how = RefineFiles(tmp_path / "out"), replace(HOW, rounds=2, hands=100)
    refined(files, how)
    path = files.output / "state.pt"
    if content is None:
        path.unlink()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict) and "format" not in content:
        torch.save(torch.load(path, weights_only=True) | content, path)
    else:
        torch.save(content, path)
    with pytest.raises(ForgeError, match=told):
        Refinement(files, how)


@pytest.mark.parametrize("spoilt", ["moments", "shapes", "network"])
def test_spoilt_tensors_leave_everything_as_it_was(tmp_path: Path, spoilt: str) -> None:
    files, how = RefineFiles(tmp_path / "out"), replace(HOW, hands=100)
    with Refinement(files, how) as work:
        work.next()
    path = files.output / "state.pt"
    state = torch.load(path, weights_only=True)
    if spoilt == "network":
        state["network"]["bias_1"][3] = torch.nan
    else:
        for moments in state["optimizer"]["state"].values():
            wrong = torch.zeros(3) if spoilt == "shapes" else moments["exp_avg"] + torch.nan
            moments["exp_avg"] = wrong
    torch.save(state, path)
    before = {each: each.read_bytes() for each in files.output.iterdir()}
    with pytest.raises(ForgeError, match=r"state\.pt: not a state of forge refine-policy: numbers"):
        Refinement(files, how)
    assert {each: each.read_bytes() for each in files.output.iterdir()} == before


def test_numbers_that_end_a_round_badly_are_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files, how = RefineFiles(tmp_path / "out"), replace(HOW, hands=100)
    with Refinement(files, how) as work:
        work.next()
        before = {each: each.read_bytes() for each in files.output.iterdir()}
        learn = work.learner._learn

        def spoils(outcomes: Outcomes) -> tuple[float, float]:
            found = learn(outcomes)
            work.learner.network.bias_1.data[0] = torch.nan
            return found

        monkeypatch.setattr(work.learner, "_learn", spoils)
        with pytest.raises(ForgeError, match="round 2: numbers are no longer finite"):
            work.next()
    assert {each: each.read_bytes() for each in files.output.iterdir()} == before
    assert refined(files, how) == refined(RefineFiles(tmp_path / "whole"), how)


def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "hands_seed_00000001_from_00000000.parquet").write_bytes(b"")
    with pytest.raises(ForgeError, match=r"holds other files \(hands_seed.*a folder that is new"):
        Refinement(RefineFiles(tmp_path), HOW)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_run_in_the_folder(tmp_path: Path, others: str) -> None:
    files = RefineFiles(tmp_path / "out")
    with Refinement(files, HOW) as work:
        work.next()
        with pytest.raises(ForgeError, match="another process"):
            Refinement(files, HOW)
    with pytest.raises(ForgeError, match=r"lr = 0.002, not 0.001"):
        Refinement(files, replace(HOW, lr=1e-3))
    with pytest.raises(ForgeError, match="data = "):
        Refinement(replace(files, data=others), HOW)
    other = tmp_path / "other.policy"
    network = PolicyNetwork()
    save_policy(network.numbers(), other)
    with pytest.raises(ForgeError, match="start = "):
        Refinement(replace(files, start=other), HOW)
