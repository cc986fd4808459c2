"""Players of other programs: the lines, both ends of them, and programs that misbehave."""

import random
import re
import shlex
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from forge.advice.bridge_server import BridgeServer
from forge.arena.bridge_lines import (
    DeclareRequest,
    PlayAnswer,
    PlayRequest,
    read_declaration,
    read_play,
    read_request,
)
from forge.arena.players.bridged import BridgedPlayer, request_of
from forge.arena.protocol import AnyDeclaration, ContractRule
from forge.arena.registry import parse_player
from forge.arena.results import ARENA
from forge.arena.series import ArenaOptions, run_arena
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS
from forge.play.player import GIVES_UP
from reference import game as reference_game
from reference import packing
from support.lines import Line, random_lines, replayed, slot_between

HAND = "0 1 2 3 4 5 6"
# Answers each line by what the code says of it; `n` counts the lines.
BOT = """
import sys, time, os, random
for n, line in enumerate(sys.stdin):
    words = line.split()
    {code}
"""


def test_the_bot_of_the_documentation_is_the_one_beside_it() -> None:
    docs = Path(__file__).parents[2] / "docs"
    code = (docs / "bridge_bot.py").read_text()
    assert f"```python\n{code}```" in (docs / "bridge.md").read_text()


def bot(tmp_path: Path, code: str, name: str = "bot.py") -> str:
    """A command that answers as the code says."""
    path = tmp_path / name
    path.write_text(BOT.format(code=code.replace("\n", "\n    ")))
    return f"{sys.executable} {path}"


def page_bot(tmp_path: Path) -> str:
    """The command of the bot in docs/bridge.md."""
    page = (Path(__file__).parents[2] / "docs" / "bridge.md").read_text()
    path = tmp_path / "page_bot.py"
    path.write_text(page.partition("```python\n")[2].partition("```")[0])
    return f"{sys.executable} {path}"


def options(a: str, b: str, seed: int = 1) -> ArenaOptions:
    return ArenaOptions(parse_player(a), parse_player(b), seed)


@pytest.mark.parametrize(
    "request_",
    [
        PlayRequest(1, 4, 0, (0, 1, 2, 3, 4, 5, 6), ((0, 14),)),
        PlayRequest(3, 9, 3, (27, 1, 2, 3, 4, 5, 6), ()),
        DeclareRequest(2, (9, 13, 14, 19, 20, 26, 27)),
    ],
    ids=lambda each: each.line,
)
def test_lines_are_read_back(request_: PlayRequest | DeclareRequest) -> None:
    assert read_request(request_.line) == request_


@pytest.mark.parametrize("answer", [PlayAnswer(27), PlayAnswer(3, 2, (11, 0))])
def test_answers_are_read_back(answer: PlayAnswer) -> None:
    assert read_play(answer.line) == answer


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("", "got 0 numbers"),
        ("x", "numbers are expected"),
        ("-1 4 0 0 1 2 3 4 5 6 0", "numbers are expected"),
        ("٣ 4 0 0 1 2 3 4 5 6 0", "numbers are expected"),
        (f"4 4 0 {HAND} 0", r"seat must be 0\.\.3, got 4"),
        (f"0 10 0 {HAND} 0", r"decl must be 0\.\.9, got 10"),
        (f"0 4 9 {HAND} 0", r"bidder must be 0\.\.3, got 9"),
        ("0 4 0 0 1 2 3 4 5 28 0", r"a domino must be 0\.\.27, got 28"),
        ("0 4 0 0 1 2 3 4 5 5 0", "seven different|7 different"),
        (f"0 4 0 {HAND} 1 2", "got 12 numbers"),
        (f"0 4 0 {HAND} 999999999", "got 11 numbers"),
        (f"0 4 0 {HAND} 28 " + "0 1 " * 28, "over after 28"),
        ("declare 0 1 2 3", "is followed by the bidder and 7 dominoes"),
        ("declare 4 0 1 2 3 4 5 6", "bidder must be"),
        ("1 " * 2000, "at most 1000 characters"),
    ],
)
def test_what_is_no_line(line: str, part: str) -> None:
    with pytest.raises(ForgeError, match=part) as error:
        read_request(line)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("line", ["", "a", "1 2", "1 2 3", "28", "1 4 0 0", "1 0 0 0 0", "-1"])
