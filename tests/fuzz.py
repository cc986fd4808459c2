"""Random command lines, run for real: how each ends.

    python tests/fuzz.py [--lines 3000] [--seed 0] [--out fuzz.jsonl]

A line is a command with its required options and up to four more, each with a value that is good,
at a border, or nothing of the kind; files that it names are whole, broken, empty or folders. Wrong
is a traceback, an exit code but 0, 1, 2 (or that of our own Ctrl+C after a few seconds of honest
work), more than a line with exit code 2, an exit code of 0 with numbers that are not finite, and a
temporary file left behind; a line has 8 GB of addresses. Ends with 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import MISSING
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from forge.cli.command import Command, is_path, spellings
from forge.game.deal import Deal
from forge.options import Option
from support.all_commands import entries
from support.commands import SCRIPT

WHOLE: Final = (
    *("0", "1", "2", "3", "7", "10", "42", "84", "-1", "1_0", "+2", "1e3", " 1", "0x10", "\u0663"),
    *map(str, (2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**30)),
)
REAL: Final = (*WHOLE, "0.5", "1e-3", "nan", "inf", "-inf", "1e308", "1e-308", "-0.0", ".5", "1,5")
WORDS: Final = (
    *("", " ", "x", "[red]x[/y]", "\udcff", "a,b", "1:2", "0:0", "3:1", "all", "random", "policy"),
    *("seat:n=2", "make:n=1", "eq:n=-1", "make:n=nan", "sixes", "no-trump", "none", "x" * 3000),
    *("6-4,5-5,4-2,3-1,2-0,1-1,0-0", "6-4,6-4", "pass,30,31", "cpu", "cuda:9", "30", "../x", "~"),
)
PATHS: Final = (
    *("there", "folder", "no/such", "/dev/full", "/dev/null", "/proc/self/mem", "x" * 300, "a\nb"),
    *("new", "new.json", "new.png", "new.pt", "shards", "tokenized", "eq", "hands", "broken"),
    *("broken.json", "broken.pt", "broken.parquet", "broken.jsonl", "deep.json", "bomb.yaml"),
    *("before/domino/version_0/checkpoints/last.ckpt", "played.jsonl"),
)
# A line that is at honest work after so long is asked to stop, as people do.
WORKS_S: Final = 5.0
ENDS_S: Final = 20.0
AT_ONCE_S: Final = 10.0
MEMORY_BYTES: Final = 8 << 30
# These serve, or never end, or start a program that a line names.
LEFT_OUT: Final = ("play", "bridge", "build-page")


def main() -> None:
    """Run the lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--place", type=Path, help="a folder that signals.py --place made")
    parser.add_argument("--out", type=Path, default=Path("fuzz.jsonl"))
    chosen = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # children inherit "ignored"
    rng = random.Random(chosen.seed)
    counts: dict[str, int] = {}
    n_wrong = 0
    place = Path(tempfile.mkdtemp(prefix="fz"))
    before = make_files(place / "before", chosen.place)
    names = [
        ([entry.name, *words], made)
        for entry, words, made in entries()
        if entry.name not in LEFT_OUT
    ]
    for k in range(chosen.lines):
        words, made = rng.choice(names)
        line = [*words, *options_of(made, rng)]
        found = run(line, before, place / "run")
        counts[str(found["code"])] = counts.get(str(found["code"]), 0) + 1
        n_wrong += bool(found["wrong"])
        with chosen.out.open("a") as to:
            to.write(json.dumps({"line": line, **found}) + "\n")
        if found["wrong"]:
            print(json.dumps({"line": line, **found}), flush=True)
        if k % 100 == 99:
            print(f"{k + 1} lines, {n_wrong} wrong, by exit code {counts}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    sys.exit(n_wrong > 0)


def options_of(made: Command, rng: random.Random) -> list[str]:
    """Required options with values that are mostly good, and some others with any."""
    if made.name == "promote":  # by default into the package
        return [*_options_of(made, rng), "--to=new"]
    return _options_of(made, rng)


def _options_of(made: Command, rng: random.Random) -> list[str]:
    options = made.options()
    required = {name for name, (each, _) in options.items() if each.default is MISSING}
    others = sorted(set(options) - required)
    chosen = rng.sample(others, min(len(others), rng.randrange(5)))
    words: list[str] = []
    for name in [*sorted(required), *chosen]:
        _, what = options[name]
        if name in required and rng.random() < 0.05:
            continue
        spelling = rng.choice(spellings(name, what)) if not what.is_argument else ""
        if made.hints()[name] is bool:
            words.append(spelling.split("/")[rng.randrange(len(spelling.split("/")))])
            continue
        is_good = rng.random() < (0.9 if name in required else 0.5)
        value = good_value(name, what, made.hints()[name], rng) if is_good else None
        value = any_value(made.hints()[name], what, rng) if value is None else value
        words.append(value if what.is_argument else f"{spelling}={value}")
    return words


def good_value(name: str, what: Option, hint: Any, rng: random.Random) -> str | None:
    """Something that may be meant, and is little work; None where nothing is known."""
    deal = Deal.from_seed(0).text
    known = {
        "hand": "6-4,5-5,4-2,3-1,2-0,1-1,0-0",
        "deal": deal,
        "decl": "sixes",
        "trump": "fours",
        "seed_range": "0:1",
        "base_seed_range": "0:1",
        "a": "random",
        "b": "policy",
        "players": "random",
        "player": "random",
        "checkpoint": "before/domino/version_0/checkpoints/last.ckpt",
        "data": rng.choice(["tokenized", "eq", "hands", "played.jsonl"]),
        "paths": rng.choice(["shards", "eq", "hands", "tokenized", "played.jsonl", "broken.pt"]),
        "dataset": "eq/train/seed_00000000.pt",
    }
    if name in known:
        return known[name]
    if hint in (int, int | None, float, float | None):
        least = 1 if what.least is None else what.least
        return str(int(max(least, rng.choice([1, 2, 5, 20]))))
    if get_origin(hint) is Literal:
        return str(rng.choice(get_args(hint)))
    return None


def any_value(hint: Any, what: Option, rng: random.Random) -> str:
    """A value of the kind of an option, or of none."""
    if rng.random() < 0.15:
        return rng.choice((*REAL, *WORDS, *PATHS))
    if hint in (int, int | None):
        return rng.choice(WHOLE)
    if hint in (float, float | None):
        return rng.choice(REAL)
    return rng.choice(PATHS if is_path(hint) or what.reads is not None else WORDS)


def make_files(folder: Path, made: Path | None) -> Path:
    """Files that a line may name."""
    if made is None:
        folder.mkdir()
    else:
        shutil.copytree(made / "before", folder, copy_function=os.link)
    (folder / "there").write_text("")
    (folder / "folder").mkdir()
    (folder / "broken").mkdir()
    junk = random.Random(1).randbytes(3000)
    for kind in ("pt", "parquet", "json", "jsonl"):
        (folder / f"broken.{kind}").write_bytes(junk)
    (folder / "broken" / "manifest.yaml").write_text("a: [1, 2")
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "bomb.yaml").write_text(
        "a: &a [x, x]\n"
        + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    )
    return folder


