"""`forge play` as a user types it."""

import contextlib
import re
import shlex
import signal
import socket
import subprocess
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from forge.web.browser import open_in_browser
from forge.web.built_page import find_page
from support.commands import Fails, next_line, rest_of, start_process
from support.odd_paths import ODD
from support.tiny_page import write_tiny_page

ROOT = Path(__file__).parents[2]
HAND = (
    "#hand=66554442412210.65616054535111.62525043332100.64634032313020~31~fours~"
    "44544340226562204161006430105333506355516660523242112131"
)
README_LINES = re.findall(r"^forge play(?: .*)?$", (ROOT / "README.md").read_text(), re.MULTILINE)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page in a folder of an odd name."""
    return write_tiny_page(tmp_path / ODD.replace("/", "\N{SNOWMAN}"))


@contextlib.contextmanager
def playing(page: Path, *line: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`forge play ...` until the end of the block, and the address that it prints."""
    words = [*line, "--no-browser", "--page", page]
    process = start_process(page.parent, "forge", "play", *words)
    try:
        shown = next_line(process)
        assert shown.endswith("  (Ctrl+C ends it)\n"), (shown, rest_of(process))
        yield process, shown.split()[0]
    finally:
        process.kill()
        process.communicate()


def get(url: str) -> bytes:
    """What is at an address."""
    with urlopen(url, timeout=20) as answer:
        body: bytes = answer.read()
        return body


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal(page: Path, signum: int) -> None:
    with playing(page, "--port 0") as (process, url):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
        assert get(url) == b"<title>42</title>"
        idle = socket.create_connection(("127.0.0.1", int(url.split(":")[2].strip("/"))))
        process.send_signal(signum)
        sent = time.monotonic()
        assert process.wait(60) == 128 + signum
        assert time.monotonic() - sent < 5  # at once, were the machine ours alone
        assert process.stderr is not None and process.stderr.read() == "stopped\n"
        idle.close()


def test_lines_of_the_readme(page: Path) -> None:
    assert README_LINES
    for line in README_LINES:
        with playing(page, *shlex.split(line)[2:]) as (_, url):
            assert get(url) == b"<title>42</title>"


@pytest.mark.parametrize("kind", ["link", "address", "text", "file"])
def test_a_hand_is_opened(page: Path, kind: str) -> None:
    from forge.advice.hand_text import TableHand

    hand = TableHand.from_text(HAND)
    (page.parent / "hand.txt").write_text(hand.text)
    said = {
        "link": HAND,
        "address": f"https://elsewhere.example/x/{HAND}",
        "text": hand.text,
        "file": "hand.txt",
    }
    with playing(page, shlex.quote(said[kind]), "--port 0") as (_, url):
        assert url.partition("/#")[2] == HAND[1:]


def test_the_usual_port_may_be_in_use(page: Path) -> None:
    with playing(page) as (_, first), playing(page) as (_, second):
        assert first != second
        assert get(first) == get(second)


def test_other_machines_only_where_asked(page: Path) -> None:
    with playing(page, "--host 0.0.0.0 --port 0") as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert re.fullmatch(r"open to other machines, on port \d+\n", next_line(process))
        process.send_signal(signal.SIGINT)
        assert rest_of(process) == []


def test_bad_values(page: Path, fails: Fails) -> None:
    there = f"--page {shlex.quote(str(page))} --no-browser"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"cannot serve on port {port} of 127.0.0.1: Address already in use" in fails(
            "play", f"{there} --port {port}"
        )
    assert "another --host" in fails("play", f"{there} --host no.such.host.invalid")
    assert "--port must be 0..65535, got 65536" in fails("play", f"{there} --port 65536")
    assert "the link is cut short" in fails("play", f"{there} '#hand=6655'")
    assert "neither a hand" in fails("play", f"{there} nothing.txt")
    assert "there is no file" in fails("play", "--page nowhere")


def test_a_page_is_found_or_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: Fails
) -> None:
    page = write_tiny_page(tmp_path / "page")
    assert find_page(page) == page
    assert f"{tmp_path} holds no page" in fails("play", f"--page {tmp_path}")
    (tmp_path / "file").touch()
    assert f"{tmp_path}/file is no folder" in fails("play", f"--page {tmp_path}/file")
    monkeypatch.setattr("forge.web.built_page.PAGE", tmp_path / "none")
    assert "run `python -m forge.web.build` in a source checkout" in fails("play")
    monkeypatch.setattr("forge.web.built_page.PAGE", page)
    assert find_page() == page


def test_only_a_browser_with_windows_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Windows(webbrowser.BackgroundBrowser):
        def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
            asked.append(url)
            return True

    monkeypatch.setattr(webbrowser, "get", lambda: Windows("x"))
    assert open_in_browser("http://here/") and asked == ["http://here/"]
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("lynx"))
    assert not open_in_browser("http://here/")

    def none() -> None:
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", none)
    assert not open_in_browser("http://here/")