def test_what_is_no_answer(line: str) -> None:
    with pytest.raises(ForgeError):
        read_play(line)
    if line != "1 2":
        with pytest.raises(ForgeError):
            read_declaration(line)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (f"0 4 1 {HAND} 0", "it is not your turn"),
        (f"1 4 0 {HAND} 1 2 14", "said to be seat 2's, but it was the turn of seat 0"),
        (f"1 4 0 {HAND} 1 0 3", "which is in your hand"),
        (f"2 0 0 {HAND} 2 0 9 1 9", "which was play 1 already"),
    ],
)
def test_what_cannot_be_at_a_table(line: str, part: str) -> None:
    with pytest.raises(ForgeError, match=part):
        BridgeServer(parse_player("random")).answer(line)


def test_every_decision_of_random_hands_goes_over() -> None:
    """Hands, plays and seats arrive as they were, and leader and points are the reference's."""
    server = BridgeServer(parse_player("random"))
    lines = random_lines(10, seed=4)
    turned = random.Random(1)
    for n_plays in range(28):
        games = replayed(lines, n_plays)
        for row, line in enumerate(lines):
            game = games.take(torch.tensor([row]))
            asked = request_of(game)
            # The declarer may sit anywhere.
            by = turned.randrange(4)
            moved = PlayRequest(
                (asked.seat + by) % 4,
                asked.decl,
                by,
                tuple(turned.sample(asked.hand, 7)),
                tuple(((seat + by) % 4, domino) for seat, domino in asked.plays),
            )
            answer = read_play(server.answer(moved.line))
            assert game.legal[0, game.hand[0].tolist().index(answer.domino)]
            points, leader = reference_standing(line, n_plays)
            assert answer.points == (points if by % 2 == 0 else points[::-1])
            assert answer.leader == (leader + by) % 4


def reference_standing(line: Line, n_plays: int) -> tuple[tuple[int, int], int]:
    """Points of both teams and the leader, by the slow rules."""
    points = [0, 0]
    for state, after in pairwise(line.states[: n_plays + 1]):
        next_, won = reference_game.play(line.deal, line.decl, state, slot_between(state, after))
        assert next_ == after
        points[won < 0] += abs(won)
    return (points[0], points[1]), packing.unpack(line.states[n_plays]).leader


@pytest.mark.parametrize("player", ["make:n=10", "policy", "seat:n=10", "eq:n=10"])
def test_an_answer_depends_on_the_line_alone(player: str) -> None:
    asked = [
        request_of(replayed(random_lines(3, seed=9), k).take(torch.tensor([2]))).line
        for k in (0, 5, 13)
    ]
    first, second = (BridgeServer(parse_player(player), seed=3) for _ in range(2))
    assert [first.answer(line) for line in asked] == [second.answer(line) for line in asked[::-1]][
        ::-1
    ]


def test_no_player_that_sees_all_hands() -> None:
    with pytest.raises(ForgeError, match="oracle looks at all hands"):
        BridgeServer(parse_player("oracle"))


def test_declarations_are_those_of_the_bidding_code() -> None:
    server = BridgeServer(parse_player("random"))
    # Five sixes with the double, and the highest doubles.
    assert server.answer("declare 2 27 26 25 24 23 20 14") == "6"


def test_ours_over_the_bridge_is_ours(tmp_path: Path) -> None:
    """A player without chance plays the same hands on either side of a pipe."""
    command = f"{sys.executable} -m forge bridge --player greedy-points"
    there = run_arena(options(f"bridge:{command}", "random"), 8)
    here = run_arena(options("greedy-points", "random"), 8)
    assert there.forfeits == (0, 0)
    assert there.results.points_a.tolist() == here.results.points_a.tolist()
    assert there.results.points_b.tolist() == here.results.points_b.tolist()


