"""The arena: the protocol, mirrored hands, and runs that go on where they were."""

import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.arena.comparison import PairedResults, compare
from forge.arena.protocol import (
    BLOCK_DEALS,
    AnyDeclaration,
    ContractRule,
    arena_deal,
    best_pip_suit,
)
from forge.arena.registry import parse_player
from forge.arena.results import Block, arena_file
from forge.arena.series import ArenaOptions, ArenaRun, play_block, run_arena
from forge.errors import ForgeError
from forge.game.contract import BIDS, LOWEST_BID, Bid, Contract
from forge.game.deal import Deal
from forge.game.tables import parse_hand


def options(a: str, b: str, seed: int = 0) -> ArenaOptions:
    return ArenaOptions(parse_player(a), parse_player(b), seed)


def rows(results: PairedResults) -> list[list[int]]:
    columns = (results.points_a, results.points_b, results.bidders)
    return np.stack(columns, axis=1).tolist()  # type: ignore[no-any-return]


# --- protocol ---


@pytest.mark.parametrize(
    ("hand", "pip"),
    [
        ("6-6,6-5,6-4,6-2,6-1,6-0,2-2", 6),
        ("3-0,3-1,3-2,6-5,5-4,1-0,2-0", 3),  # blanks and threes, no double: 3-2 has 5 points
        ("3-0,3-1,3-3,6-5,6-4,6-2,1-0", 3),  # threes and sixes: the double
        ("4-0,4-1,4-4,6-6,6-3,6-2,5-3", 4),  # fours and sixes, both doubles: 4-1 has 5 points
        ("4-0,4-2,4-4,6-6,6-3,6-2,5-3", 6),  # all equal: the higher pip
    ],
)
def test_trump_is_the_best_pip_suit(hand: str, pip: int) -> None:
    assert best_pip_suit(parse_hand(hand)) == pip


def test_the_forced_bidder_is_seat_0() -> None:
    bidders = []
    for number in range(400):
        found = arena_deal(7, number)
        chance = random.Random(f"forge arena 7 {number}")
        table, bidder = Deal.random(chance).hands, chance.randrange(4)
        assert found.bidder == bidder and found.number == number
        assert [table[(bidder + k) % 4] for k in range(4)] == list(found.deal.hands)
        assert found.contract == Contract(best_pip_suit(table[bidder]), LOWEST_BID)
        bidders.append(bidder)
    assert min(bidders.count(seat) for seat in range(4)) > 70
    assert arena_deal(8, 0).deal != arena_deal(7, 0).deal


# --- mirrored hands ---


@pytest.mark.parametrize(
    ("player", "n_deals"),
    [("random", 20), ("greedy-points", 20), ("eq:n=3,posterior,window=1", 5), ("make:n=3", 5)],
)
def test_a_player_equals_itself(player: str, n_deals: int) -> None:
    run = run_arena(options(player, player), n_deals)
    assert run.results.points_a.tolist() == run.results.points_b.tolist()
    found = compare(run.results)
    assert found.make_a == found.make_b and found.make_difference.value == 0.0
    assert found.marks_a.value == found.marks_b.value == 0.5
    assert found.points_difference.value == 0.0 and found.mcnemar.p == 1.0
    assert len(set(run.results.points_a.tolist())) > 3


def test_swapped_players_swap_the_tables() -> None:
    one = run_arena(options("greedy-points", "random"), 20).results
    other = run_arena(options("random", "greedy-points"), 20).results
    assert one.points_a.tolist() == other.points_b.tolist() != one.points_b.tolist()
    assert one.points_b.tolist() == other.points_a.tolist()


def test_bids_and_trumps_of_other_rules() -> None:
    rule = ContractRule(None, AnyDeclaration())
    n = len(BIDS) * BLOCK_DEALS
    found = [arena_deal(7, number, rule) for number in range(2 * n)]
    assert [each.contract.bid for each in found[::BLOCK_DEALS]] == list(BIDS) * 2
    for number in range(0, n, 7):  # the same hands as by the standard protocol
        assert found[number].deal == arena_deal(7, number).deal
    counts = np.bincount([each.contract.decl for each in found], minlength=10)
    assert counts.min() > 0.6 * counts.mean() and len(counts) == 10


