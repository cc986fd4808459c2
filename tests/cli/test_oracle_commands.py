"""The oracle commands as users type them."""

import importlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from forge.cli.campaign import drawn_declarations
from forge.cli.main import COMMANDS
from forge.game.constants import INITIAL_STATE
from forge.game.deal import Deal
from forge.oracle.position import Position
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.schema import lookup, read_metadata
from forge.oracle.tablebase import Tablebase
from support.commands import Fails, Run, Works, literally
from support.shards import SMALL_KEYS, TINY_DEAL, TINY_DECL, made_up_rows, tiny_rows, write_foreign

SMALL = SMALL_KEYS["train"]
SCRIPT = str(Path(sys.executable).with_name("forge"))
MODULES = {name: module for name, module, *_ in COMMANDS}
HAND = "6-6,6-5,6-4,6-2,6-1,6-0,2-2"


TINY = ["--deal", shlex.quote(TINY_DEAL.text), "--decl"]


def run_process(*command: str, cwd: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout)


# --- the Oracle block of commands.md, word for word, through the installed package ---


def test_import_line(tmp_path: Path) -> None:
    line = (
        "from forge.ml import module, data, metrics; from forge.oracle import schema; print('OK')"
    )
    done = run_process(sys.executable, "-c", line, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "OK\n")


@pytest.mark.parametrize("options", ["", f"--p0-hand {HAND}"])
def test_generate_shows_q_values(works: Works, tmp_path: Path, options: str) -> None:
    shown = works("generate", f"--seed 0 --decl sixes --show-qvals --out /dev/null {options}")
    hand = "2-2 6-0 6-1 6-2 6-4 6-5 6-6" if options else "0-0 2-0 2-2 3-1 4-0 4-4 5-2"
    assert f"P0's hand: {hand}" in shown
    rows = re.findall(r"(\d-\d)\s+│\s+([+-]\d+)\s+│\s+(\d+)", shown)
    assert sorted(name for name, _, _ in rows) == sorted(hand.split())
    q = [int(value) for _, value, _ in rows]
    assert q == sorted(q, reverse=True)
    assert [int(distance) for _, _, distance in rows] == [q[0] - value for value in q]
    assert f"V = {q[0]:+d}" in shown
    if not options:
        key = ShardKey(0, 6)
        exact = Position(key.deal(), 6).q()
        names = dict(zip(hand.split(), exact, strict=True))
        assert {name: int(value) for name, value, _ in rows} == names
    assert not list(tmp_path.iterdir())


def test_campaign_line(works: Works, tmp_path: Path) -> None:
    works("campaign", "--seed-range 0:1 --decls-per-seed 1 --out data/shards")
    made = sorted(path.name for path in (tmp_path / "data/shards").rglob("seed_*"))
    assert made == [ShardKey(0, drawn_declarations(0, 1)[0]).file_name()]


