"""Every long command, stopped at moments from its start to its end: how it ends, and goes on.

    python tests/signals.py [--moments 50] [--only arena,train] [--kill] [--out signals.jsonl]

Of each command: how long it takes undisturbed; then for each moment a fresh copy of its folder, a
signal to the whole group of processes (in turn Ctrl+C, SIGTERM, Ctrl+C twice), and what
`support.signalled` finds wrong with the end. The same line is then run to its end once more in
that folder (of every third moment), and what it made must be what the undisturbed run made.
`--kill` sends SIGKILL to the first process alone: its workers must be gone in time, and the same
line must go on, every time. Hours with 50 moments on few cores; ends with 1 if anything was wrong.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.commands import SCRIPT, words
from support.signalled import run_signalled

HAND: Final = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
DEAL: Final = (
    "6-6,6-5,5-2,5-1,4-1,3-0,2-2 / 6-2,6-1,5-4,5-0,4-2,3-3,2-1 / "
    "6-4,6-3,5-5,4-4,3-2,1-1,0-0 / 6-0,5-3,4-3,4-0,3-1,2-0,1-0"
)
PLAYED: Final = (
    "#hand=66554442412210.65616054535111.62525043332100.64634032313020~31~fours~"
    "44544340226562204161006430105333506355516660523242112131"
)
SMALL: Final = "--embed-dim 16 --n-layers 1 --n-heads 1 --ff-dim 16 --batch-size 64 --no-compile"
# What is there before each command.
BEFORE: Final = (
    "forge generate --seed-range 0:2 --decl sixes --out shards",
    "forge generate --seed-range 900:901 --decl sixes --out shards",
    "forge tokenize --input shards --max-samples-per-shard 10000 --output tokenized",
    "forge generate-eq-continuous --limit 4 --n-samples 4 --batch-size 2 --output-dir eq",
    "forge generate-eq-continuous --limit 2 --n-samples 4 --start-seed 900 --output-dir eq",
    "forge play-hands --hands 1000 --worlds 1 --pool 1 --output hands",
    f"forge train --data tokenized --epochs 1 --limit-batches 3 {SMALL} --run-dir before",
    "forge bid-calibrate play --hands 40 --deals 2 --player random --workers 1 --out played.jsonl",
    "forge flywheel init --dir wheel --start-seed 30 --seeds-per-iter 1 --iterations 1 "
    "--golden-val 930 --golden-test 979 --golden-declarations seed --samples-per-shard 300 "
    "--batch-size 100 --baseline before/domino/version_0/checkpoints/last.ckpt",
)


@dataclass(frozen=True)
class Case:
    """A command line, and the files whose bytes are the same whenever it was stopped."""

    line: str
    same: str = ""


CHECKPOINT: Final = "before/domino/version_0/checkpoints/last.ckpt"
CASES: Final = {
    "quickstart": Case("quickstart", "quickstart/**/*.parquet"),
    "solve": Case(f"solve --deal '{DEAL}' --decl sixes"),
    "generate": Case("generate --seed-range 0:2 --decl sixes --out out", "out/**/*.parquet"),
    "campaign": Case("campaign --seed-range 0:2 --out out", "out/**/*.parquet"),
    "campaign-marginalized": Case(
        "campaign-marginalized --base-seed-range 29:31 --n-opp-seeds 1 --batch-size 2 --out out",
        "out/**/*.parquet",
    ),
    "generate-continuous": Case(
        "generate-continuous --limit 2 --output-dir out", "out/**/*.parquet"
    ),
    "tokenize": Case("tokenize --from-seeds 0:3 --per-seed 2000 --output out", "out/**/*.npy"),
    "train": Case(f"train --data tokenized --epochs 2 --limit-batches 8 {SMALL}"),
    "train with workers": Case(
        f"train --data tokenized --epochs 2 --limit-batches 8 {SMALL} --num-workers 2"
    ),
    "train --stream": Case(
        "train --stream --samples-per-epoch 640 --epochs 2 --val-deals 1 --per-deal 200 "
        f"--mix-deals 4 --num-workers 2 {SMALL}"
    ),
    "train-eq": Case(f"train-eq --data eq --epochs 5 {SMALL} --num-workers 2"),
    "play-hands": Case("play-hands --hands 2000 --worlds 1 --pool 1 --output out", "out/*.parquet"),
    "train-policy": Case("train-policy --data hands --epochs 2 --output out.policy"),
    "improve-policy": Case(
        "improve-policy --hands 1000 --worlds 1 --pool 1 --deals 2800 --epochs 1 --rounds 1 "
        "--output out"
    ),
    "refine-policy": Case("refine-policy --rounds 20 --hands 500 --output out"),
    "flywheel": Case("flywheel --once --no-wandb --dir wheel", "wheel/[tce]*/**/*.[nc]*"),
    "policy-curve": Case("policy-curve --data hands --hands 200,800 --epochs 1 --out curve"),
    "eval-policy": Case("eval-policy --data hands"),
    "eval": Case(f"eval --checkpoint {CHECKPOINT} --data tokenized --out out"),
    "export": Case(f"export --checkpoint {CHECKPOINT} --data tokenized --onnx out.onnx"),
    "promote": Case(f"promote --checkpoint {CHECKPOINT} --data tokenized --name mine --to out"),
    "arena": Case("arena greedy-points random --games 2000 --workers 2 --out out.jsonl"),
    "tournament": Case(
        "tournament greedy-points random policy --games 600 --workers 2 --sprt --out out"
    ),
    "arena on a cluster": Case("arena greedy-points random --games 2000 --ray local --out o.jsonl"),
    "generate-eq-continuous on a cluster": Case(
        "generate-eq-continuous --limit 20 --n-samples 10 --batch-size 2 --ray local "
        "--output-dir out",
        "out/**/*.pt",
    ),
    "generate-eq": Case("generate-eq --n-games 4 --n-samples 20 --batch-size 2 --output out.pt"),
    "generate-eq-continuous": Case(
        "generate-eq-continuous --limit 4 --n-samples 10 --batch-size 2 --output-dir out"
    ),
    "analyze-eq": Case("analyze-eq --games 1 --data eq --worlds 2,4 --repeats 2 --output out"),
    "advise": Case(f"advise --hand {HAND}"),
    "review": Case(f"review '{PLAYED}'"),
    "auction": Case(f"auction --hand {HAND} --samples 100"),
    "bid-evaluate": Case(f"bid-evaluate --hand {HAND} --samples 400 --player random --workers 2"),
    "bid-investigate": Case(f"bid-investigate --hand {HAND} --trump fours --samples 100"),
    "bid-parallel": Case(
        "bid-parallel --seeds 0:30 --samples 40 --player random --workers 2 --output out.jsonl",
        "out.jsonl",
    ),
    "bid-continuous": Case(
        "bidding-continuous --limit 3 --samples 60 --player random --workers 2 --output out"
    ),
    "bid-convergence": Case(
        f"bid-convergence --hand {HAND} --samples 100 --sizes 10,20 --resamples 50 --plot out.png"
    ),
    "bid-benchmark": Case("bid-benchmark --modes oracle-bid --samples 10 --seconds 1"),
    "bid-calibrate play": Case(
        "bid-calibrate play --hands 200 --deals 2 --player random --workers 2 --out out.jsonl"
    ),
    "bid-calibrate fit": Case("bid-calibrate fit --data played.jsonl --output out.json"),
    "render-eq": Case("render-eq --dataset eq/train/seed_00000000.pt --playthrough"),
    "view": Case("view eq/train/seed_00000000.pt --svg out.svg"),
    "bid-poster": Case(f"bid-poster --hand {HAND} --samples 20 --output out.pdf"),
    "verify": Case("verify shards"),
}
Kinds = tuple[tuple[str, signal.Signals, float | None], ...]
KINDS: Final[Kinds] = (
    ("Ctrl+C", signal.SIGINT, None),
    ("SIGTERM", signal.SIGTERM, None),
    ("Ctrl+C twice", signal.SIGINT, 0.3),
)
KILL: Final[Kinds] = (("kill -9", signal.SIGKILL, None),)


def main() -> None:
    """Run the sweep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--only", default="", help="commands, separated by commas")
    parser.add_argument("--kill", action="store_true", help="SIGKILL, to the first process alone")
    parser.add_argument("--out", type=Path, default=Path("signals.jsonl"))
    parser.add_argument("--place", type=Path, help="a folder to keep what is made before")
    chosen = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # children inherit "ignored"
    names = [each for each in chosen.only.split(",") if each] or list(CASES)
    place = chosen.place or Path(tempfile.mkdtemp())
    before = place / "before"
    if not before.exists():
        making = place / "making"
        making.mkdir(parents=True)
        *lines, last = BEFORE
        for line in lines:
            subprocess.run(_line(line.removeprefix("forge ")), cwd=making, check=True)
        making.rename(before)
        # A flywheel keeps where its first checkpoint lies.
        subprocess.run(_line(last.removeprefix("forge ")), cwd=before, check=True)
    n_signals = n_wrong = 0
    for name in names:
        kinds = KILL if chosen.kill else KINDS
        for found in _sweep(CASES[name], before, place / "run", chosen.moments, kinds):
            n_signals += found["signalled"] is True
            n_wrong += bool(found["wrong"])
            with chosen.out.open("a") as out:
                out.write(json.dumps({"command": name, **found}) + "\n")
            if found["wrong"]:
                print(name, json.dumps(found), flush=True)
        print(f"{name}: {n_signals} signals so far, {n_wrong} with something wrong", flush=True)
    sys.exit(n_wrong > 0)


