"""What the first release computed, this one computes: the same values from the same seeds.

The digests in `golden/first_release.json` were made with the first release, by running this file
as a script there: `python tests/cli/test_first_release.py > tests/golden/first_release.json`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:  # the first release has no such module
    from support.commands import Works

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "first_release.json"
HAND: Final = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
EQ: Final = "generate-eq --start-seed 5 --n-games 2 --output out.pt --device cpu"
ARENA: Final = "--games 12 --seed 7 --workers 1 --out out.jsonl"
# Name -> command line, as the first release took it.
LINES: Final = {
    "eq: points": f"{EQ} --n-samples 6",
    "eq: make": f"{EQ} --n-samples 6 --objective make --bid 32",
    "eq: posterior": f"{EQ} --n-samples 12 --posterior --posterior-window 4 --posterior-tau 0.5",
    "eq: adaptive": f"{EQ} --adaptive --min-samples 10 --max-samples 30 --adaptive-batch-size 10 "
    "--sem-threshold 2.0",
    "eq: exploration": f"{EQ} --n-samples 6 --exploration boltzmann --blunder-rate 0.1",
    "eq: enumerated": f"{EQ} --n-samples 6 --enumerate --enum-threshold 50 --sampler mrv",
    "arena: make and eq": f"arena make:n=5,no-race eq:n=4,posterior,window=3 {ARENA}",
    "arena: without worlds": f"arena greedy-points random {ARENA}",
    "bidding: perfect play": "bidding-continuous --start-seed 3 --limit 1 --samples 10 --output .",
    "bidding: players": f"bid-evaluate --hand {HAND} --samples 6 --player eq:n=3,no-race "
    "--trumps fours --json",
    "bidding: a bid": f"bid-evaluate --hand {HAND} --samples 20 --bid 31 --json",
    "shard: standard": "generate --seed 158 --decl sixes --out .",
    "shard: marginalised": "generate-continuous --marginalized --n-opp-seeds 1 --start-seed 90 "
    "--limit 1 --output-dir . --max-states 9000000",
}
# What says when, where or by which version a file was made.
NOT_VALUES: Final = {"forge_version", "timestamp", "elapsed_s", "cpu_s", "wall_s"}
# Chances at a table, which were fitted anew since; perfect play's own stand beside them.
CALIBRATED: Final = {"headline", "p", "interval", "marks"}
# What reports tell beside that since.
SINCE: Final = {"settled", "in_play"}


def digests(line: str, folder: Path, printed: str) -> dict[str, str]:
    """Digests of what a command computed, by the name of a column, tensor or value."""
    if line.endswith("--json"):
        values = json.loads(printed)
        calibrated = "calibrated" in str(values.get("headline"))
        values = _without(SINCE, values)
        return _of_values("", _without(CALIBRATED, values) if calibrated else values)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return {k: v for path in files for k, v in _of_file(path, path.relative_to(folder)).items()}


def _of_file(path: Path, name: Path) -> dict[str, str]:
    if path.suffix == ".pt":
        import torch

        content = torch.load(path, weights_only=True)
        return {
            f"{name} {key}": _digest(_without_noise(value).numpy().tobytes())
            for key, value in content.items()
            if isinstance(value, torch.Tensor)
        }
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        columns = {c: table[c] for c in table.column_names if c not in NOT_VALUES}
        values = {
            # A shard's are millions, of plain numbers.
            c: _digest(column.to_numpy().tobytes()) if len(column) > 1000 else column.to_pylist()
            for c, column in columns.items()
        }
        return {f"{name}": _digest(repr(values).encode())}
    return _of_values(f"{name}", [unsealed(line) for line in path.read_text().splitlines()])


def _without_noise(value: Any) -> Any:
    """A tensor with 0 for what is 0 but for rounding: the variance of values that are all equal."""
    return value.masked_fill(value.abs() < 1e-12, 0) if value.is_floating_point() else value


def unsealed(line: str) -> dict[str, Any]:
    """A line of a results file without its checksum, which the first release had not."""
    found: dict[str, Any] = json.loads(line)
    found.pop("crc32", None)
    return found


def _of_values(name: str, values: Any) -> dict[str, str]:
    return {f"{name} values": _digest(json.dumps(_stripped(values), sort_keys=True).encode())}


def _without(names: set[str], values: Any) -> Any:
    """Plain values without some keys, however deep."""
    if isinstance(values, dict):
        return {k: _without(names, v) for k, v in values.items() if k not in names}
    return [_without(names, each) for each in values] if isinstance(values, list) else values


def _stripped(values: Any) -> Any:
    if isinstance(values, dict):
        return {k: _stripped(v) for k, v in values.items() if k not in NOT_VALUES}
    if isinstance(values, str):
        return values.replace(",no-race", "")  # the first release asked about every play
    return [_stripped(each) for each in values] if isinstance(values, list) else values


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@pytest.mark.parametrize("name", LINES)
def test_same_values(name: str, works: Works, tmp_path: Path) -> None:
    command, _, options = LINES[name].partition(" ")
    found = digests(LINES[name], tmp_path, works(command, options))
    assert found == json.loads(GOLDEN.read_text())[name]


def run(line: str) -> dict[str, str]:
    """What a line computes in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        forge = [sys.executable, "-m", "forge.cli.main", *line.split()]
        done = subprocess.run(forge, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
        return digests(line, Path(folder), done.stdout)


if __name__ == "__main__":
    # The first release had no such option.
    lines = {name: line.replace(",no-race", "") for name, line in LINES.items()}
    print(json.dumps({name: run(line) for name, line in lines.items()}, indent=1))