def test_generate_continuous_until_ctrl_c(tmp_path: Path) -> None:
    options = ["--marginalized", "--n-opp-seeds", "5"]
    root = tmp_path / "data" / "shards-marginalized"
    train = root / "train"
    with subprocess.Popen(
        [sys.executable, "-m", "forge.cli.generate_continuous", *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not list(train.glob(".seed_*.tmp")):  # until it has a file in hand
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert stderr == "stopping after the file in hand (once more to stop now)\n"
    assert "solved:" in stdout
    key = ShardKey(0, 0, opp_seed=0)
    made = [path for path in train.iterdir() if path.is_file()]
    assert key.path(root) in made
    for path in made:
        assert path.name in stdout
        assert read_metadata(path).deal() == _key_of(path).deal()


@pytest.mark.parametrize("name", ["generate-continuous", "generate_continuous"])
def test_generate_continuous_dry_run(works: Works, tmp_path: Path, name: str) -> None:
    shown = works(name, "--start-seed 1000 --dry-run")
    assert "train/seed_00001000_decl_0.parquet" in shown
    assert not list(tmp_path.iterdir())


# --- the table of commands ---


def test_help_is_light_and_lists_every_command(tmp_path: Path) -> None:
    code = "import sys; from forge.cli import main; print('torch' in sys.modules)"
    assert run_process(sys.executable, "-c", code, cwd=tmp_path).stdout == "False\n"
    listed = run_process(SCRIPT, "--help", cwd=tmp_path).stdout
    assert all(name in listed for name in MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_help_is_the_same_both_ways(
    works: Works, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = works(name, "--help")
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(MODULES[name]).main(["--help"])
    assert ended.value.code == 0
    direct = capsys.readouterr().out
    assert words.partition("\n\n")[2] == direct.partition("\n\n")[2]
    assert f"Usage: forge {name}" in words


def test_an_unknown_command_names_those_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["forge", "solv"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module("forge.cli.main").run_line()
    assert ended.value.code == 2
    assert "valid are quickstart, solve, generate" in capsys.readouterr().err


def test_info(forge: Run) -> None:
    code, text, _ = forge("info", "--json")
    facts = json.loads(text)
    assert code == 0
    assert {"version", "torch", "cuda", "devices"} <= set(facts)
    code, text, _ = forge("info")
    assert code == 0
    assert facts["version"] in text


# --- solve ---


def test_solve_a_deal(forge: Run) -> None:
    code, text, _ = forge("solve", *TINY, "notrump")
    assert code == 0
    q = Position(TINY_DEAL, TINY_DECL).q()
    assert f"seat 0 to act, value {max(v for v in q if v is not None):+d}" in text
    assert text.count("│") > 20


def test_solve_in_the_middle_of_a_trick_as_json(forge: Run) -> None:
    position = Position(TINY_DEAL, TINY_DECL)
    for _ in range(6):
        position = position.play(position.legal_slots()[0])
    from forge.game.tables import domino_name

    plays = ",".join(map(domino_name, position.plays))
    code, text, _ = forge("solve", *TINY, "nt", "--plays", plays, "--json")
    answer = json.loads(text)
    assert code == 0
    hand = TINY_DEAL.hands[position.seat_to_act]
    assert answer["q"] == {
        domino_name(hand[slot]): q for slot, q in enumerate(position.q()) if q is not None
    }
    assert (answer["state"], answer["seat_to_act"]) == (position.state, position.seat_to_act)
    assert answer["value"] == position.value()
    best = next(iter(answer["q"].values()))
    assert best == position.value()


def test_solve_at_the_end_of_the_hand(forge: Run) -> None:
    position = Position(TINY_DEAL, TINY_DECL)
    while not position.is_over:
        position = position.play(position.legal_slots()[0])
    from forge.game.tables import domino_name

    plays = ",".join(map(domino_name, position.plays))
    options = ["solve", *TINY, "9", "--plays", plays]
    code, text, _ = forge(*options)
    assert code == 0
    assert "the hand is over" in text
    assert sum(json.loads(forge(*options, "--json")[1])["points"]) == 42


@pytest.mark.parametrize(
    ("deal", "decl", "plays", "message"),
    [
        (TINY_DEAL.text.replace("5-5", "6-6"), "nt", "", "6-6"),
        (
            TINY_DEAL.text.replace("6-6,", ""),
            "nt",
            "",
            "1..7, got 6, 7, 7, 7",
        ),
        (TINY_DEAL.text.replace("6-6", "7-6"), "nt", "", "7-6"),
        (TINY_DEAL.text.partition(" / ")[2], "nt", "", "four hands"),
        (TINY_DEAL.text, "sevens", "", "valid are blanks"),
        (TINY_DEAL.text, "10", "", "valid are blanks"),
        (TINY_DEAL.text, "nt", "6-2", "may not play 6-2; valid are"),
        (TINY_DEAL.text, "nt", "6-6,1-0", "may not play 1-0; valid are 6-1, 6-2"),
        (TINY_DEAL.text, "nt", "6-6,six-two", "not a domino"),
    ],
)
def test_solve_refuses_what_cannot_be(
    fails: Fails, deal: str, decl: str, plays: str, message: str
) -> None:
    assert message in fails("solve", *literally("--deal", deal, "--decl", decl, "--plays", plays))


# --- generate, campaign, generate-continuous ---


def test_what_is_not_written_is_not_called_a_file(works: Works, tmp_path: Path) -> None:
    hand = '--p0-hand "6-6,6-5,6-4,6-2,6-1,6-0,2-2"'
    for line, name in (
        ("--seed 30", "seed 30, blanks"),
        ("--base-seed 30 --opp-seed 1", "seed 30 with opponents 1, blanks"),
        (f"--seed 30 {hand} --decl 6", "seed 30 around a hand, sixes"),
    ):
        shown = works("generate", line, "--out /dev/null")
        assert shown.startswith(f"[1/1] {name}: ")
        assert "parquet" not in shown and "write" not in shown
    assert list(tmp_path.iterdir()) == []


def test_generate_and_go_on(forge: Run, tmp_path: Path) -> None:
    options = ["--seed", SMALL.seed, "--decl", SMALL.decl, "--out", "out"]
    code, text, _ = forge("generate", *options, "--log-memory")
    path = SMALL.path(Path("out"))
    assert code == 0
    assert re.search(r"\[1/1\] seed_00000158_decl_6.parquet: 1,940,440 states.*peak_rss", text)
    assert path.stat().st_size / 1_940_440 < 3.6
    value, q = lookup(path, INITIAL_STATE)
    assert q == Position(SMALL.deal(), SMALL.decl).q()
    assert value == max(q)
    text = forge("generate", *options, "--show-qvals")[1]
    assert "1 already there" in text
    assert f"V = {value:+d}" in text
    assert "1 solved" in forge("generate", *options, "--overwrite")[1]
    assert forge("verify", "out")[0] == 0


def test_generate_other_deals(forge: Run) -> None:
    base = ["generate", "--decl", "6", "--out", "out", "--format", "pt"]
    assert forge(*base, "--base-seed", 158, "--opp-seed", 158)[0] == 0
    key = ShardKey(158, 6, opp_seed=158)
    assert read_metadata(key.path(Path("out"), "pt")).deal() == key.deal()
    assert forge("verify", "out")[0] == 0


def test_a_shard_with_a_chosen_hand_does_not_pass_for_the_seeds_own(
    forge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forge.game.tables import parse_hand

    key = ShardKey(158, 6, p0_hand=parse_hand(HAND))
    _quick_tables(monkeypatch)
    assert forge("generate", "--seed", 158, "--decl", 6, "--p0-hand", HAND, "--out", "out")[0] == 0
    assert [path.name for path in Path("out/train").iterdir()] == [key.file_name()]
    assert read_metadata(key.path(Path("out"))).deal() == key.deal()


def _quick_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve to a few made-up rows, where only the files matter."""
    import torch

    from forge.oracle.tablebase import Tablebase

    rows = [torch.from_numpy(column) for column in made_up_rows(100).as_tuple()]
    monkeypatch.setattr(
        Tablebase, "solve", staticmethod(lambda deal, decl, device: Tablebase(deal, decl, *rows))
    )


def _key_of(path: Path) -> ShardKey:
    key = ShardKey.parse(path.name)
    assert key is not None
    return key


def _made(root: str = "out") -> set[ShardKey]:
    return {_key_of(path) for path in Path(root).rglob("seed_*")}


def test_generate_a_range_under_all_or_some_declarations(
    forge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _quick_tables(monkeypatch)
    assert forge("generate", "--seed-range", "899:902", "--decl", "all", "--out", "out")[0] == 0
    assert _made() == {ShardKey(seed, decl) for seed in (899, 900, 901) for decl in range(10)}
    assert forge("generate", "--seed-range", "3:6", "--out", "default")[0] == 0
    assert _made("default") == {ShardKey(seed, seed) for seed in (3, 4, 5)}


def test_campaign_draws_the_same_declarations_again(
    forge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _quick_tables(monkeypatch)
    options = ["campaign", "--decls-per-seed", 3, "--out", "out", "--seed-range"]
    assert "12 solved" in forge(*options, "0:4")[1]
    first = _made()
    assert {key.seed for key in first} == {0, 1, 2, 3}
    assert "3 solved" in forge(*options, "2:5")[1]  # only the new seed
    assert len({tuple(drawn_declarations(seed, 3)) for seed in range(20)}) > 10
    assert drawn_declarations(7, 3) == drawn_declarations(7, 10)[:3]
    assert sorted(drawn_declarations(7, 10)) == list(range(10))


def test_generate_continuous_fills_gaps_and_backfills(
    forge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _quick_tables(monkeypatch)
    run = ["generate-continuous", "--marginalized", "--output-dir", "out"]
    assert forge(*run, "--limit", 6, "--n-opp-seeds", 2)[0] == 0
    assert _made() == {ShardKey(seed, seed, opp) for seed in range(3) for opp in range(2)}
    ShardKey(1, 1, 0).path(Path("out")).unlink()
    dry = forge(*run, "--dry-run", "--limit", 3, "--n-opp-seeds", 3)[1]
    assert "5 shards (train 5, val 0, test 0)" in dry
    assert "4 missing up to seed 2" in dry
    assert re.findall(r"seed_\d+_opp\d_decl_\d", dry) == [
        "seed_00000000_opp2_decl_0",
        "seed_00000001_opp0_decl_1",
        "seed_00000001_opp2_decl_1",
    ]
    assert forge(*run, "--limit", 4, "--n-opp-seeds", 3)[0] == 0
    assert _made() == {ShardKey(seed, seed, opp) for seed in range(3) for opp in range(3)}


def test_generate_continuous_skips_what_is_too_large(forge: Run) -> None:
    run = ["generate-continuous", "--output-dir", "out", "--start-seed", 0, "--limit", 1]
    code, text, _ = forge(*run, "--max-states", 6_000_000)
    assert code == 0
    assert _made() == {ShardKey(1, 1)}  # seed 0 has 7.6 million states, seed 1 has 5.2
    assert "seed_00000000_decl_0.parquet: too large" in text


def test_a_deal_too_large_for_the_memory_is_named_and_made_later(forge: Run) -> None:
    run = ["generate", "--seed-range", "0:2", "--out", "out"]
    code, text, err = forge(*run, "--max-memory", 170)  # room for 6 million states
    assert code == 1 and _made() == {ShardKey(1, 1)}
    line = "seed_00000000_decl_0.parquet: 7,"
    assert line in text and "1 skipped for want of memory" in text
    assert f"left out: {line}" in err and "170 MB may be taken (--max-memory)" in err
    assert err.endswith("error: 1 shard left out: the same line tries again\n")
    assert forge(*run, "--max-memory", 1000)[0] == 0
    assert _made() == {ShardKey(0, 0), ShardKey(1, 1)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("generate-continuous --output-dir out --limit 1", "0 solved"),
        ("generate-eq-continuous --output-dir out --limit 1 --n-samples 2", "0 games"),
        ("bid-continuous --output out --limit 1 --samples 2", "0 hands"),
    ],
)
def test_a_full_disk_ends_a_long_run_cleanly(forge: Run, line: str, said: str) -> None:
    code, text, err = forge(*line.split(" ", 1), "--min-disk", 10**9)
    assert code == 1 and said in text and "disk: " in text
    assert err.startswith("error: stopped: ") and "have to stay (--min-disk): out" in err
    assert not list(Path("out").rglob("*.*"))


MARGINALIZED = ["campaign-marginalized", "--base-seed-range 29:31 --n-opp-seeds 2 --out out"]


def test_campaign_marginalized(forge: Run) -> None:
    """What cannot be made is named, the rest is made, and the same line goes on."""
    line = ["campaign-marginalized", "--base-seed-range 4:5 --n-opp-seeds 2 --out out"]
    code, _, err = forge(*line, "--max-memory", 200)  # they have 4.8 and 14.6 million states
    assert code == 1 and _made() == {ShardKey(4, 4, 0)}
    assert err.startswith("left out: seed_00000004_opp1_decl_4.parquet: 14,645,782 states need ")
    code, text, _ = forge(*line)
    assert code == 0 and _made() == {ShardKey(4, 4, 0), ShardKey(4, 4, 1)}
    assert text.count("already there") == 1


def test_a_shard_that_fails_does_not_end_a_campaign(
    forge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [torch.from_numpy(column) for column in made_up_rows(1000).as_tuple()]

    def failing(deal: Deal, decl: int, device: str = "cpu") -> Tablebase:
        if decl == 9:
            raise MemoryError("no memory left")
        return Tablebase(deal, decl, *rows)

    monkeypatch.setattr(Tablebase, "solve", staticmethod(failing))
    code, _, err = forge(*MARGINALIZED)
    assert code == 1 and _made() == {ShardKey(30, 0, opp) for opp in (0, 1)}
    assert "left out: seed_00000029_opp0_decl_9.parquet: no memory left\n" in err
    assert err.endswith("error: 2 shards left out: the same line tries again\n")


def test_migrate_shards(forge: Run, fails: Fails) -> None:
    flat = Path("data/shards")
    flat.mkdir(parents=True)
    names = [
        ShardKey(3, 3).file_name(),
        ShardKey(901, 1, 2).file_name(),
        ShardKey(950, 0).file_name("pt"),
    ]
    for name in names:
        (flat / name).write_text(name)
    text = forge("migrate-shards", "--dry-run")[1]
    assert "shards-standard/train: 1 shard" in text and len(list(flat.iterdir())) == 3
    there = Path("data/shards-standard/test") / names[2]
    there.parent.mkdir(parents=True)
    there.write_text("other")
    assert "is there already: nothing was moved" in fails("migrate-shards")
    assert there.read_text() == "other" and len(list(flat.iterdir())) == 3
    there.unlink()
    assert forge("migrate-shards", "--source data/shards")[0] == 0
    made = {str(path.relative_to("data")): path.read_text() for path in Path("data").rglob("*.p*t")}
    made |= {str(p.relative_to("data")): p.read_text() for p in Path("data").rglob("*.parquet")}
    assert made == {
        f"shards-standard/train/{names[0]}": names[0],
        f"shards-marginalized/val/{names[1]}": names[1],
        f"shards-standard/test/{names[2]}": names[2],
    }
    assert "there are no shards in" in fails("migrate-shards")
    (flat / "notes.txt").touch()
    assert "is not named like a shard" in fails("migrate-shards")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("generate --seed-range 4:1", "backwards"),
        ("generate --seed-range 4:4", "empty"),
        ("generate --seed-range four", "must be A:B"),
        ("generate --seed-range 1:-4", "must be A:B"),
        ("generate --seed -1", "must be 0.."),
        ("generate --seed x", "--seed"),
        ("generate", "--seed N"),
        ("generate --seed 0 --seed-range 0:2", "give one of"),
        ("generate --base-seed 0", "--opp-seed"),
        ("generate --opp-seed 0 --seed 0", "--base-seed"),
        (
            "generate --base-seed 0 --opp-seed 1 --p0-hand 6-6,6-5,6-4,6-3,6-2,6-1,6-0",
            "both fix seat 0",
        ),
        ("generate --seed 0 --decl sevens", "valid are blanks"),
        ("generate --seed 0 --decl 1,sevens", "valid are blanks"),
        ("generate --seed 0 --p0-hand 6-6,6-5,6-4,6-2,6-1,6-0", "7 dominoes"),
        ("generate --seed 0 --p0-hand 6-6,6-5,6-4,6-2,6-1,6-0,6-6", "6-6"),
        ("generate --seed 0 --format csv", "'parquet', 'pt'"),
        ("generate --seed 0 --device tpu", "valid are auto, cpu, cuda"),
        ("generate --seed 0 --out /dev/null/out", "cannot write"),
        ("generate --seed 0 --no-such-option", "--no-such-option"),
        ("campaign", "--seed-range"),
        ("campaign --seed-range 0:1 --decls-per-seed 11", "1..10"),
        ("campaign --seed-range 1:0", "backwards"),
        ("generate-continuous --limit 0", "must be 1.."),
        ("generate-continuous --start-seed -1", "must be 0.."),
        ("generate-continuous --n-opp-seeds 0", "must be 1.."),
        ("generate-continuous --max-states 0", "must be 1.."),
        ("generate-continuous --output-dir /dev/null/out", "cannot write"),
        ("quickstart --decl sevens", "valid are blanks"),
        ("quickstart --out /dev/null/out", "cannot write"),
        ("verify", "Missing argument"),
        ("verify nowhere", "there is no file nowhere"),
        ("verify .", "no files of forge in ."),
        ("verify /dev/null", "/dev/null is not a file"),
    ],
)
def test_bad_values_end_with_one_line(fails: Fails, line: str, message: str) -> None:
    name, *options = line.split()
    assert message in fails(name, *options)


# --- verify and quickstart ---


def test_verify_tells_good_from_bad(forge: Run, fails: Fails, tmp_path: Path) -> None:
    from forge.oracle.shards.output import write_shard

    good, bad, cut = (tmp_path / "x" / name for name in ("good.parquet", "bad.parquet", "cut.pt"))
    for path in (good, bad, cut):
        write_shard(path, TINY_DEAL, TINY_DECL, 0, None, *tiny_rows().as_tuple())
    code, text, _ = forge("verify", good)
    assert code == 0
    assert re.search(r"good.parquet\s*│\s*oracle shard\s*│\s*105,164 states.*ok", text)
    content = bytearray(bad.read_bytes())
    content[50_000] ^= 4
    bad.write_bytes(content)
    cut.write_bytes(cut.read_bytes()[:70_000])
    assert "bad.parquet" in fails("verify", bad)
    assert "cut.pt is not a readable file of torch" in fails("verify", cut)
    assert "2 of 3 files are bad" in fails("verify", good, bad, cut)


def test_verify_needs_the_deal_of_a_foreign_marginalised_shard(forge: Run, fails: Fails) -> None:
    path = Path("seed_00000000_opp3_decl_9.parquet")
    write_foreign(path, tiny_rows(), {"seed": "0", "decl_id": "9"})
    assert "give the deal" in fails("verify", path)
    assert forge("verify", path, *TINY[:2])[0] == 0


def test_verify_a_foreign_table(fails: Fails) -> None:
    write_foreign(Path("seed_00000000_decl_9.parquet"), tiny_rows(), {"seed": "0", "decl_id": "9"})
    assert "wrong row(s)" in fails("verify", ".")  # the rows are another deal's
    Path("seed_00000000_decl_9.parquet").write_text("not Parquet at all")
    assert "not a readable Parquet file" in fails("verify", ".")


def test_quickstart(forge: Run) -> None:
    code, text, _ = forge("quickstart")
    assert code == 0
    exact = Position(ShardKey(0, 0).deal(), 0).q()
    shown = re.findall(r"(\d-\d)\s+│\s+([+-]\d+)", text)
    assert sorted(int(value) for _, value in shown) == sorted(v for v in exact if v is not None)
    assert "solved 7,607,411 states" in text
    assert "verified" in text
    assert "read back" in text
    assert Path("quickstart/train/seed_00000000_decl_0.parquet").is_file()


def test_ctrl_c_while_solving_is_no_traceback(tmp_path: Path) -> None:
    """quickstart has no file in hand to finish: it just ends."""
    with subprocess.Popen(
        [SCRIPT, "quickstart"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == b"stopped\n"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_two_commands_on_one_directory_at_once(tmp_path: Path) -> None:
    """Real deals, real processes: no shard is solved twice and all are there."""
    deals = [(158, "6"), (91, "8"), (31, "8"), (31, "7")]
    script = (
        "from forge.cli.generating import generate_shards; from pathlib import Path;"
        "from forge.oracle.shards.naming import ShardKey;"
        "from forge.oracle.shards.pipeline import PipelineOptions;"
        f"generate_shards([ShardKey(s, int(d)) for s, d in {deals}],"
        "PipelineOptions(Path('out')), job_type='test')"
    )
    pair = [
        subprocess.Popen(
            [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    texts = [process.communicate(timeout=300)[0] for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    solved = re.findall(r"(seed_\d+_decl_\d)\.parquet: [\d,]+ states", "".join(texts))
    assert sorted(solved) == sorted(f"seed_{s:08d}_decl_{d}" for s, d in deals)
    assert len(list((tmp_path / "out/train").iterdir())) == 4
    assert os.listdir(tmp_path / "out/val") == []