def run(line: list[str], before: Path, folder: Path) -> dict[str, Any]:
    """Run a line in a fresh copy of the files."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(before, folder, copy_function=os.link)
    out, err = folder.with_suffix(".out"), folder.with_suffix(".err")
    start = time.monotonic()
    is_asked = is_late = False
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            [SCRIPT, *line],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=to_out,
            stderr=to_err,
            start_new_session=True,
            preexec_fn=_limit,
        )
        # Asked to stop; and once more, where a long piece of work is in hand.
        for patience_s in (WORKS_S, ENDS_S, AT_ONCE_S):
            try:
                process.wait(patience_s)
                break
            except subprocess.TimeoutExpired:
                is_late = patience_s == AT_ONCE_S
                is_asked = True
                os.killpg(process.pid, signal.SIGKILL if is_late else signal.SIGINT)
    code = process.wait()
    said = err.read_text(errors="replace")
    wrong = []
    if is_late:
        wrong.append(f"still at work {AT_ONCE_S:.0f} s after a second Ctrl+C")
    elif code not in (0, 1, 2) and not (is_asked and code == 130):
        wrong.append(f"exit code {code}")
    if "Traceback" in said:
        wrong.append(f"traceback: {said[-600:]}")
    if code == 2 and (not said.startswith("error: ") or len(said.splitlines()) > 1):
        wrong.append(f"not one line: {said[:400]}")
    if code == 0 and any(
        each in out.read_text(errors="replace").split() for each in ("nan", "NaN")
    ):
        wrong.append("nan, and exit code 0")
    wrong += [f"left behind: {each.name}" for each in folder.rglob(".*.tmp")]
    took = round(time.monotonic() - start, 2)
    return {"code": code, "asked": is_asked, "took_s": took, "wrong": wrong}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
