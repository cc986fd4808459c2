"""The terminal program, as keys drive it, and its command line."""

import asyncio
import html
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from textual.pilot import Pilot
from textual.widgets import Input

from forge.cli import view as viewer
from forge.eq.records import EqRecord, record_path, write_record
from forge.errors import ForgeError
from forge.game.tables import domino_name
from forge.look.decision_view import decision_view
from forge.look.viewer.app import GoTo, Help, ViewerApp, screenshot
from forge.look.viewer.library import Browser
from forge.look.viewer.text import Look
from support.commands import importing_tests
from support.records import SEEDS, small_record

SIZES = [(40, 12), (80, 24), (200, 60)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: Any) -> Path:
    """A file of three games."""
    path: Path = tmp_path_factory.mktemp("eq") / "games.pt"
    write_record(path, small_record())
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    """A file a game, and between them two that can't be shown."""
    root: Path = tmp_path_factory.mktemp("eq-games")
    for game, seed in enumerate(SEEDS):
        write_record(record_path(root, seed), small_record().game(game))
    (root / "train" / "seed_00000009.pt").write_bytes(b"no file of tensors")
    write_record(root / "train" / "seed_00000010.pt", broken(small_record().game(0)))
    return root


def broken(record: EqRecord) -> EqRecord:
    """The record with a legal play that was not made, where others follow."""
    legal = record["legal_mask"]
    row = int((legal.sum(dim=1) > 1).nonzero()[0])
    taken = record["action_taken"].clone()
    taken[row] = next(s for s in range(7) if legal[row, s] and s != int(taken[row]))
    return replace(record, decisions={**record.decisions, "action_taken": taken})


def drive(app: ViewerApp, size: tuple[int, int], *steps: Any) -> list[str]:
    """Press keys (text) or call something with the pilot; the lines on the screen at the end."""

    async def go() -> list[str]:
        async with app.run_test(size=size, notifications=True) as pilot:
            for step in steps:
                await (pilot.press(step) if isinstance(step, str) else step(pilot))
            return await seen(pilot)

    return asyncio.run(go())


async def seen(pilot: Pilot[None]) -> list[str]:
    """The lines on the screen once all is drawn."""
    await pilot.pause()
    await pilot.pause()
    return screen_lines(pilot.app.export_screenshot())


def screen_lines(svg: str) -> list[str]:
    """The text of a screenshot, line by line."""
    rows: dict[float, list[tuple[float, str]]] = {}
    for x, y, text in re.findall(
        r'<text [^>]*?x="([\d.]+)" y="([\d.]+)" [^>]*?clip-path[^>]*>(.*?)</text>', svg
    ):
        rows.setdefault(float(y), []).append((float(x), html.unescape(text)))
    return [
        "".join(text for _, text in sorted(parts)).replace("\xa0", " ").rstrip()
        for _, parts in sorted(rows.items())
    ]


def at(file: Path, *args: Any, **look: Any) -> ViewerApp:
    """The program at a place of a file."""
    return ViewerApp(Browser(file, *args), Look(**look))


def place(app: ViewerApp) -> tuple[int, int, int]:
    """File, game and decision."""
    return app.browser.file, app.browser.game, app.browser.decision


@pytest.mark.parametrize("size", SIZES)
def test_key_facts_are_seen_first(file: Path, size: tuple[int, int]) -> None:
    async def look(pilot: Pilot[None]) -> None:
        for decision in (13, 27, 0):
            app.action_go(decision)
            rows = await seen(pilot)
            text, view = "\n".join(rows), app.browser.view
            assert f"decision {decision + 1}" in rows[0] and "Help" in rows[-1]
            assert f"{view.best.mean:+.2f}" in text and "★" in text
            if size != SIZES[0]:
                assert f"ESS {view.ess:.1f}" in text and "Hands" in text
            if size == SIZES[2]:
                assert "Voids shown" in text and "Tricks before" in text

    app = at(file)
    drive(app, size, look)


def test_every_size_works(file: Path) -> None:
    async def look(pilot: Pilot[None]) -> None:
        for size in [(1, 1), (20, 3), (119, 8), *SIZES]:
            await pilot.resize_terminal(*size)
            await pilot.press("p", "t", "question_mark", "escape", "d", "escape")
            await seen(pilot)

    app = at(file)
    drive(app, (80, 24), look)
    assert place(app) == (0, 0, 24)


def test_it_follows_a_change_of_size(file: Path) -> None:
    async def resize(pilot: Pilot[None]) -> None:
        assert not any("E[Q]" in row and "Hands" in row for row in await seen(pilot))
        await pilot.resize_terminal(200, 60)
        rows = await seen(pilot)
        beside = next(row for row in rows if "E[Q]: points to come" in row)
        assert "Hands" in beside
        await pilot.resize_terminal(80, 24)

    rows = drive(at(file, None, 9), (40, 12), resize)
    assert not any("E[Q]" in row and "Hands" in row for row in rows)


