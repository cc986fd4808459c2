"""Rounds of a policy: what is kept, what is made once, and what a folder refuses."""

from dataclasses import replace
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.flywheel import policy_rounds
from forge.flywheel.judging import MatchVerdict, judge
from forge.flywheel.policy_rounds import PolicyRounds, Watcher
from forge.flywheel.settings import RoundsSettings
from forge.policy import SHIPPED
from forge.policy.choices import rows_of
from forge.policy.numbers import load_policy, policy_bytes
from forge.policy.own_learning import OwnLearner
from forge.policy.played_hands import load_all, load_hands
from forge.policy.refine_settings import RefineFiles, Refining
from forge.policy.refining import Refinement
from forge.policy.settings import PolicyTraining
from forge.stats.figures import Figure
from forge.work.json_lines import open_line, sealed_line

TRAINING = PolicyTraining(epochs=1)


@pytest.fixture
def settings(tmp_path: Path) -> RoundsSettings:
    return RoundsSettings(tmp_path / "rounds", hands=1000, worlds=1, pool=1, mix=0.0, rounds=9)


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The first round brings something, the others lose; remembers who was met."""
    seen: list[tuple[str, float]] = []

    def judged(a: Path, b: Path, seed: int, n_deals: int, n_workers: int) -> MatchVerdict:
        gain = 0.03 if seed == 1_000_001 else -0.03
        seen.append((b.name, gain))
        return MatchVerdict(*[Figure(gain, (gain - 0.01, gain + 0.01))] * 2)

    monkeypatch.setattr(policy_rounds, "judge", judged)
    return seen


def test_what_is_better_is_kept_and_teaches(
    settings: RoundsSettings, verdicts: list[tuple[str, float]]
) -> None:
    told: list[int] = []
    with PolicyRounds(settings, TRAINING) as rounds:
        first = rounds.best.read_bytes()
        assert first == SHIPPED.read_bytes() and not rounds.is_over
        one = rounds.next(Watcher(playing=lambda number, n: told.append(n)))
        assert one is not None and one.kept and one.hands == 1000 and sum(told) == 1000
        learnt = rounds.best.read_bytes()
        assert learnt != first
        two, three = rounds.next(), rounds.next()
        assert two is not None and three is not None
        assert not two.kept and not three.kept and rounds.is_over and rounds.n_in_vain == 2
        assert two.teacher == three.teacher == one.learnt and two.hands == 2000
        assert rounds.best.read_bytes() == learnt
    against = [name for name, _ in verdicts]
    assert against == ["best.policy"] + ["best.policy", "first.policy"] * 2
    hands = [
        load_hands(next((settings.output / f"round_{k:03d}" / "hands").iterdir())) for k in (1, 2)
    ]
    assert not hands[0].deals.equal(hands[1].deals)


def test_a_round_that_was_cut_short_goes_on(
    settings: RoundsSettings, verdicts: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(policy_rounds, "judge", lambda *_: 1 / 0)
        with PolicyRounds(settings, TRAINING) as rounds, pytest.raises(ZeroDivisionError):
            rounds.next()
    place = settings.output / "round_001"
    made = {p: p.stat().st_mtime_ns for p in place.rglob("*") if p.is_file()}
    assert len(made) == 3  # hands, what was learnt, and from what
    with PolicyRounds(settings, TRAINING) as rounds:
        assert not rounds.rounds
        assert rounds.next() is not None
        best = rounds.best.read_bytes()
        rounds.best.unlink()  # as if the run had ended between the record and the policy
    assert {p: p.stat().st_mtime_ns for p in made} == made
    with PolicyRounds(settings, TRAINING) as rounds:
        assert rounds.best.read_bytes() == best and len(rounds.rounds) == 1


def test_hands_that_are_gone_are_missed(
    settings: RoundsSettings, verdicts: list[tuple[str, float]]
) -> None:
    with PolicyRounds(settings, TRAINING) as rounds:
        assert rounds.next() is not None and verdicts
        record = settings.output / "rounds.jsonl"
        header, line = record.read_bytes().splitlines(keepends=True)
        for path in (settings.output / "round_001" / "hands").iterdir():
            path.unlink()
        with pytest.raises(ForgeError, match="0 files of hands instead of 1"):
            rounds.next()
    record.write_bytes(header + line + line)  # counts once
    with PolicyRounds(settings, TRAINING) as rounds:
        assert [each.number for each in rounds.rounds] == [1]
    third = sealed_line({**open_line(line[:-1])[0], "number": 3})
    record.write_bytes(header + line + third)
    with pytest.raises(ForgeError, match="rounds are missing, or there twice"):
        PolicyRounds(settings, TRAINING)


def test_refining_goes_on_from_the_best(
    settings: RoundsSettings, verdicts: list[tuple[str, float]]
) -> None:
    told: list[int] = []
    watcher = Watcher(refining=lambda each: told.append(each.number))
    how = replace(settings, refine=2, refine_hands=300, patience=1)
    with PolicyRounds(how, TRAINING) as rounds:
        first = rounds.best.read_bytes()
        cut_short = replace(watcher, stopped=lambda: bool(told))
        assert rounds.next(cut_short) is None and told == [1] and not rounds.rounds
        one, two = rounds.next(watcher), rounds.next(watcher)
    assert one is not None and two is not None and told == [1, 1, 2, 1, 2]
    learnt = [(how.output / f"round_{k:03d}" / "learnt.policy").read_bytes() for k in (1, 2)]
    assert len({first, *learnt}) == 3
    by_hand = OwnLearner(
        load_policy(SHIPPED),
        Refining(rounds=2, hands=300, seed=how.played_from + 1),
        rows_of(load_all(sorted((how.output / "round_001" / "hands").iterdir()))),
    )
    while not by_hand.is_over:
        by_hand.next()
    assert policy_bytes(by_hand.policy) == learnt[0]


def test_what_was_learnt_by_other_settings_does_not_count(
    settings: RoundsSettings, verdicts: list[tuple[str, float]]
) -> None:
    """Nor what is left where the record is gone."""
    with PolicyRounds(settings, TRAINING) as rounds:
        one = rounds.next()
        assert one is not None
    (settings.output / "rounds.jsonl").unlink()
    learnt = settings.output / "round_001" / "learnt.policy"
    before = learnt.read_bytes()
    with PolicyRounds(settings, PolicyTraining(epochs=2)) as rounds:
        assert rounds.best.read_bytes() == SHIPPED.read_bytes()
        again = rounds.next()
        assert again is not None and again.learnt != one.learnt
    assert learnt.read_bytes() != before


def test_a_stop_keeps_what_was_played(settings: RoundsSettings) -> None:
    with PolicyRounds(settings, TRAINING) as rounds:
        assert rounds.next(Watcher(stopped=lambda: True)) is None
        assert not rounds.rounds and not list(settings.output.rglob("*.parquet"))


def test_what_a_folder_refuses(settings: RoundsSettings) -> None:
    with PolicyRounds(settings, TRAINING) as rounds:
        with pytest.raises(ForgeError, match="being written by another process"):
            PolicyRounds(settings, TRAINING)
        assert not rounds.rounds
    PolicyRounds(replace(settings, rounds=3, patience=1), TRAINING).__exit__(None, None, None)
    for other in (replace(settings, worlds=2), replace(settings, window=1)):
        with pytest.raises(ForgeError, match="was made with"):
            PolicyRounds(other, TRAINING)
    with pytest.raises(ForgeError, match="nowhere: no files of forge play-hands"):
        PolicyRounds(replace(settings, also="nowhere"), TRAINING)
    with pytest.raises(ForgeError, match="training epochs = 1, not 2"):
        PolicyRounds(settings, PolicyTraining(epochs=2))
    record = settings.output / "rounds.jsonl"
    record.write_bytes(record.read_bytes() + b'{"number": 1}\n')
    with pytest.raises(ForgeError, match="line 2 is damaged"):
        PolicyRounds(settings, TRAINING)
    record.write_bytes(b"[" * 100_000 + b"\n")
    with pytest.raises(ForgeError, match="not a results file"):
        PolicyRounds(settings, TRAINING)
    with pytest.raises(ForgeError, match="not a policy"):
        PolicyRounds(replace(settings, start=record), TRAINING)
    record.unlink()
    (settings.output / "notes.txt").write_bytes(b"")
    with pytest.raises(ForgeError, match=r"holds other files \(notes\.txt\)"):
        PolicyRounds(settings, TRAINING)
    with Refinement(RefineFiles(settings.output / "refined"), Refining(rounds=1, hands=100)):
        pass
    told = "results file of forge policy rounds 1, but of forge policy refining 1: give another"
    with pytest.raises(ForgeError, match=told):
        PolicyRounds(replace(settings, output=settings.output / "refined"), TRAINING)


def test_a_policy_is_no_better_than_itself() -> None:
    found = judge(SHIPPED, SHIPPED, 3, 32)
    assert found.standard.value == found.everything.value == found.both.value == 0.0


def test_both_is_the_mean_of_independent_figures() -> None:
    found = MatchVerdict(Figure(0.02, (0.01, 0.03)), Figure(0.0, (-0.02, 0.02))).both
    assert found.value == pytest.approx(0.01)
    assert found.interval == pytest.approx((0.01 - 5e-3 * 5**0.5, 0.01 + 5e-3 * 5**0.5))