def _line(line: str) -> list[str]:
    return [SCRIPT, *words(line)]


def _sweep(
    case: Case, before: Path, folder: Path, n_moments: int, kinds: Kinds
) -> Iterator[dict[str, object]]:
    _fresh(before, folder)
    start = time.monotonic()
    with folder.with_suffix(".log").open("wb") as log:
        subprocess.run(_line(case.line), cwd=folder, stdout=log, stderr=log, check=True)
    whole_s = time.monotonic() - start
    expected = _digests(folder, case.same)
    for k in range(n_moments):
        kind, signum, again_s = kinds[k % len(kinds)]
        at_s = whole_s * k / n_moments
        _fresh(before, folder)
        is_kill = signum == signal.SIGKILL
        ended = run_signalled(_line(case.line), folder, signum, at_s, again_s, to_all=not is_kill)
        wrong = [f"alive: {line}" for line in ended.left] if is_kill else ended.faults(signum)
        if again_s is not None and ended.signalled and ended.took_s > 2:
            wrong.append(f"{ended.took_s:.1f} s after the second signal")
        # What had ended before the signal would begin something new.
        if ended.signalled and k % len(kinds) == k // len(kinds) % len(kinds):
            done = subprocess.run(_line(case.line), cwd=folder, capture_output=True, text=True)
            if done.returncode or "Traceback" in done.stderr:
                wrong.append(f"the next start: {done.returncode} {done.stderr}")
            elif not expected.items() <= _digests(folder, case.same).items():  # --limit counts anew
                wrong.append("the next start made something else")
        yield {
            "kind": kind,
            "at_s": round(at_s, 2),
            "of_s": round(whole_s, 2),
            "signalled": ended.signalled,
            "code": ended.code,
            "took_s": round(ended.took_s, 2),
            "wrong": wrong,
        }


def _fresh(before: Path, folder: Path) -> None:
    for each in (folder, folder.with_name(f"{folder.name}.tmp")):
        shutil.rmtree(each, ignore_errors=True)
    shutil.copytree(before, folder, copy_function=os.link)


def _digests(folder: Path, pattern: str) -> dict[str, str]:
    files = sorted(folder.glob(pattern)) if pattern else []
    return {
        str(each.relative_to(folder)): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in files
    }


if __name__ == "__main__":
    main()