def test_all_of_it_can_be_scrolled_to(file: Path) -> None:
    rows = drive(at(file, None, 13), (40, 12), *["pagedown"] * 9)
    assert any(re.search(r"\d+ of \d+ worlds", row) for row in rows)
    assert "decision 14" in rows[0]


def test_what_the_plays_told_fits_80_columns(file: Path) -> None:
    rows = drive(at(file, None, 14), (80, 24), *["pagedown"] * 4)
    start = next(k for k, row in enumerate(rows) if "What the plays told" in row)
    figures = [row for row in rows[start:] if "→" in row]
    assert len(figures) > 3 and max(map(len, rows)) <= 80
    assert all(row.count("→") >= 4 for row in figures[1:-1])  # two dominoes a line
    assert not any("*" in row for row in figures)
    rows = drive(at(file, None, 14), (80, 24), "h", *["pagedown"] * 4)
    assert any("*" in row and "→" in row for row in rows)


def test_keys_step(file: Path) -> None:
    """One walk: a key, and the game and decision it leads to."""
    walk = [
        ("left", (0, 0)),  # nothing further
        ("T", (0, 0)),
        ("G", (0, 0)),
        ("right", (0, 1)),
        ("space", (0, 2)),
        ("backspace", (0, 1)),
        ("t", (0, 4)),
        ("t", (0, 8)),
        ("right", (0, 9)),
        ("T", (0, 8)),
        ("T", (0, 4)),
        ("end", (0, 27)),
        ("right", (1, 0)),
        ("left", (0, 27)),
        ("t", (1, 0)),
        ("T", (0, 24)),
        ("g", (1, 0)),
        ("right", (1, 1)),
        ("g", (2, 0)),
        ("G", (1, 0)),
        ("left", (0, 27)),
        ("home", (0, 0)),
        ("g", (1, 0)),
        ("g", (2, 0)),
        ("end", (2, 27)),
        ("right", (2, 27)),
        ("t", (2, 27)),
        ("g", (2, 27)),
    ]

    async def follow(pilot: Pilot[None]) -> None:
        for k, (key, (game, decision)) in enumerate(walk):
            await pilot.press(key)
            assert (k, place(app)) == (k, (0, game, decision))
            if k % 9 == 0:
                rows = await seen(pilot)
                assert f"decision {decision + 1} of" in rows[0] and f"seed {SEEDS[game]}" in rows[1]

    app = at(file)
    drive(app, (80, 24), follow)


def test_the_ends_are_told(file: Path) -> None:
    rows = drive(at(file), (80, 24), "left")
    assert any("nothing further" in row for row in rows)
    rows = drive(at(file), (80, 24), "right", "left", "end")
    assert not any("nothing further" in row for row in rows)


def test_going_to_a_decision(file: Path) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await pilot.press("d", "2", "0", "enter")
        assert place(app) == (0, 0, 19)
        await pilot.press("d", "enter")  # nothing: it asks again
        assert isinstance(app.screen, GoTo)
        await pilot.press("q", "3", "3", "enter")  # q is no number, and 33 no decision
        assert isinstance(app.screen, GoTo)
        assert app.screen.query_one(Input).value == "33"
        assert any("decisions are 1..28" in row for row in await seen(pilot))
        await pilot.press("escape")
        assert place(app) == (0, 0, 19)
        await pilot.press("d", "7", "escape", "right")
        assert place(app) == (0, 0, 20)

    app = at(file)
    drive(app, (80, 24), look)


def test_help_lists_all_keys(file: Path) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        text = "\n".join(await seen(pilot))
        for words in ("next decision", "previous trick", "next game", "go to a decision", "quit"):
            assert words in text
        await pilot.press("q", "right")  # q closes help alone
        assert place(app) == (0, 0, 1)

    app = at(file)
    drive(app, (80, 24), look)


def test_hidden_hands_and_chances(file: Path) -> None:
    view = decision_view(small_record(), 10)
    other = next(d for d in view.hands[(view.player + 1) % 4] if d.held)
    name = f"[{domino_name(other.domino)}]"

    async def look(pilot: Pilot[None]) -> None:
        for key, hidden, chances in (("p", 0, 1), ("h", 1, 1), ("p", 1, 0), ("h", 0, 0)):
            await pilot.press(key)
            text = "\n".join(await seen(pilot))
            assert (name in text, "Chance that" in text) == (bool(hidden), bool(chances))

    drive(at(file, None, 10), (80, 40), look)


def test_a_picture_is_taken_where_a_loop_runs_already(file: Path) -> None:
    async def within() -> str:
        return screenshot(at(file), 80, 40)

    assert asyncio.run(within()) == screenshot(at(file), 80, 40)


def test_quitting(file: Path) -> None:
    for key in ("q", "ctrl+c"):
        app = at(file)

        async def go(app: ViewerApp = app, key: str = key) -> None:
            async with app.run_test() as pilot:
                await pilot.press(key)

        asyncio.run(go())
        assert app.return_code == 0


