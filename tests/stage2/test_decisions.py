"""Decisions to measure Stage 2 networks on."""

from pathlib import Path

import pytest
import torch

from forge.eq.records import write_record
from forge.errors import ForgeError
from forge.play.transcript import read_transcript
from forge.stage2.decisions import JudgedDecisions, PlayedDecisions
from support.checkpoints import tiny_decisions
from support.records import small_record


def test_decisions_know_their_game(tmp_path: Path) -> None:
    rows, record = tiny_decisions(tmp_path), small_record()
    choices = record["train_mask"] & (record["legal_mask"].sum(dim=1) > 1)
    seeds = torch.tensor(sorted(record.seeds))[rows.columns["games"]]
    assert torch.equal(seeds, record["game_idx"][choices])
    assert torch.equal(rows.columns["tokens"], record["transcript_tokens"][choices])
    assert rows.seeds == tuple(sorted(record.seeds)) and len(set(rows.seeds)) == 3
    batch = rows.__getitems__([5, 0])
    assert batch["games"].tolist() == [0, 0] and batch["mean"].shape == (2, 7)
    few, many = rows.n_worlds
    assert 1 <= few < many <= 4
    assert rows.source == f"3 games, several seeds; E[Q] over {few} to 4 worlds, oracle exact"


def test_a_file_of_several_games_is_the_same(tmp_path: Path) -> None:
    single = tiny_decisions(tmp_path / "single")
    write_record(tmp_path / "joint" / "seed_all.pt", small_record())
    joint = JudgedDecisions(tmp_path / "joint")
    assert single.columns.keys() == joint.columns.keys()
    for name, column in single.columns.items():
        assert torch.equal(column, joint.columns[name])


def test_a_game_counts_once(tmp_path: Path) -> None:
    tiny_decisions(tmp_path)
    write_record(tmp_path / "seed_again.pt", small_record().game(1))
    with pytest.raises(ForgeError, match="a game is there twice"):
        JudgedDecisions(tmp_path)
    with pytest.raises(ForgeError, match=r"no seed_\*\.pt files"):
        JudgedDecisions(tmp_path / "nowhere")


def test_played_decisions_are_transcripts_with_a_choice() -> None:
    rows = PlayedDecisions(500)
    assert 500 <= len(rows) < 1000
    tokens, legal = rows.columns["tokens"], rows.columns["legal"]
    assert bool((legal.sum(dim=1) > 1).all())
    n_plays = []
    for each in tokens[::7]:
        length = int((each[:, 7] > 0).sum()) + 1
        read = read_transcript(each, length)
        assert len(read.hand) + sum(seat == 0 for seat, _ in read.plays) == 7
        n_plays.append(len(read.plays))
    assert min(n_plays) == 0 and max(n_plays) > 19
    again = PlayedDecisions(500)
    assert torch.equal(again.columns["tokens"], tokens)
    assert torch.equal(rows.__getitems__([3, 1])["legal"], legal[[3, 1]])
