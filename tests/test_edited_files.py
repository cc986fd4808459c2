"""Files that people and programs may edit: every key dropped, of another type, huge, negative,
nested. A file means what it says, or an error of one line names it and the key."""

import copy
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from forge.arena.results import ARENA, Block
from forge.bidding.calibration import hands as calibration_hands
from forge.bidding.calibration.logistic import Calibration, shipped
from forge.bidding.hands_file import HANDS, HandRow
from forge.cli.show.flywheel_page import show_flywheel
from forge.errors import ForgeError
from forge.flywheel.policy_rounds import ROUNDS, Round
from forge.flywheel.state_file import Current, FlywheelState, HistoryEntry, read_state
from forge.game.contract import BIDS, Bid, Contract
from forge.learn.checkpoint_files import read_run_record
from forge.ml.data import DominoDataModule
from forge.ml.tokenized.folder import Settings, TokenizedFolder
from forge.ml.tokenized.npy_writer import read_journal
from forge.models import card, catalog
from forge.policy.card import RECORD, card_text, read_card
from forge.policy.own_learning import RefinedRound
from forge.policy.refining import ROUNDS as REFINING
from forge.work.json_lines import sealed_line
from forge.work.results_file import ResultsFormat
from support.synthetic_rows import synthetic_arrays, write_split


def unsealed(lines: bytes) -> bytes:
    """Lines without their checksums."""
    return re.sub(rb',"crc32":"[0-9a-f]{8}"\}\n', b"}\n", lines)


@dataclass(frozen=True)
class Edited:
    """A file.

    Args:
        name: of the file in its folder.
        good: what it says.
        use: reads it in a folder, and does what is done with it.
        first: lines before it; None for a file that is no JSON lines.
    """

    name: str
    good: dict[str, Any]
    use: Callable[[Path], Any]
    first: bytes | None = None

    def write(self, folder: Path, content: Any) -> None:
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".yaml":
            path.write_text(yaml.safe_dump(content, sort_keys=False))
        elif self.first is None:
            path.write_text(json.dumps(content))
        elif content == self.good:
            path.write_bytes(self.first + sealed_line(content))
        else:
            # As by hand: a header without a checksum lets lines have none.
            path.write_bytes(unsealed(self.first) + json.dumps(content).encode() + b"\n")


def _catalogue(folder: Path) -> Any:
    models = catalog.list_models(folder)
    return card.tables(models), [catalog.file_status(m, ".ckpt", folder) for m in models]


def _calibration(folder: Path) -> Any:
    found = Calibration.read(folder / "calibration.json")
    chances = [found.chance(0.5, 100, Contract(decl, Bid.of(30))) for decl in range(10)]
    return found.summary, found.sha256, chances


def _journal(folder: Path) -> Any:
    return sum(entry.samples for entry in read_journal(folder))


def _trained_on(folder: Path) -> Any:
    for i, split in enumerate(("train", "val")):
        if not (folder / split).exists():
            write_split(folder / split, synthetic_arrays(20, seed=i))
    data = DominoDataModule(folder, batch_size=10)
    data.setup("fit")
    data.teardown("fit")
    return data.description


def _added_to(folder: Path) -> Any:
    found = TokenizedFolder.read(folder, force=False)
    found.check_settings(Settings("shards"))
    return found


def _flywheel() -> dict[str, Any]:
    entry = HistoryEntry(
        "0:10", "a.ckpt", "2026-01-01T00:00:00+00:00", 10, 0.5, 0.75, 1.5,
        [0.4, 0.6], [0.7, 0.8], [-0.1, -0.2, -0.05], True, seconds={"train": 2.5},
    )  # fmt: skip
    state = FlywheelState("ready", "g", "b.ckpt", Current("10:20"), None, "type this", [entry])
    return asdict(state)


def _shown_flywheel(folder: Path) -> Any:
    state = read_state(folder)
    screen = Console(file=io.StringIO(), width=80)
    show_flywheel(folder, state, None, screen)
    return state


def _results(kind: ResultsFormat[Any]) -> Callable[[Path], Any]:
    return lambda folder: kind.read(folder / "results.jsonl")