def test_a_directory(folder: Path) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await pilot.press("g")
        rows = await seen(pilot)
        assert place(app) == (1, 0, 0) and f"seed {SEEDS[1]}" in rows[1]
        # Two files on the way to the third can't be shown: that is told, and they are passed by.
        await pilot.press("g")
        told = "\n".join(await seen(pilot))
        assert place(app) == (4, 0, 0) and "file 5 of 5" in told
        # Blanks where what lies below changes its style are not in the picture, and where a line
        # ends depends on the folder's name.
        unbroken = "".join(told.split()).replace("\u258c", "")
        assert told.count("Passed by") == 2 and "isnotareadableE[Q]" in unbroken
        await pilot.press("left")
        assert place(app) == (1, 0, 27)

    app = at(folder)
    drive(app, (120, 40), look)


def test_a_directory_begins_with_what_can_be_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(b"nothing")
    with pytest.raises(ForgeError, match=r"a\.pt is not a readable E\[Q\] file"):
        Browser(tmp_path)
    write_record(tmp_path / "b.pt", small_record())
    browser = Browser(tmp_path)
    assert browser.file == 1 and len(browser.trouble) == 1


def command(capsys: Any, *args: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command; not a terminal."""
    with pytest.raises(SystemExit) as ended:
        viewer.main([str(arg) for arg in args])
    captured = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, captured.out, captured.err


def test_as_text(file: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    code, one, err = command(capsys, file, "--text", "--decision", "13")
    assert (code, err) == (0, "")
    assert one.startswith("decision 14 of 28 | ") and one.count("Trick on the table") == 1
    _, game, _ = command(capsys, file, "--game", SEEDS[1])  # not a terminal: text all the same
    assert re.findall(r"^decision (\d+) of", game, re.M) == [str(k) for k in range(1, 29)]
    assert f"seed {SEEDS[1]} " in game and f"seed {SEEDS[0]} " not in game
    _, third, _ = command(capsys, file, "--game", 2, "--decision", 0)
    assert f"seed {SEEDS[2]} " in third
    _, more, _ = command(capsys, file, "--decision", 13, "--show-hidden", "--chances", "--bid", 84)
    assert "[ ? ]" in one and "[ ? ]" not in more
    assert re.search("(make|set) 84", more) and "Chance that team" in more


def test_a_picture_of_the_screen(file: Path, tmp_path: Path, capsys: Any) -> None:
    for name in ("one.svg", "two.svg"):
        code, out, err = command(capsys, file, "--decision", 13, "--svg", tmp_path / name)
        assert (code, err) == (0, "") and out == f"{tmp_path / name}: written\n"
    rows = screen_lines((tmp_path / "one.svg").read_text())
    assert "decision 14 of 28" in rows[0] and any("Trick on the table" in row for row in rows)
    assert screen_lines((tmp_path / "two.svg").read_text()) == rows


def test_as_users_type_it(folder: Path) -> None:
    path = record_path(folder, SEEDS[0])
    done = subprocess.run(
        [sys.executable, "-m", "forge.eq.viewer", str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        env=importing_tests(PATH="", COLUMNS="80", PYTHONIOENCODING="utf-8"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Trick on the table") == 28


def test_directories_as_text_tell_what_they_pass_by(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "a.pt").write_bytes(b"nothing")
    write_record(tmp_path / "b.pt", small_record())
    code, out, err = command(capsys, tmp_path, "--decision", "3")
    assert code == 0 and "decision 4 of" in out
    assert err.startswith("passed by: ") and err.count("\n") == 1


def test_bad_input_is_one_line(file: Path, folder: Path, tmp_path: Path, capsys: Any) -> None:
    cut = tmp_path / "cut.pt"
    cut.write_bytes(file.read_bytes()[:2000])
    foreign = tmp_path / "foreign.pt"
    torch.save({"weights": torch.zeros(3)}, foreign)
    empty = tmp_path / "empty"
    empty.mkdir()
    rules = folder / "train" / "seed_00000010.pt"
    for args, words in (
        ([tmp_path / "none.pt"], "there is no file"),
        ([cut], "not a readable E[Q] file"),
        ([foreign], "not an E[Q] file of schema 2.1"),
        ([empty], "no E[Q] files (*.pt) under"),
        ([rules], f"{rules}: "),
        ([file, "--decision", "28"], "--decision must be 0..27, got 28"),
        ([file, "--decision", "-1"], "--decision must be 0..27, got -1"),
        ([file, "--game", "3"], "no game 3: give a seed (7, 8, 23) or a place 0..2"),
        ([file, "--bid", "29"], "--bid must be 30..42 or 84 (two marks), got 29"),
        ([], "Missing argument"),
    ):
        code, out, err = command(capsys, *args)
        assert (code, out) == (2, "")
        assert err.startswith("error: ") and words in err and err.count("\n") == 1
