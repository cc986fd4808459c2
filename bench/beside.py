"""An older commit beside the working tree: both are built, and a script runs under them in turns.

    python bench/beside.py a07f837 bench/measure_search.py --rounds 5

The script prints one line of JSON, {name: seconds or any other cost}. What is printed here is, for
each name, old / new: the median over the rounds, the least and the greatest. Machines drift; a
ratio of neighbours in time drifts less. The script may use only what both commits have.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("commit", help="the older one")
    parser.add_argument("script", type=Path)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default 5)")
    args, script_args = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="beside-") as scratch:
        old = Path(scratch, "old")
        run("git", "-C", ROOT, "worktree", "add", "--detach", "--force", old, args.commit)
        try:
            sources = {"old": old, "new": ROOT}
            paths = {
                name: build(source, Path(scratch, name + "-built"))
                for name, source in sources.items()
            }
            costs = take_turns(paths, [args.script.resolve(), *script_args], args.rounds)
        finally:
            run("git", "-C", ROOT, "worktree", "remove", "--force", old)
    print(table(args.commit, costs))


def build(source: Path, place: Path) -> Path:
    """Compile the native module of a source tree; returns a folder for PYTHONPATH."""
    import pybind11

    build_folder = place / "build"
    options = {
        "CMAKE_BUILD_TYPE": "Release",
        "FORGE_CUDA": "off",
        "Python_EXECUTABLE": sys.executable,
        "pybind11_DIR": pybind11.get_cmake_dir(),
    }
    run("cmake", "-S", source, "-B", build_folder, *(f"-D{k}={v}" for k, v in options.items()))
    run("cmake", "--build", build_folder, "--parallel", os.cpu_count() or 1)
    package = place / "python" / "forge"
    shutil.copytree(source / "python" / "forge", package, ignore=shutil.ignore_patterns("*.so"))
    (module,) = build_folder.glob("_native*.so")
    shutil.copy(module, package)
    return package.parent


def take_turns(
    paths: dict[str, Path], command: list[object], n_rounds: int
) -> dict[str, dict[str, list[float]]]:
    """Costs by name and side, a number a round; who goes first alternates."""
    costs: dict[str, dict[str, list[float]]] = {}
    for number in range(n_rounds):
        for side in ("old", "new") if number % 2 == 0 else ("new", "old"):
            env = os.environ | {"PYTHONPATH": str(paths[side])}
            done = run(sys.executable, *command, env=env)
            for name, cost in json.loads(done.splitlines()[-1]).items():
                costs.setdefault(name, {"old": [], "new": []})[side].append(cost)
    return costs


def table(commit: str, costs: dict[str, dict[str, list[float]]]) -> str:
    """One line a name."""
    lines = [f"{'':24} {commit:>12} {'here':>12}  old / new (median, least .. greatest)"]
    for name, of in costs.items():
        ratios = [old / new for old, new in zip(of["old"], of["new"], strict=True)]
        lines.append(
            f"{name:24} {median(of['old']):12.6g} {median(of['new']):12.6g}  "
            f"{median(ratios):.2f}  {min(ratios):.2f} .. {max(ratios):.2f}"
        )
    return "\n".join(lines)


def run(*command: object, env: dict[str, str] | None = None) -> str:
    """A command that must end well; returns what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
