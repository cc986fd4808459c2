"""A Ray cluster of two nodes on this machine and a connection to it, for all tests of a process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import ray_driver, ray_nodes
from support.commands import importing_tests, words


class TwoNodes:
    """Nodes of a core each.

    Args:
        cluster: the program `support.ray_nodes`.
    """

    def __init__(self, cluster: subprocess.Popen[str]) -> None:
        self._cluster = cluster
        self._driver: subprocess.Popen[str] | None = None
        self.address = _line_of(cluster).strip()

    def kill_node(self) -> None:
        """As a power cut does."""
        self._tell("kill")

    def add_node(self) -> None:
        """In place of a killed one."""
        self._tell("add")

    def start(self, job: str, **details: Any) -> None:
        """Have a job of `support.ray_driver` begun."""
        if self._driver is None:
            self._driver = _program(ray_driver.__file__, self.address)
            assert _line_of(self._driver) == "connected\n"
        assert self._driver.stdin is not None
        self._driver.stdin.write(json.dumps({"job": job, **details}) + "\n")
        self._driver.stdin.flush()

    def next_line(self) -> str:
        """What it prints next."""
        assert self._driver is not None
        return _line_of(self._driver).rstrip("\n")

    def answer(self, printed: list[str] | None = None) -> dict[str, Any]:
        """What came of it; lines before that are added to `printed`."""
        while not (line := self.next_line()).startswith("{"):
            if printed is not None:
                printed.append(line)
        found: dict[str, Any] = json.loads(line)
        return found

    def forge(self, cwd: Path, *options: object) -> tuple[int, str, str]:
        """A command with --ray: exit code, stdout, stderr."""
        line = [*words(*options), "--ray", self.address]
        self.start("command", line=line, cwd=str(cwd))
        found = self.answer()
        return found["code"], found["out"], found["err"]

    def close(self) -> None:
        """End both programs."""
        for program in filter(None, (self._driver, self._cluster)):
            assert program.stdin is not None
            program.stdin.close()
            program.wait(120)
            assert program.stdout is not None
            program.stdout.close()

    def _tell(self, word: str) -> None:
        assert self._cluster.stdin is not None
        self._cluster.stdin.write(f"{word}\n")
        self._cluster.stdin.flush()
        assert _line_of(self._cluster).strip().isdecimal()


def _program(file: str | None, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(file), *options],
        env=importing_tests(COLUMNS="200"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _line_of(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line, f"{program.pid} is over"
    return line


@contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """Start the cluster, and end it."""
    found = TwoNodes(_program(ray_nodes.__file__))
    try:
        yield found
    finally:
        found.close()