def manifest(*samples: int) -> dict[str, Any]:
    """Of splits of so many samples."""
    return {
        **MANIFEST,
        "splits": {
            split: {"samples": n, "files": 1, "sha256": "ab"}
            for split, n in zip(("train", "val", "test"), samples, strict=True)
        },
    }


MANIFEST = {
    "version": 1,
    "created": "2026-11-26T10:00:00+00:00",
    "generator": "a test",
    "source": "shards of a test",
    "global_seed": 42,
    "samples_per_shard": 50_000,
}
TABLE = [[1] * len(BIDS)]
SHARES = [[0.5] * len(BIDS)]
ROWS: dict[str, tuple[ResultsFormat[Any], Any]] = {
    "arena": (ARENA, Block([0], [1], [2], [30], [31], [0.1, 0.2], 0.3)),
    "bidding": (
        HANDS,
        HandRow("6-6,6-5,6-4,5-5,4-4,3-3,2-2", TABLE, SHARES, SHARES, SHARES, "sixes", 30, 0.5),
    ),
    "calibration": (
        calibration_hands.HANDS,
        calibration_hands.PlayedHand(0, "6-6,6-5,6-4,5-5,4-4,3-3,2-2", 6, 30, [30], [31], 1),
    ),
    "rounds": (
        ROUNDS,
        Round(
            1,
            "ab",
            "cd",
            1000,
            {"both": [0.1, 0.0, 0.2], "standard": [0.1, 0.0, 0.2], "everything": [0.1, 0.0, 0.2]},
            {"both": [0.1, 0.0, 0.2], "standard": [0.1, 0.0, 0.2], "everything": [0.1, 0.0, 0.2]},
            True,
        ),
    ),
    "refining": (REFINING, RefinedRound(1, 1000, 0.3, 0.9)),
}


def files() -> dict[str, Edited]:
    calibration = shipped()
    assert calibration is not None
    lines = {"format": "forge bidding calibration", "version": 1, **asdict(calibration)}
    record = json.loads((catalog.SHIPPED / "catalog.json").read_text())
    made = {
        "epoch": 1,
        "step": 2,
        "metrics": {"val/q_gap": 1.5},
        "config": {"lr": 0.1},
        "data": {"source": "x"},
        "forge_version": "0.1.0",
        "git_commit": None,
        "torch_version": "2.13.0",
    }
    found = {
        "catalogue": Edited(
            "catalog.json", {"version": 1, "models": record["models"][:1]}, _catalogue
        ),
        "card": Edited(
            "seat.json",
            json.loads(RECORD.read_text()),
            lambda folder: card_text(read_card(folder / "seat.json")),
        ),
        "calibration": Edited("calibration.json", lines, _calibration),
        "journal": Edited(
            "shards.jsonl",
            {"file": "a", "fingerprint": "b", "states": 3, "samples": 2},
            _journal,
            b'{"file": "a", "fingerprint": "b", "states": 3, "samples": 2}\n',
        ),
        "manifest of a training": Edited("manifest.yaml", manifest(20, 20, 0), _trained_on),
        "manifest that is added to": Edited("manifest.yaml", manifest(0, 0, 0), _added_to),
        "settings of a run under way": Edited(
            ".building/settings.yaml", asdict(Settings("shards")) | {"replaces": False}, _added_to
        ),
        "state of a flywheel": Edited("state.yaml", _flywheel(), _shown_flywheel),
        "record of a run": Edited(
            "run.yaml", made, lambda folder: read_run_record(folder / "run.ckpt")
        ),
    }
    for name, (kind, row) in ROWS.items():
        header = {"format": kind.name, "version": kind.version, "options": {"seed": 1}}
        found[f"header of {name}"] = Edited("results.jsonl", header, _results(kind), b"")
        found[f"line of {name}"] = Edited(
            "results.jsonl", asdict(row), _results(kind), kind.header({"seed": 1})
        )
    return found


FILES = files()
DEEP: Any = []
for _ in range(60):
    DEEP = [DEEP]
