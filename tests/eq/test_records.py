"""E[Q] files: what is in them, that they come back, and that nothing else passes for one."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from forge.eq.records import (
    FIELDS,
    EqRecord,
    join_records,
    read_record,
    record_bytes,
    record_path,
    write_record,
)
from forge.errors import ForgeError
from forge.game.deal import Deal
from support.records import SEEDS, small_record


def equal(one: EqRecord, other: EqRecord) -> bool:
    """Whether two records say the same."""
    return (
        all(torch.equal(one[name], other[name]) for name in FIELDS)
        and torch.equal(one.hands, other.hands)
        and (one.decls, one.seeds, one.settings) == (other.decls, other.seeds, other.settings)
    )


def content_of(record: EqRecord) -> dict[str, Any]:
    """What torch finds in the file of a record."""
    loaded: dict[str, Any] = torch.load(io.BytesIO(record_bytes(record)), weights_only=True)
    return loaded


def test_file_of_one_game(tmp_path: Path) -> None:
    record = small_record().game(1)
    path = tmp_path / "made" / "on the way.pt"
    assert write_record(path, record) == path.stat().st_size
    content = torch.load(path, weights_only=True)
    assert content["schema_version"] == "2.1"
    assert (content["seed"], content["decl_id"]) == (8, 8)
    assert type(content["seed"]) is int and type(content["decl_id"]) is int
    assert content["hands"].dtype == torch.int8 and content["hands"].shape == (4, 7)
    assert torch.equal(content["hands"], Deal.from_seed(8).tensor)
    for name, (dtype, shape) in FIELDS.items():
        assert content[name].dtype == dtype and content[name].shape == (28, *shape), name
        assert content[name].untyped_storage().nbytes() == content[name].nbytes, name
    assert content["game_idx"].tolist() == [8] * 28
    assert content["decision_idx"].tolist() == list(range(28))
    assert content["settings"] == record.settings
    assert content["settings"]["estimate"]["n_samples"] == 4
    assert equal(read_record(path), record)


def test_file_of_several_games(tmp_path: Path) -> None:
    record = small_record()
    write_record(tmp_path / "games.pt", record)
    content = torch.load(tmp_path / "games.pt", weights_only=True)
    assert content["hands"].shape == (3, 4, 7)
    assert content["seed"].tolist() == list(SEEDS) and content["decl_id"].tolist() == [7, 8, 3]
    found = read_record(tmp_path / "games.pt")
    assert equal(found, record) and len(found) == 84 and found.n_games == 3
    for game, seed in enumerate(SEEDS):
        assert found.deal(game) == Deal.from_seed(seed)
        assert equal(found.game(game), record.game(game))
        assert (found["game_idx"][found.rows(game)] == seed).all()
    assert equal(join_records([record.game(game) for game in range(3)]), record)
    assert found.row(2, 5) == 61


def test_the_same_record_is_the_same_bytes() -> None:
    record = small_record()
    assert record_bytes(record.game(0)) == record_bytes(record.game(0))
    copied = replace(record, settings={**record.settings, "oracle": "ex" + "act"})
    assert record_bytes(copied) == record_bytes(record)


def test_a_file_of_others_needs_neither_settings_nor_our_own_fields(tmp_path: Path) -> None:
    record = small_record().game(0)
    content = content_of(record)
    del content["complete"], content["settings"]
    content["transcript_tokens"] = content["transcript_tokens"].long()
    content["legal_mask"] = content["legal_mask"].float()
    content["e_q_mean"] = content["e_q_mean"].double()
    content["note"] = "what else there may be"
    torch.save(content, tmp_path / "theirs.pt")
    found = read_record(tmp_path / "theirs.pt")
    assert found.settings == {} and not found["complete"].any()
    for name in FIELDS.keys() - {"complete"}:
        assert torch.equal(found[name], record[name])


@pytest.mark.parametrize(
    ("seed", "split"), [(0, "train"), (899, "train"), (900, "val"), (1950, "test")]
)
def test_where_files_lie(seed: int, split: str) -> None:
    assert record_path(Path("games"), seed) == Path(f"games/{split}/seed_{seed:08d}.pt")


def test_rows_there_are_none_of() -> None:
    with pytest.raises(ForgeError, match=r"games 0\.\.2 with decisions 0\.\.27"):
        small_record().row(0, 28)
    with pytest.raises(ForgeError, match="no records"):
        join_records([])


class Evil:
    """Runs when unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (print, ("unpickled",))


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = record_bytes(small_record().game(0))
    (tmp_path / "short.pt").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.pt").write_bytes(b"")
    (tmp_path / "text.pt").write_text("seven of clubs\n")
    torch.save({"hands": Evil()}, tmp_path / "evil.pt")
    for name in ("short", "empty", "text", "evil"):
        with pytest.raises(ForgeError, match=r"is not a readable E\[Q\] file") as told:
            read_record(tmp_path / f"{name}.pt")
        assert "\n" not in str(told.value)
    assert capsys.readouterr().out == ""
    with pytest.raises(ForgeError, match="there is no file"):
        read_record(tmp_path / "nothing.pt")
    with pytest.raises(ForgeError, match="is not a file"):
        read_record(tmp_path)


def change(name: str, row: int, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets one row of a field."""

    def changed(content: dict[str, Any]) -> None:
        content[name][row] = value

    return changed


def put(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets a key."""
    return lambda content: content.update({name: value})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (put("schema_version", "1.0"), "schema_version is 1.0"),
        (lambda content: content.pop("e_q_mean"), r"e_q_mean must be a tensor \[28, 7\]"),
        (put("e_q_pdf", torch.zeros(28, 7, 84)), r"got \[28, 7, 84\]"),
        (put("hands", torch.zeros(7, 4)), "hands must be"),
        (put("hands", torch.zeros(0, 4, 7)), "no games"),
        (put("hands", torch.zeros(4, 7)), "dealt twice"),
        (lambda content: content.update(hands=content["hands"].flip(1)), "slot order"),
        (put("seed", "7"), "seed must be one whole number a game"),
        (put("decl_id", torch.tensor([1, 2])), "decl_id must be one whole number a game"),
        (put("decl_id", 10), r"decl_id must lie in 0\.\.9"),
        (put("settings", "many"), "settings must be a dict"),
        (change("decision_idx", 3, 4), "one game after the other"),
        (change("game_idx", 3, 4), "one game after the other"),
        (change("player", 5, 4), r"player must lie in 0\.\.3"),
        (change("action_taken", 5, -1), r"action_taken must lie in 0\.\.6"),
        (change("transcript_lengths", 5, 37), r"transcript_lengths must lie in 1\.\.36"),
        (change("exploration_mode", 0, 4), r"exploration_mode must lie in 0\.\.3"),
        (change("legal_mask", 9, False), "action_taken must be a legal slot"),
        (change("e_q_mean", 2, torch.nan), "e_q_mean must be finite where legal"),
    ],
)
def test_what_is_no_record(tmp_path: Path, spoil: Callable[[Any], None], words: str) -> None:
    content = content_of(small_record().game(0))
    spoil(content)
    torch.save(content, tmp_path / "spoilt.pt")
    with pytest.raises(ForgeError, match=words) as told:
        read_record(tmp_path / "spoilt.pt")
    assert "schema 2.1" in str(told.value) and "\n" not in str(told.value)


def test_a_list_is_no_record(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ForgeError, match="must hold a dict"):
        read_record(tmp_path / "list.pt")
