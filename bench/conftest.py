"""Collects `bench_*.py`, sets the number of threads, and ends a run with table and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

# pytest imports by path here (--import-mode=importlib): the helpers need a place to be found.
sys.path.insert(0, str(Path(__file__).parent))

import common
import report

FIGURES = pytest.StashKey[dict[str, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--forge-json`."""
    parser.addoption(
        "--forge-json", type=Path, metavar="PATH", help="write the figures of this run to a file"
    )


def pytest_configure(config: pytest.Config) -> None:
    """All threads, for ours and for the baseline."""
    config.stash[FIGURES] = {}
    torch.set_num_threads(common.THREADS)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """`pytest bench` finds bench_*.py; files named on the command line pytest finds itself."""
    if not file_path.match("bench_*.py") or parent.session.isinitpath(file_path):
        return None
    return pytest.Module.from_parent(parent, path=file_path)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For figures per core."""
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(common.THREADS)


@pytest.fixture(scope="session")
def host_bandwidth() -> common.Bandwidth:
    """Memory bandwidth of this machine, in this run, with all threads."""
    return common.measure_bandwidth(torch.device("cpu"))


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Keeps what the test put in `benchmark.extra_info`."""
    benchmark = getattr(item, "funcargs", {}).get("benchmark")
    if benchmark is not None:
        prefix = report.figure_prefix(item.nodeid)
        figures = {f"{prefix}.{name}": value for name, value in benchmark.extra_info.items()}
        item.config.stash[FIGURES].update(figures)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The table."""
    if figures := config.stash[FIGURES]:
        terminalreporter.write_line("")
        terminalreporter.write(report.table_text(figures, terminalreporter.hasmarkup))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(
    session: pytest.Session, exitstatus: int | pytest.ExitCode
) -> Generator[None, None, None]:
    """One JSON object, after everything that pytest prints."""
    yield
    config = session.config
    figures = config.stash[FIGURES]
    path: Path | None = config.getoption("--forge-json")
    if config.option.collectonly or not (figures or path):
        return
    run = report.record(figures, int(exitstatus))
    if path is not None:
        report.write_json(path, run)
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(json.dumps(run))
