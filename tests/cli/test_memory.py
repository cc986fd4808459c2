"""The most that may be asked for is worked off piece by piece, not held in memory."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

GIGABYTES = 1 << 30
HAND = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
LINES = (
    "arena random random --games 10000000 --workers 1",
    "generate-eq --output x.pt --n-games 5000 --n-samples 1048576",
    "generate-eq --output x.pt --n-games 5000 --batch-size 32 --n-samples 2 --enumerate "
    "--enum-threshold 1000000000",
    f"bid-evaluate --hand {HAND} --samples 1000000 --player random --workers 1",
    f"bid-evaluate --hand {HAND} --samples 1000000 --trumps 3",
    "bid-convergence --samples 1000 --resamples 1000000 --sizes 2",
    "bid-parallel --seeds 0:1000000 --samples 1000000 --workers 1",
    "bid-calibrate play --out x --hands 10000000 --player random --workers 1",
    "play-hands --hands 100000000 --worlds 1 --pool 1",
    "generate --seed-range 0:1000000 --out x",
)
# Runs a command in so much memory, and says how it ended by itself.
PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, ({most}, {most}))
from forge.cli.main import main
main()
"""


@pytest.mark.parametrize("line", LINES, ids=[line.partition(" --")[0] for line in LINES])
def test_the_most_fits_in_memory(tmp_path: Path, line: str) -> None:
    script = PROGRAM.format(most=3 * GIGABYTES)
    process = subprocess.Popen(
        [sys.executable, "-c", script, *line.split()],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 4
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        ended = process.poll()
    finally:
        process.kill()
    _, err = process.communicate()
    assert ended in (None, 0), err[-500:]
    assert "memory" not in err.lower(), err[-500:]