def test_players_know_the_bid(tmp_path: Path) -> None:
    """A series of all bids is, block by block, what the series of one bid each are."""
    path = tmp_path / "all.jsonl"
    mixed = replace(options("make:n=3", "make:n=3", 3), rule=ContractRule(None))
    n = 2 * BLOCK_DEALS
    assert mixed.record()["bid"] == "all"
    found = run_arena(mixed, n, out=path).results
    assert found.bids == (BIDS[0],) * BLOCK_DEALS + (BIDS[1],) * BLOCK_DEALS
    for i, bid in enumerate(BIDS[:2]):
        one = run_arena(replace(mixed, rule=ContractRule(bid)), n).results
        some = slice(i * BLOCK_DEALS, (i + 1) * BLOCK_DEALS)
        assert (one.points_a[some] == found.points_a[some]).all()
        assert (found.made_a[some] == (found.points_a[some] >= bid.points)).all()
    for rule in (ContractRule(Bid.of(31)), ContractRule(None, AnyDeclaration())):
        with pytest.raises(ForgeError, match="was made with"):
            run_arena(replace(mixed, rule=rule), n, out=path)


def test_oracle_beats_random() -> None:
    found = compare(run_arena(options("oracle", "random", seed=1), 40).results)
    assert found.mcnemar.p < 0.001 and found.mcnemar.only_a > found.mcnemar.only_b
    assert found.points_difference.interval[0] > 10.0
    assert found.make_a.value > 0.6 > 0.4 > found.make_b.value


def test_a_deal_is_played_alike_whatever_it_is_played_with() -> None:
    specs = [parse_player(text) for text in ("eq:n=3", "random")]
    players = (specs[0].build(), specs[1].build())
    pair = options("eq:n=3", "random", 5)
    together = play_block(players, pair, [3, 4, 5, 6])
    for i, number in enumerate(together.deals):
        alone = play_block(players, pair, [number])
        assert alone.points_a == [together.points_a[i]]
        assert alone.points_b == [together.points_b[i]]
        assert (alone.bidders, alone.trumps) == ([together.bidders[i]], [together.trumps[i]])


def test_seeds_are_other_series() -> None:
    first, second = (run_arena(options("random", "random", seed), 6).results for seed in (1, 2))
    assert rows(first) != rows(second)
    with pytest.raises(ForgeError, match=r"seed must be 0\.\."):
        options("random", "random", 2**63)


def test_time_is_told_by_side() -> None:
    run = run_arena(options("random", "eq:n=9"), 4)
    cheap, dear = run.cpu_s_a_hand
    assert 0.0 < cheap < dear
    assert run.n_hands_played == 8 and run.elapsed_s > 0.0


# --- runs that go on ---


def test_workers_change_nothing() -> None:
    pair = options("eq:n=1", "random")
    one, two = (run_arena(pair, 20, n_workers) for n_workers in (1, 2))
    assert len(one.results) == 20
    assert rows(one.results) == rows(two.results)


def test_a_file_goes_on_and_may_grow(tmp_path: Path) -> None:
    path, pair = tmp_path / "deep" / "results.jsonl", options("random", "greedy-points")
    heard: list[tuple[int, int]] = []

    def hear(n_played: int, results: PairedResults) -> None:
        heard.append((n_played, len(results)))

    def run(n_deals: int) -> ArenaRun:
        return run_arena(pair, n_deals, out=path, on_block=hear)

    first = run(20)
    assert heard == [(16, 16), (20, 20)] and first.n_hands_played == 40
    content = path.read_bytes()
    again = run(20)
    assert again.n_hands_played == 0 and path.read_bytes() == content
    assert rows(again.results) == rows(first.results)
    assert again.cpu_s_a_hand == first.cpu_s_a_hand
    grown = run(35)
    assert heard[2:] == [(12, 32), (15, 35)]  # deals 20..31, 32..34
    assert rows(grown.results) == rows(run_arena(pair, 35).results)
    assert rows(run(7).results) == rows(grown.results)[:7]


