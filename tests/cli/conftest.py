"""Fixtures that run commands, see `commands`."""

from pathlib import Path

import pytest

from support.commands import Fails, Run, Works, run_here


@pytest.fixture
def forge(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Runs a command in this process, in an empty directory: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(name: str, *options: object) -> tuple[int, str, str]:
        code = run_here(name, *options)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def works(forge: Run) -> Works:
    """Runs a command that must end well; returns what it printed."""

    def run(name: str, *options: object) -> str:
        code, out, err = forge(name, *options)
        assert (code, err) == (0, "")
        return out

    return run


@pytest.fixture
def fails(forge: Run) -> Fails:
    """Runs a command that must end with exit code 2 and one line on stderr; returns the line."""

    def run(name: str, *options: object) -> str:
        code, _, err = forge(name, *options)
        assert code == 2
        assert err.startswith("error: ") and err.count("\n") == 1
        return err

    return run
