"""docs/RUNBOOK.md, every line of it, in the order of the page, as a shell runs it.

Lines that are meant for hours get more options behind them, or less time (see below); before some
sections what they are for is made to happen (`BEFORE`).
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from forge.flywheel.state_file import read_state
from support.checkpoints import run_checkpoint, run_eq_checkpoint
from support.wheels import make_small_shards, options_of

PAGE = Path(__file__).parents[2] / "docs" / "RUNBOOK.md"
# Exit codes of lines that do not end with 0.
ENDS = {"timeout --preserve-status 8h forge flywheel": 143}

SMALL_SEAT = (
    "--seeds-per-iter 2 --golden-games 2 --worlds 3 --deals 200 --look-every 200 --epochs 1 "
    "--batch-size 50 --match-workers 1"
)


def sections() -> dict[str, list[str]]:
    """Command lines by the heading they stand under."""
    found = {}
    for part in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE):
        text = "\n".join(re.findall(r"```sh\n(.*?)```", part, re.DOTALL))
        found[part.partition("\n")[0]] = text.splitlines()
    return {head: lines for head, lines in found.items() if lines}


def shell(line: str, here: Path) -> tuple[int, str]:
    places = [str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = os.environ | {"PATH": os.pathsep.join(places), "WANDB_MODE": "disabled"}
    environment["OMP_NUM_THREADS"] = "1"  # machines are shared
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def fails(here: Path) -> None:
    """The parent is gone for an iteration."""
    path = here / "flywheel" / str(read_state(here / "flywheel").parent)
    path.rename(here / "away")
    code, said = shell("forge flywheel --once", here)
    assert code == 1 and "retry" in said, said
    (here / "away").rename(path)


def fills_up(here: Path) -> None:
    """No file may be larger than 20 kB."""
    code, said = shell("ulimit -f 20; forge flywheel --once --seed-range 29:31", here)
    assert code == 1 and "File too large" in said and "make room" in said, said


BEFORE: dict[str, Callable[[Path], None]] = {"It failed": fails, "The disk is full": fills_up}


def test_every_line(tmp_path: Path) -> None:
    baseline = run_checkpoint(tmp_path / "tiny.ckpt")
    seat = run_eq_checkpoint(tmp_path / "seat.ckpt")
    make_small_shards(tmp_path / "flywheel" / "shards")
    small = " ".join(options_of(baseline, None)).replace("--iterations=2", "--iterations=90")
    found = sections()
    assert set(BEFORE) <= set(found) and len(found) >= 9
    for head, lines in found.items():
        if head in BEFORE:
            BEFORE[head](tmp_path)
        for line in lines:
            short = line.replace(" 8h ", " 14s ")
            if "--kind seat" in line:
                short = f"{line} {SMALL_SEAT} --baseline {seat}"
            elif " init " in line:
                short = f"{line} {small}"
            elif "--once" in line and "seats" not in line:
                short = f"{line} --seed-range 29:31"
            code, said = shell(short, tmp_path)
            assert code == ENDS.get(line, 0), (head, line, said)
            assert said.strip() or line.startswith("rm "), line
    state = read_state(tmp_path / "flywheel")
    assert state.status == "ready" and len(state.history) >= 5
    assert any("the best" in line for line in PAGE.read_text().splitlines())
