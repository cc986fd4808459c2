"""The figures of a run beside the targets of the contract: a table for people, JSON for the record.

A figure is named `file.test[parameters].name`: `search.first_lead_q[standard].mean_ms` comes from
`test_first_lead_q` of `bench_search.py`.
"""

from __future__ import annotations

import io
import json
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from baseline import commit
from common import LOAD_AT_START, QUIET_LOAD, SHORT, THREADS
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forge.build import build_info

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """What the contract asks of the figures that match a pattern: at least or at most `limit`."""

    pattern: str
    sense: str  # ">=" or "<="
    limit: float | None = None
    aim: float | None = None

    def _holds(self, figure: float, bound: float) -> bool:
        return figure >= bound if self.sense == ">=" else figure <= bound

    def verdict(self, figure: float) -> str:
        """In words; a figure can meet the target and miss the aim."""
        words = []
        if self.limit is not None:
            words.append("met" if self._holds(figure, self.limit) else "NOT MET")
        if self.aim is not None:
            words.append("aim met" if self._holds(figure, self.aim) else "aim not met")
        return ", ".join(words)

    def __str__(self) -> str:
        words = [] if self.limit is None else [f"{self.sense} {_short(self.limit)}"]
        if self.aim is not None:
            words.append(f"aim {_short(self.aim)}")
        return ", ".join(words)


TARGETS = [
    Target(r"solve\.baseline_ratio\.(warm|fresh)_over_baseline", ">=", 100, 200),
    Target(r"solve\.peak_memory\[.*\]\.bytes_per_state", "<=", 40),
    Target(r"search\.first_lead_q\[standard\]\.mean_ms", "<=", 2.0, 0.7),
    Target(r"search\.first_lead_at_least\[standard\]\.mean_ms", "<=", 0.6, 0.2),
    Target(r"tokens\..*\.states_per_s", ">=", 1e6),
    Target(r"worlds\.by_trick\[.*\]\.worlds_per_s", ">=", 5e6),
    Target(r"shards\.write\[.*parquet.*\]\.bytes_per_state", "<=", 3.6),
    Target(r"shards\.generate_end_to_end\.bytes_per_state", "<=", 3.6),
    Target(r"shards\.generate_end_to_end\.states_per_s", ">=", 8e6),
    Target(r"eq\.games\[plain-cpu-50\]\.games_per_s", ">=", 3, 10),
    Target(r"eq\.games\[posterior-cpu-50\]\.games_per_s", ">=", 1),
    Target(r"eq\.games\[plain-cuda-1024\]\.games_per_s", ">=", aim=100),
    Target(r"arena\.hands\[make:n=300\]\.cpu_s_a_hand", "<=", 0.5),
    Target(r"policy\.decisions\.us_a_decision", "<=", 1.0),
    Target(r"startup\.(light|every_command)\[.*\]\.(slowest_)?cpu_s", "<=", 0.5),
    Target(r"startup\.with_torch\[.*\]\.over_torch_s", "<=", 0.5),
    Target(r"gpu\.search_q\[1000000\]\.positions_per_s", ">=", aim=100_000),
    Target(r"gpu\.decide\[eq\]\.games_per_s", ">=", aim=100),
    Target(r"gpu\.solve\.deals_per_s", ">=", aim=200),
]


def caveats_of_run() -> list[str]:
    """Why the figures and verdicts of this run are not for the record, if they are not."""
    caveats = []
    if SHORT:
        caveats.append("short form, not for the record")
    if LOAD_AT_START > QUIET_LOAD:
        caveats.append(f"load {LOAD_AT_START:.1f} at the start, machine busy, not for the record")
    return caveats


def target_of(name: str) -> Target | None:
    """What the contract asks of a figure, if anything."""
    return next((target for target in TARGETS if re.fullmatch(target.pattern, name)), None)


def figure_prefix(node_id: str) -> str:
    """`solve.warm` of `bench/bench_solve.py::test_warm`."""
    path, _, test = node_id.partition("::")
    return f"{Path(path).stem.removeprefix('bench_')}.{test.removeprefix('test_')}"


def _short(figure: object) -> str:
    """A number as people read it: 4 significant digits."""
    if isinstance(figure, float | int) and not isinstance(figure, bool):
        size = abs(figure)
        if size >= 1e5:
            return f"{figure / 1e6:,.4g} M" if size < 1e9 else f"{figure / 1e9:,.4g} G"
        return f"{figure:,.4g}" if isinstance(figure, float) else f"{figure:,}"
    return str(figure)


def table_text(figures: Figures, in_colour: bool) -> str:
    """The table, with the targets where there are any."""
    caveats = caveats_of_run() or ["full form"]
    title = f"Crystal Forge, {THREADS} threads: {'; '.join(caveats)}"
    table = Table(title=title, title_justify="left")
    table.add_column("figure", no_wrap=True)
    table.add_column("value", justify="right", overflow="fold", max_width=24)
    table.add_column("target", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for name, figure in figures.items():
        target = target_of(name)
        verdict = target.verdict(figure) if target else ""
        style = "red" if "NOT" in verdict else "green" if target else None
        table.add_row(Text(name), _short(figure), str(target or ""), verdict, style=style)
    text = io.StringIO()
    Console(file=text, width=160, force_terminal=in_colour).print(table)
    return text.getvalue()


def record(figures: Figures, exit_status: int) -> dict[str, Any]:
    """All there is to know about a run."""
    info = build_info()
    return {
        "commit": commit(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": " ".join(sys.argv),
        "exit_status": exit_status,
        "short": SHORT,
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "threads": THREADS,
        "load_at_start": round(LOAD_AT_START, 2),
        "load_at_end": round(os.getloadavg()[0], 2),
        "caveats": caveats_of_run(),
        "device": (info["devices"] or ["cpu"])[0],
        "torch": torch.__version__,
        "python": info["python"],
        "compiler": info["compiler"],
        "march": info["march"],
        "cuda": info["cuda_version"] if info["cuda"] else None,
        "figures": {name: _rounded(figure) for name, figure in figures.items()},
        "targets": {
            name: f"{target} : {target.verdict(figure)}"
            for name, figure in figures.items()
            if (target := target_of(name))
        },
    }


def _rounded(figure: Any) -> Any:
    """Six significant digits: more is noise."""
    return float(f"{figure:.6g}") if isinstance(figure, float) else figure


def _cpu_name() -> str:
    """The processor as the kernel names it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def write_json(path: Path, run: Mapping[str, Any]) -> None:
    """The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.with_name(f".{path.name}.tmp")
    temp.write_text(json.dumps(run, indent=1) + "\n")
    temp.replace(path)