VALUES: dict[str, Any] = {
    "text": "x",
    "empty text": "",
    "long text": "x" * 100_000,
    "[red]": "[red]x[/y]\n\x1b[31m",
    "nothing": None,
    "yes": True,
    "fraction": 1.5,
    "negative": -1,
    "large": 10**18,
    "beyond 64 bits": 10**30,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "list": ["x"],
    "empty list": [],
    "mapping": {"x": {"y": 1}},
    "deep": DEEP,
}


def places(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys of a mapping and of what is inside, the first of each list."""
    keys: Any = content if isinstance(content, dict) else range(min(1, len(content)))
    for key in keys:
        yield (*place, key)
        if isinstance(content[key], dict | list):
            yield from places(content[key], (*place, key))


def changed(content: Any, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    content = copy.deepcopy(content)
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    change(inner, place[-1])
    return content


def read(file: Edited, folder: Path, content: Any, what: object) -> bool:
    """Whether a file is taken; else the error is one short line that names it."""
    file.write(folder, content)
    began = time.process_time()
    try:
        file.use(folder)
    except ForgeError as error:
        line = str(error)
        assert "\n" not in line and "\x1b" not in line and len(line) < 600, (what, line)
        assert Path(file.name).name in line or "was begun with" in line or "was made with" in line
        return False
    finally:
        assert time.process_time() - began < 10, what
    return True


@pytest.mark.parametrize("name", FILES)
def test_a_sound_file_is_read(name: str, tmp_path: Path) -> None:
    file = FILES[name]
    assert read(file, tmp_path, file.good, "good")


@pytest.mark.parametrize("name", FILES)
def test_every_key_of_every_file(name: str, tmp_path: Path) -> None:
    file = FILES[name]
    n_refused = 0
    for place in list(places(file.good))[:80]:

        def drop(inner: Any, key: Any) -> None:
            del inner[key]

        n_refused += not read(file, tmp_path, changed(file.good, place, drop), (place, "dropped"))
        for what, value in VALUES.items():

            def put(inner: Any, key: Any, value: Any = value) -> None:
                inner[key] = value

            n_refused += not read(file, tmp_path, changed(file.good, place, put), (place, what))
    assert n_refused >= 5


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [None, [], "x", 3, {}, [[]]])
def test_files_of_another_kind(name: str, content: Any, tmp_path: Path) -> None:
    read(FILES[name], tmp_path, content, "another kind")


def test_what_is_valid_is_told(tmp_path: Path) -> None:
    """The lines, as people see them."""

    def told(name: str, *place: Any, value: Any) -> str:
        file = FILES[name]

        def put(inner: Any, key: Any) -> None:
            inner[key] = value

        file.write(tmp_path, changed(file.good, place, put))
        with pytest.raises(ForgeError) as error:
            file.use(tmp_path)
        return str(error.value).removeprefix(f"{tmp_path}/")

    model = ("models", 0)
    assert told("catalogue", *model, "n_params", value="x") == (
        "catalog.json: models[0].n_params must be a whole number, got 'x'"
    )
    assert told("catalogue", *model, "n_params", value=-1) == (
        "catalog.json: models[0].n_params must be 0 or more, got -1"
    )
    assert told("catalogue", *model, "intervals", "q_gap", value=[1.0]) == (
        "catalog.json: models[0].intervals.q_gap must be at least 2 long, got a list of 1"
    )
    assert told("catalogue", *model, "name", value="../x") == (
        "catalog.json: models[0]: name must be that of a file without its suffix, got '../x'"
    )
    assert told("catalogue", "version", value=2) == "catalog.json: version must be 1, got 2"
    assert told("card", "curve", value=None) == "seat.json: curve must be a mapping, got None"
    assert told("card", "figures", "overall", "nll", value=True) == (
        "seat.json: figures.overall.nll must be a number, got True"
    )
    assert told("manifest of a training", "splits", "val", "samples", value="37") == (
        "manifest.yaml: splits.val.samples must be a whole number, got '37'"
    )
    assert "must be true or false, got 1: --force replaces it" in told(
        "settings of a run under way", "replaces", value=1
    )
    assert told("line of rounds", "kept", value="yes") == (
        "results.jsonl: line 2 is damaged: kept must be true or false, got 'yes'"
    )