def test_a_torn_line_is_played_again(tmp_path: Path) -> None:
    path, pair = tmp_path / "results.jsonl", options("random", "greedy-points")
    whole = rows(run_arena(pair, 40, out=path).results)
    content = path.read_bytes()
    for length in (0, 10, content.index(b"\n") + 1, len(content) - 30, len(content) - 1):
        path.write_bytes(content[:length])
        assert rows(run_arena(pair, 40, out=path).results) == whole
        lines = path.read_bytes().splitlines()
        assert len(lines) == 4 and all(isinstance(json.loads(line), dict) for line in lines)


@pytest.mark.parametrize(
    ("other", "part"),
    [
        (options("random", "oracle"), "made with b = greedy-points, not oracle"),
        (options("random", "greedy-points", 3), "made with seed = 0, not 3"),
    ],
)
def test_other_options_are_refused(tmp_path: Path, other: ArenaOptions, part: str) -> None:
    path = tmp_path / "results.jsonl"
    run_arena(options("random", "greedy-points"), 3, out=path)
    content = path.read_bytes()
    with pytest.raises(ForgeError, match=part):
        run_arena(other, 3, out=path)
    assert path.read_bytes() == content


def test_files_of_another_kind_and_damaged_ones(tmp_path: Path) -> None:
    path, pair = tmp_path / "results.jsonl", options("random", "random")
    for foreign in (b"seed,points\n1,2\n", b"no line end", b"[1]\n", b'{"format":"x"}\n'):
        path.write_bytes(foreign)
        with pytest.raises(ForgeError, match="is not a results file of forge arena"):
            run_arena(pair, 3, out=path)
        assert path.read_bytes() == foreign
    path.unlink()
    run_arena(pair, 3, out=path)
    header, line = path.read_bytes().splitlines()
    block = json.loads(line)
    damaged: list[Any] = [
        5,
        {**block, "points_a": [43, 0, 0]},
        {**block, "points_b": [1, 2]},
        {**block, "deals": []},
        {**block, "cpu_s": [1.0]},
        {name: value for name, value in block.items() if name != "wall_s"},
    ]
    for values in damaged:
        path.write_bytes(header + b"\n" + json.dumps(values).encode() + b"\n")
        with pytest.raises(ForgeError, match="line 2 is damaged"):
            run_arena(pair, 3, out=path)


def test_a_file_has_one_writer(tmp_path: Path) -> None:
    path, pair = tmp_path / "results.jsonl", options("random", "random")
    with (
        arena_file(path, pair.record()),
        pytest.raises(ForgeError, match="is being written by another process"),
    ):
        run_arena(pair, 3, out=path)
    block = play_block((pair.a.build(), pair.b.build()), pair, [0, 1])
    with arena_file(path, pair.record()) as file:
        file.append(replace(block, wall_s=1.5))
    with arena_file(path, pair.record()) as file:
        assert file.rows == [replace(block, wall_s=1.5)]
        assert isinstance(file.rows[0], Block)


def children_of(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    n_workers = 2
    path, pair = tmp_path / "results.jsonl", options("greedy-points", "random")
    line = ["arena", pair.a.text, pair.b.text, "--games", "100000"]
    line += ["--workers", str(n_workers), "--out", str(path)]
    with subprocess.Popen([sys.executable, "-m", "forge.cli.main", *line]) as process:
        wait_for(lambda: path.is_file() and path.read_bytes().count(b"\n") > 2)
        workers = children_of(process.pid)
        process.send_signal(signal.SIGKILL)
    assert len(workers) >= n_workers
    # Workers end with their owner.
    wait_for(lambda: not any(Path(f"/proc/{pid}/task").is_dir() for pid in workers))
    n_done = 16 * (path.read_bytes().count(b"\n") - 1)
    run = run_arena(pair, n_done + 20, n_workers, path)
    assert run.n_hands_played == 40
    assert rows(run.results) == rows(run_arena(pair, n_done + 20).results)
