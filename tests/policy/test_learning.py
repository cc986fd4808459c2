"""From hands to a policy: files that go on, rows, and that something is learnt."""

import math
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from forge import ForgeError
from forge.learn.from_plays import chance_lost
from forge.policy import learning, played_hands
from forge.policy.choices import rows_of
from forge.policy.learning import PolicyFigures, figures_of, train_policy
from forge.policy.numbers import PolicyNumbers
from forge.policy.played_hands import load_all, load_hands, play_missing, save_hands
from forge.policy.self_play import PlayedHands, Teacher, contract_of, play_hands
from forge.policy.settings import PolicyTraining
from forge.policy.sparse_network import PolicyNetwork
from support.claims import claimed
from support.seen import random_weights

TEACHER = Teacher(n_worlds=4)


@pytest.fixture(scope="module")
def hands() -> PlayedHands:
    """Two hundred hands that four worlds decided."""
    return play_hands(5, 0, 200, TEACHER)


def test_hands_are_those_of_their_numbers(hands: PlayedHands) -> None:
    again = play_hands(5, 40, 43, TEACHER)
    for name, of_again in vars(again).items():
        assert torch.equal(of_again.nan_to_num(-1), getattr(hands, name)[40:43].nan_to_num(-1))


def test_contracts_cover_declarations_and_bids() -> None:
    drawn = [contract_of(1, number) for number in range(2000)]
    assert {decl for _, decl, _ in drawn} == set(range(10))
    assert {bid.number for _, _, bid in drawn} == {*range(30, 43), 84}


def test_file(hands: PlayedHands, tmp_path: Path) -> None:
    path = tmp_path / "hands.parquet"
    save_hands(hands, path, TEACHER)
    again = load_hands(path)
    for name, of_again in vars(again).items():
        assert torch.equal(of_again.nan_to_num(-1), getattr(hands, name).nan_to_num(-1))
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(ForgeError, match=str(path)):
        load_hands(path)
    path.write_bytes(b"no parquet")
    with pytest.raises(ForgeError, match=str(path)):
        load_hands(path)


def test_what_is_there_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(played_hands, "HANDS_A_FILE", 5)
    first = play_missing(tmp_path, 3, 5, TEACHER)
    before = first[0].stat().st_mtime_ns
    paths = play_missing(tmp_path, 3, 12, TEACHER)
    assert len(paths) == 3 and paths[0].stat().st_mtime_ns == before
    assert len(load_all(paths)) == 15
    with pytest.raises(ForgeError, match="played by n=4, not by n=5"):
        play_missing(tmp_path, 3, 5, Teacher(n_worlds=5))
    save_hands(play_hands(3, 0, 4, TEACHER), first[0], TEACHER)
    with pytest.raises(ForgeError, match="4 hands instead of 5: remove it"):
        play_missing(tmp_path, 3, 5, TEACHER)


def test_two_at_once_and_a_stop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(played_hands, "HANDS_A_FILE", 5)
    with claimed(played_hands.hands_path(tmp_path, 3, 5)):
        assert len(play_missing(tmp_path, 3, 15, TEACHER)) == 2  # another one is at the second
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert len(play_missing(tmp_path, 3, 15, TEACHER, stopped=stopped)) == 2
    assert len(play_missing(tmp_path, 3, 15, TEACHER)) == 3
    assert not list(tmp_path.glob(".*"))


def test_training_ends_when_asked(hands: PlayedHands) -> None:
    told: list[int] = []
    train_policy(
        rows_of(hands),
        PolicyTraining(epochs=50),
        told=lambda epoch, _: told.append(epoch),
        stopped=lambda: len(told) == 2,
    )
    assert told == [1, 2]


def test_a_policy_learns(hands: PlayedHands) -> None:
    rows = rows_of(hands)
    assert bool(
        (rows.candidates.gather(2, torch.zeros(len(rows), 7, 1, dtype=torch.int64)) >= 0).all()
    )
    told = []
    policy = train_policy(
        rows, PolicyTraining(epochs=4, batch_size=64), told=lambda epoch, found: told.append(found)
    )
    assert len(told) == 4
    network = PolicyNetwork()
    network.start_from(policy)
    found = figures_of(network, rows)
    assert found.nll < 0.9 * found.uniform
    assert found.agreement > 0.5
    on = train_policy(rows, PolicyTraining(epochs=1), policy)
    assert not torch.equal(on.tensor, policy.tensor)