def test_the_bot_of_the_page_plays_by_the_rules(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:

    pair = options(f"bridge:{page_bot(tmp_path)}", "random")
    every = ArenaOptions(pair.a, pair.b, 3, rule=ContractRule(trump=AnyDeclaration()))
    done = run_arena(every, 64)
    assert done.forfeits == (0, 0)
    assert capfd.readouterr().err == ""
    # The bot is asked what is trump as well.
    player = pair.a.build()
    assert isinstance(player, BridgedPlayer)
    assert player.declaration(0, (27, 26, 25, 24, 23, 20, 14)) == 6


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("print('nonsense', flush=True)", "numbers are expected"),
        ("print(99, flush=True)", r"domino must be 0\.\.27"),
        (
            "print(*[d for d in range(28) if str(d) not in words[3:10]][:1], flush=True)",
            "may not be played",
        ),
        ("sys.exit(3)", "exit code 3"),
        ("os.kill(os.getpid(), 9)", "signal 9"),
        ("time.sleep(60)", "no answer within"),
        ("sys.stdout.write('1' * 5000); sys.stdout.flush()", "more than 1000 characters"),
        ("os.close(1); time.sleep(0.2); os._exit(0)", "it ended"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()", "numbers are expected"),
    ],
)
def test_a_program_that_misbehaves_gives_its_hands_up(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], code: str, part: str
) -> None:
    file = tmp_path / "r.jsonl"
    pair = options(f"bridge:limit=0.1,{bot(tmp_path, code)}", "random")
    done = run_arena(pair, 2, out=file)
    assert done.forfeits == (4, 0)
    # Its contracts are lost, and those of the others made.
    assert done.results.points_a.tolist() == [0, 0]
    assert done.results.points_b.tolist() == [HAND_POINTS, HAND_POINTS]
    told = capfd.readouterr().err
    assert "gives the hand up" in told and len(told.splitlines()) <= 3
    assert re.search(part, told)
    # The file says so, and goes on.
    _, (block,) = ARENA.read(file)
    assert (block.forfeits_a, block.forfeits_b) == ([2, 2], [0, 0])
    assert run_arena(pair, 2, out=file).forfeits == (4, 0)


def test_one_fault_costs_one_hand(tmp_path: Path) -> None:
    """The program is started anew, and plays the other hands."""
    page = page_bot(tmp_path)
    source = Path(page.split()[1])
    mark = tmp_path / "crashed"
    once = f"from pathlib import Path\nmark = Path({str(mark)!r})\n"
    crash = "if not mark.exists():\n    mark.touch()\n    sys.exit(1)\n"
    loop = "for line in sys.stdin:"
    source.write_text(source.read_text().replace(loop, f"{once}{crash}{loop}"))
    done = run_arena(options(f"bridge:{page}", "random"), 4)
    assert done.forfeits == (1, 0)


def test_files_without_forfeits_are_as_before(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    run_arena(options("random", "greedy-points"), 2, out=file)
    assert "forfeits" not in file.read_text()


def test_it_says_what_differs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = Path(page_bot(tmp_path).split()[1])
    path.write_text(
        path.read_text().replace(
            "print(play(*map(int, words))", "print(play(*map(int, words)), 3, 50, 60"
        )
    )
    done = run_arena(options(f"bridge:{sys.executable} {path}", "random"), 4)
    assert done.forfeits == (0, 0)
    told = capfd.readouterr().err.splitlines()
    assert len(told) == 1 and "takes leader and points for (3, 50, 60), they are" in told[0]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("bridge", "a command must follow"),
        ("bridge:", "a command must follow"),
        ("bridge:limit=2,", "a command must follow"),
        ("bridge:no-such-program-there", "there is no program no-such-program-there"),
        ("bridge:'sh", "its command cannot be read"),
        ("bridge:limit=0,sh", r"limit must be 0\.01\.\.3600 seconds"),
        ("bridge:limit=x,sh", r"limit must be 0\.01\.\.3600 seconds"),
        ("bridge:limit=nan,sh", r"limit must be 0\.01\.\.3600 seconds"),
    ],
)
def test_what_is_no_program(text: str, part: str) -> None:
    with pytest.raises(ForgeError, match=part):
        parse_player(text)


def test_a_changed_bot_is_another_player(tmp_path: Path) -> None:
    command = bot(tmp_path, "print(0, flush=True)")
    before = parse_player(f"bridge:{command}").sha256
    bot(tmp_path, "print(1, flush=True)")
    assert parse_player(f"bridge:{command}").sha256 != before


def test_no_program_outlives_its_player(tmp_path: Path) -> None:
    """Not even one that does not listen."""
    code = (
        "print(1, flush=True)\n"
        "open(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "while True: time.sleep(1)"
    )
    pid_file = tmp_path / "pid"
    player = BridgedPlayer(shlex.split(f"{bot(tmp_path, code)} {pid_file}"), 5.0)
    games = replayed(random_lines(1, seed=2), 0)
    player.slots(games, torch.zeros(1, dtype=torch.int64))
    until = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    player.program.close()
    alive = subprocess.run(["kill", "-0", pid_file.read_text()], capture_output=True, check=False)
    assert alive.returncode != 0


def test_giving_up_is_no_slot() -> None:
    assert GIVES_UP not in range(7)
