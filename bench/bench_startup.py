"""What it costs to start: CPU seconds of whole processes, beside a bare `import torch`.

Both sides take turns and the best of the rounds counts: a busy machine only adds. The work asked
for is the least there is, but it is in the figures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, Final

import pytest
from common import SHORT

from forge.cli.main import COMMANDS

N_TURNS: Final = 1 if SHORT else 7
NAMES: Final = [entry.name for entry in COMMANDS][: 2 if SHORT else None]
FORGE: Final = ("-m", "forge.cli.main")
TORCH: Final = ("-c", "import torch")
EXIT_BAD_VALUE: Final = 2

DEAL: Final = (
    "6-6,6-5,5-2,5-1,4-1,3-0,2-2 / 6-2,6-1,5-4,5-0,4-2,3-3,2-1 / "
    "6-4,6-3,5-5,4-4,3-2,1-1,0-0 / 6-0,5-3,4-3,4-0,3-1,2-0,1-0"
)
HAND: Final = ("--hand", "6-4,5-5,4-2,3-1,2-0,1-1,0-0", "--samples", "1")
# They need no torch.
LIGHT: Final = {
    "help": (*FORGE, "--help"),
    "version": (*FORGE, "--version"),
    "unknown-command": (*FORGE, "slove"),
    "solve": (*FORGE, "solve", "--deal", DEAL, "--decl", "sixes"),
    "deal": ("-c", "import forge; forge.Deal.from_seed(158)"),
    "position": ("-c", "import forge; forge.Position(forge.Deal.from_seed(158), 6).q()"),
    "context": (
        "-c",
        "import forge; forge.SearchContext(forge.Deal.from_seed(158), 6).at_least(18)",
    ),
}
WITH_TORCH: Final = {
    "bid-evaluate": (*FORGE, "bid-evaluate", *HAND),
    "auction": (*FORGE, "auction", *HAND),
    "arena": (*FORGE, "arena", "greedy-points", "random", "--games", "2", "--workers", "1"),
    "generate-eq": (*FORGE, "generate-eq", "--n-games", "1", "--samples", "1", "--output", "x.pt"),
}


def cpu_s(args: Sequence[str], folder: Path, code: int = 0) -> float:
    """CPU seconds of a Python process and its children, user and system, from start to end."""
    with Popen([sys.executable, *args], cwd=folder, stdout=DEVNULL, stderr=DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == code, args
    return usage.ru_utime + usage.ru_stime


def best_in_turns(
    benchmark: Any, lines: Mapping[str, Sequence[str]], folder: Path, code: int = 0
) -> dict[str, float]:
    """The least CPU seconds of each command line; one of each makes a turn."""
    turns: list[dict[str, float]] = []
    benchmark.pedantic(
        lambda: turns.append({name: cpu_s(args, folder, code) for name, args in lines.items()}),
        rounds=N_TURNS,
        warmup_rounds=1,  # writes and reads .pyc
    )
    return {name: min(turn[name] for turn in turns) for name in lines}


@pytest.mark.parametrize("name", LIGHT)
def test_light(benchmark: Any, tmp_path: Path, name: str) -> None:
    """Without torch."""
    code = EXIT_BAD_VALUE if name == "unknown-command" else 0
    best = best_in_turns(benchmark, {name: LIGHT[name]}, tmp_path, code)
    benchmark.extra_info["cpu_s"] = best[name]


@pytest.mark.parametrize(("option", "code"), [("--help", 0), ("--no-such-option", EXIT_BAD_VALUE)])
def test_every_command(benchmark: Any, tmp_path: Path, option: str, code: int) -> None:
    """The help of every command, and an error in its usage."""
    lines = {name: (*FORGE, name, option) for name in NAMES}
    best = best_in_turns(benchmark, lines, tmp_path, code)
    slowest = max(best, key=best.__getitem__)
    benchmark.extra_info.update(slowest_cpu_s=best[slowest], slowest=slowest, n_commands=len(best))


@pytest.mark.parametrize("name", WITH_TORCH)
def test_with_torch(benchmark: Any, tmp_path: Path, name: str) -> None:
    """How much more than `import torch`."""
    lines = {"torch": TORCH, name: WITH_TORCH[name]}
    best = best_in_turns(benchmark, lines, tmp_path)
    benchmark.extra_info.update(
        cpu_s=best[name], torch_cpu_s=best["torch"], over_torch_s=best[name] - best["torch"]
    )