def test_numbers_that_are_not_finite_end_it(
    hands: PlayedHands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(logits: torch.Tensor, *_: object) -> torch.Tensor:
        return logits.nan_to_num(neginf=0.0).sum() * math.nan

    monkeypatch.setattr(learning, "imitation_loss", broken)
    told: list[PolicyFigures] = []
    with pytest.raises(ForgeError, match="training stopped at step 1: its numbers are no longer"):
        train_policy(
            rows_of(hands), PolicyTraining(epochs=2), told=lambda epoch, found: told.append(found)
        )
    assert told == []


def test_too_few_hands(hands: PlayedHands) -> None:
    rows = rows_of(hands)
    with pytest.raises(ForgeError, match="100 or more"):
        train_policy(rows.take(rows.hands < 50), PolicyTraining())


def test_a_seat_teaches(hands: PlayedHands) -> None:
    teacher = Teacher(PolicyNumbers(random_weights()), 4, 16)
    found = play_hands(5, 0, 3, teacher)
    assert len(found) == 3
    assert played_hands.describe(teacher).startswith("n=4,pool=16,mix=0.35,policy=")


def test_foreign_files(hands: PlayedHands, tmp_path: Path) -> None:
    path = tmp_path / "hands.parquet"
    foreign = pa.table({"a": [1]}).replace_schema_metadata({b"k": b"\xff\xfe"})
    pq.write_table(foreign, path)
    with pytest.raises(ForgeError, match="not a file of forge play-hands"):
        load_hands(path)
    for name, value in (("decls", 77), ("bids", 55), ("plays", 99), ("deals", 3), ("chances", 2)):
        bad = getattr(hands, name).clone()
        bad.view(-1)[0] = value
        if name == "deals":
            bad.view(-1)[:2] = value
        save_hands(replace(hands, **{name: bad}), path, TEACHER)
        with pytest.raises(ForgeError, match=rf"{path}: .*not what forge play-hands writes"):
            load_hands(path)


@pytest.mark.parametrize("how", ["text", "wider", "gap", "gone"])
def test_columns_of_other_types(hands: PlayedHands, tmp_path: Path, how: str) -> None:
    path = tmp_path / "hands.parquet"
    save_hands(hands, path, TEACHER)
    table = pq.read_table(path)
    decls = table["decl"].to_pylist()
    column = {
        "text": lambda: pa.array(map(str, decls)),
        "wider": lambda: pa.array(decls, pa.int64()),
        "gap": lambda: pa.array([None, *decls[1:]], pa.int8()),
    }
    if how == "gone":
        table = table.drop_columns(["decl"])
    else:
        table = table.set_column(table.column_names.index("decl"), "decl", column[how]())
    pq.write_table(table, path)
    told = "there is no column decl" if how == "gone" else "decl is .*, not int8"
    with pytest.raises(ForgeError, match=f"not what forge play-hands writes: {told}"):
        load_hands(path)


def test_a_folder_of_another_command(tmp_path: Path) -> None:
    (tmp_path / "rounds.jsonl").write_text("")
    with pytest.raises(ForgeError, match=r"work of another command \(rounds\.jsonl\)"):
        play_missing(tmp_path, 3, 5, TEACHER)


def test_damage_is_found_before_more_is_played(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(played_hands, "HANDS_A_FILE", 5)
    (path,) = play_missing(tmp_path, 3, 5, TEACHER)
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 16
    path.write_bytes(content)
    with pytest.raises(ForgeError, match=str(path)):
        play_missing(tmp_path, 3, 10, TEACHER)


def test_chance_lost_by_hand() -> None:
    nan, out = float("nan"), -torch.inf
    logits = torch.tensor([[0.0, 0.0, out, out, out, out, out]] * 3, requires_grad=True)
    chances = torch.tensor([[0.5, 0.3] + [nan] * 5, [0.2, 0.6] + [nan] * 5, [nan] * 7])
    found = chance_lost(logits, chances)
    assert float(found.detach()) == pytest.approx((0.1 + 0.2 + 0.0) / 3)
    (slope,) = torch.autograd.grad(found, logits)
    assert slope[0, 0] < 0 < slope[0, 1] and slope[1, 1] < 0 < slope[1, 0]
    assert not slope[2].any() and not slope[:, 2:].any()


def test_plays_lose_less_where_that_is_asked_for(hands: PlayedHands) -> None:
    rows = rows_of(hands)
    lost = []
    for weight in (0.0, 100.0):
        policy = train_policy(rows, PolicyTraining(epochs=4, lost=weight))
        network = PolicyNetwork()
        network.start_from(policy)
        with torch.no_grad():
            lost.append(float(chance_lost(network(rows.context, rows.candidates), rows.chances)))
    assert lost[1] < lost[0]


@pytest.mark.parametrize("what", ["a play of another seat", "no chances", "a play that goes on"])
def test_hands_that_cannot_be_are_told_with_the_name_of_their_file(
    what: str, hands: PlayedHands, tmp_path: Path
) -> None:
    """Whoever wrote them: as of the first release, without a checksum, and by `forge verify`."""
    plays, chances = hands.plays.clone(), hands.chances.clone()
    if what == "a play of another seat":
        plays[7, 0] = int(hands.deals[7, 1, 0])
    elif what == "no chances":
        chances[9] = torch.nan
    else:
        plays[3, 20], plays[3, 27] = -1, 5
    path = tmp_path / "hands_of_others.parquet"
    save_hands(replace(hands, plays=plays, chances=chances), path, TEACHER)
    with pytest.raises(ForgeError, match=r"hands_of_others\.parquet: "):
        load_hands(path, every_play=True)
    table = pq.read_table(path)
    pq.write_table(table, path)
    assert b"sha256" not in path.read_bytes()
    with pytest.raises(ForgeError, match=r"hands_of_others\.parquet: "):
        load_hands(path)
