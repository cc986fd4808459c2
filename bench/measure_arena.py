"""CPU seconds a hand and side of players that race, as one line of JSON: for `beside.py`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PLAYERS = ("make:n=100", "make:n=300")
COMMAND = "import sys; from forge.cli.main import main; sys.exit(main())"


def cpu_s_a_hand(player: str) -> float:
    """Of its side against `greedy-points`, 96 deals, one process."""
    with tempfile.TemporaryDirectory() as scratch:
        words = ["arena", player, "greedy-points", "--games", "96", "--seed", "5", "--workers", "1"]
        out = ["--json", "--out", str(Path(scratch, "games.jsonl"))]
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *words, *out], check=True, stdout=subprocess.PIPE
        )
    return float(json.loads(done.stdout)["cpu_s_a_hand"]["a"])


if __name__ == "__main__":
    print(json.dumps({player: cpu_s_a_hand(player) for player in PLAYERS}))
