"""Players that users bring: how they are found, what is checked, and what they are told."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from forge.arena.builtin import ForPoints
from forge.arena.registry import parse_player, usages
from forge.arena.series import ArenaOptions, run_arena
from forge.arena.specs import PlayerKind
from forge.arena.written_options import options_of
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, Bid
from forge.play.games import Games
from forge.play.player import Player
from support.lines import random_lines, replayed

LINES = random_lines(12, seed=3)

PLAYERS = '''
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from forge.arena.specs import PlayerKind
from forge.options import option

class Lowest:
    """The lowest legal slot.

    More of this is told elsewhere."""
    def slots(self, games, keys):
        return games.legal.int().argmax(dim=1)

@dataclass
class Optional:
    depth: int
    weight: float = option(0.5, "Of the count.", least=0, most=1, metavar="SHARE")
    side: Literal["left", "right"] = "left"
    book: Path | None = None
    quick: bool = True
    sees_all_hands = True
    def slots(self, games, keys):
        return games.legal.int().argmax(dim=1)

@dataclass
class Answers:
    """Gives what it is told to."""
    what: str = "7"
    def slots(self, games, keys):
        answer = eval(self.what, {"games": games, "keys": keys, "torch": torch})
        return torch.full_like(keys, answer) if isinstance(answer, int) else answer

class Odd:
    def __init__(self):
        raise ValueError("out of\\norder")
    def slots(self, games, keys): ...

class Nothing: ...

class Of(PlayerKind):
    name = "of"
    help = "a kind of its own"
    def build(self, options, device, bid):
        self.bid = bid
        return Lowest()

KIND, PLAYER = Of(), Lowest()
'''


@pytest.fixture(autouse=True)
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current directory with modules of a user; nothing of it is left behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    Path("theirs.py").write_text(PLAYERS)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("theirs", "broken", "needy", "pack", "quits"):
            del sys.modules[name]


def chosen(player: Player, n_plays: int = 9) -> Tensor:
    games = replayed(LINES, n_plays)
    return player.slots(games, torch.arange(len(LINES)))


def test_a_class_plays() -> None:
    spec = parse_player("theirs:Lowest")
    assert (spec.text, spec.sees_all_hands, spec.plays_perfectly) == ("theirs:Lowest", False, False)
    assert spec.kind.help == "The lowest legal slot"
    legal = replayed(LINES, 9).legal
    assert torch.equal(chosen(spec.build()), legal.int().argmax(dim=1))
    run = run_arena(ArenaOptions(spec, parse_player("random")), 20)
    assert len(run.results) == 20


@pytest.mark.parametrize(
    ("text", "spelled", "values"),
    [
        ("depth=03", "depth=3", {"depth": 3}),
        (
            "no-quick,book=a.txt,side=right,depth=2,weight=1",
            "depth=2,weight=1.0,side=right,book=a.txt,no-quick",
            {"depth": 2, "weight": 1.0, "side": "right", "book": Path("a.txt"), "quick": False},
        ),
    ],
)
def test_options_are_the_fields(text: str, spelled: str, values: dict[str, Any]) -> None:
    spec = parse_player(f"theirs:Optional:{text}")
    assert (spec.text, spec.options) == (f"theirs:Optional:{spelled}", values)
    assert parse_player(spec.text) == spec != parse_player("theirs:Optional:depth=99")
    assert spec.sees_all_hands
    assert len(chosen(spec.build())) == len(LINES)


def test_a_kind_of_its_own(theirs: Path) -> None:
    spec = parse_player("theirs:KIND")
    assert spec.text == "theirs:KIND" and spec.kind.help == "a kind of its own"
    assert len(chosen(spec.build(bid=Bid.of(36)))) == len(LINES)
    assert sys.modules["theirs"].KIND.bid == Bid.of(36)
    assert spec.file == theirs / "theirs.py"


def test_the_source_tells_players_apart(theirs: Path) -> None:
    spec = parse_player("theirs:Lowest")
    assert spec.file == theirs / "theirs.py" and spec.checkpoint is None
    pair = ArenaOptions(spec, parse_player("random"))
    run_arena(pair, 3, out=Path("r.jsonl"))
    Path("theirs.py").write_text(PLAYERS + "\n# better now\n")
    with pytest.raises(ForgeError, match=r"r\.jsonl was made with sha256 of a = "):
        run_arena(pair, 3, out=Path("r.jsonl"))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("nowhere:Player", "no module 'nowhere', neither in {here} nor installed"),
        ("pack.nowhere:Player", "no module 'pack.nowhere', neither in"),
        ("theirs:Nobody", "module theirs has no Nobody"),
        ("theirs:Of.Nobody", "module theirs has no Of.Nobody"),
        ("theirs:Nothing", "theirs:Nothing is no player: it has no method slots(games, keys)"),
        ("theirs:PLAYER", "theirs:PLAYER must be a class, not an instance of one"),
        ("theirs:Lowest:n=3", "theirs:Lowest takes no options"),
        ("theirs:Optional", "depth=N must be given"),
        (
            "theirs:Optional:",
            "options are depth=N, weight=SHARE, side=left|right, book=PATH, no-quick",
        ),
        ("theirs:Optional:depth=few", "depth must be a whole number, got 'few'"),
        ("theirs:Optional:depth=1,weight=2", "weight must be 0..1, got 2.0"),
        ("theirs:Optional:depth=1,side=up", "side must be left or right, got 'up'"),
        ("theirs:Optional:quick", "no option 'quick': valid are depth=N"),
        ("broken:Player", "cannot import broken: SyntaxError"),
        (
            "needy:Player",
            "needy: ModuleNotFoundError: No module named 'absent' (needy.py, line 1)",
        ),
        ("quits:Player", "cannot import quits: SystemExit: 3 (quits.py, line 2)"),
        ("clever:n=3", "valid are random, greedy-points"),
        ("3d:Player", "valid are random, greedy-points"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(text: str, part: str) -> None:
    Path("broken.py").write_text("class Player\n")
    Path("needy.py").write_text("import absent\n")
    Path("quits.py").write_text("\nraise SystemExit(3)\n")
    Path("pack").mkdir()
    with pytest.raises(ForgeError) as told:
        parse_player(text)
    assert part.format(here=Path.cwd()) in str(told.value) and "\n" not in str(told.value)
    assert repr(text) in str(told.value)


@pytest.mark.parametrize(
    ("what", "part"),
    [
        ("7", "slot 7 may not be played after 9 plays: legal are "),
        ("-1", "slot -1 may not be played after 9 plays: legal are "),
        ("(~games.legal).int().argmax(dim=1)", " may not be played after 9 plays: legal are "),
        ("keys[:3]", "slots must give an int64 tensor [12], a slot a game, got int64 [3]"),
        ("games.legal", "a slot a game, got bool [12; 7]"),
        ("keys / 2", "a slot a game, got float32 [12]"),
        ("None", "a slot a game, got NoneType"),
        ("games.hands", "slots failed: AttributeError: 'Games' object has no attribute 'hands'"),
    ],
)
def test_what_it_plays_is_checked(what: str, part: str) -> None:
    player = parse_player(f"theirs:Answers:what={what}".replace(",", ";")).build()
    with pytest.raises(ForgeError) as told:
        chosen(player)
    text = str(told.value)
    assert text.startswith("player 'theirs:Answers': ") and "\n" not in text
    assert part.replace(";", ",") in text


def test_answers_of_other_whole_types_are_fine() -> None:
    what = "games.legal.byte().argmax(1).to(torch.int8)"
    slots = chosen(parse_player(f"theirs:Answers:what={what}").build())
    assert slots.dtype == torch.int64


def test_a_player_that_cannot_be_made() -> None:
    with pytest.raises(ForgeError) as told:
        parse_player("theirs:Odd").build()
    assert str(told.value) == (
        "player 'theirs:Odd' cannot be made: ValueError: out of (theirs.py, line 38)"
    )


def test_entry_points(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package, point in (("one", "lowest = theirs:Lowest"), ("two", "deep = theirs:Optional")):
        installed(theirs / f"{package}-1.0.dist-info", package, point)
    monkeypatch.syspath_prepend(theirs)
    assert "lowest" in usages() and "deep" in usages()
    assert parse_player("lowest").text == "lowest"
    assert parse_player("deep:depth=4").options == {"depth": 4}
    assert len(chosen(parse_player("deep:depth=4").build())) == len(LINES)
    with pytest.raises(ForgeError, match=r"no player 'deeper': valid are .*, deep, lowest, MOD"):
        parse_player("deeper")
    installed(theirs / "three-1.0.dist-info", "three", "lowest = theirs:Other")
    with pytest.raises(ForgeError, match=r"several packages .* theirs:Lowest, theirs:Other"):
        parse_player("lowest")


def installed(folder: Path, name: str, entry_point: str) -> None:
    """Leave what pip leaves of a package with an entry point."""
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[forge.players]\n{entry_point}\n")


def test_fields_that_cannot_be_written() -> None:
    @dataclass
    class Listed:
        names: tuple[str, ...] = ()
        n: int = 3

    @dataclass
    class Needing:
        games: Games

    assert [each.name for each in options_of(Listed)] == ["n"]
    with pytest.raises(ForgeError, match=r"Needing\.games must be int, float, str, Path or"):
        options_of(Needing)


def test_a_kind_must_be_built_by_somebody() -> None:
    assert ForPoints().usage == "eq[:OPTIONS]"
    with pytest.raises(NotImplementedError):
        PlayerKind().build(None, "cpu", LOWEST_BID)
