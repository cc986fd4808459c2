"""`state.yaml`: the keys that others know, ours behind them, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from forge.cli.file_kinds import verify_file
from forge.errors import ForgeError
from forge.flywheel.state_file import (
    MOST_ITERATIONS,
    Current,
    FlywheelState,
    HistoryEntry,
    NotNowError,
    read_state,
    write_state,
)

KEYS = [
    "status",
    "wandb_group",
    "baseline_checkpoint",
    "current",
    "last_error",
    "next_action",
    "history",
]
ENTRY_KEYS = [
    "seed_range",
    "checkpoint",
    "completed_at",
    "total_seeds",
    "q_gap",
    "accuracy",
    "val_loss",
]
# As another program writes it: nothing of ours, quotes only where it thought of them.
FOREIGN = """\
status: ready
wandb_group: my-experiment
baseline_checkpoint: forge/models/some.ckpt
current:
  seed_range: 10:20
  checkpoint: runs/a.ckpt
  started_at: 2026-01-02T03:04:05Z
last_error: null
next_action: null
history:
- seed_range: 0:10
  checkpoint: runs/a.ckpt
  completed_at: 2026-01-02T03:04:05+00:00
  total_seeds: 10
  q_gap: 0.1
  accuracy: null
  val_loss: 1
"""


def sample() -> FlywheelState:
    entry = HistoryEntry(
        "0:10", "checkpoints/a.ckpt", "2026-01-01T00:00:00+00:00", 10, 0.5, 0.75, 1.5,
        [0.4, 0.6], [0.7, 0.8], [-0.1, -0.2, -0.05], True, "ab", "cd", "ef", "01", {"train": 2.5},
    )  # fmt: skip
    current = Current("10:20", "checkpoints/a.ckpt", None, {"generate": 1.0})
    return FlywheelState(
        "ready", "a-group", "base.ckpt", current, None, "type this", [entry],
        seeds_per_iter=10, iterations=3, baseline_sha256="ff", settings={"lr": 0.001},
    )  # fmt: skip


def test_it_says_what_it_was_told(tmp_path: Path) -> None:
    write_state(tmp_path, sample())
    assert read_state(tmp_path) == sample()
    text = (tmp_path / "state.yaml").read_text()
    assert text.startswith("# crc32 ")
    content = yaml.safe_load(text)
    assert list(content)[: len(KEYS)] == KEYS
    assert list(content["current"])[:3] == KEYS_OF_CURRENT
    assert list(content["history"][0])[: len(ENTRY_KEYS)] == ENTRY_KEYS
    found = verify_file(tmp_path / "state.yaml")
    assert found is not None and (found.kind, found.rows, found.result) == (
        "flywheel",
        "1 iteration",
        "ok",
    )


KEYS_OF_CURRENT = ["seed_range", "checkpoint", "started_at"]


def test_one_of_another_program_is_read(tmp_path: Path) -> None:
    (tmp_path / "state.yaml").write_text(FOREIGN)
    state = read_state(tmp_path)
    assert state.current.seeds == range(10, 20)  # in YAML 620 seconds
    assert state.step == 10 and state.number == 2 and state.parent == "runs/a.ckpt"
    assert state.history[0].val_loss == 1.0 and state.history[0].accuracy is None
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state


def test_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(
        NotNowError, match=r"there is no flywheel at .*forge flywheel init makes one"
    ):
        read_state(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("status: ready", "status: lazy", "status must be 'ready', 'running', 'failed' or 'done'"),
        ("10:20", "20:10", r"current: .*'20:10' is empty or backwards"),
        ("10:20", "0", "current.seed_range must be text, got 0"),
        ("val_loss: 1", "val_loss: x", r"history\[0\].val_loss must be a number, got 'x'"),
        ("q_gap: 0.1", "q_gap: .nan", "numbers must be finite"),
        ("total_seeds: 10", "total_seeds: -1", "total_seeds must be 0 or more, got -1"),
        (
            "last_error: null",
            "last_error: null\nother: null",
            "other is no key that this version of forge knows",
        ),
        ("status: ready", "status: !!python/object/apply:os.system [x]", "values must be plain"),
        ("wandb_group: my", "wandb_group: [my", "not readable as YAML"),
        ("status: ready", "status: ready\nstatus: ready", "the key 'status' is there twice"),
        ("history:", "settings: {lr: x}\nhistory:", "settings.lr must be a number, got 'x'"),
        ("history:", "settings: {lr: -1}\nhistory:", "settings.lr must be above 0"),
        ("history:", "settings: {x: 1}\nhistory:", "settings.x is no key"),
        ("history:", "settings: {golden_val: '5'}\nhistory:", "golden_val must be up to 50 val"),
        ("history:", "settings: {shards: /dev/null/x}\nhistory:", "settings.shards: cannot write"),
        ("history:", "kind: other\nhistory:", "kind must be 'oracle' or 'seat', got 'other'"),
        ("history:", "version: 2\nhistory:", "version must be 1, got 2"),
    ],
)
def test_what_it_may_not_say(tmp_path: Path, before: str, after: str, says: str) -> None:
    path = tmp_path / "state.yaml"
    path.write_text(FOREIGN.replace(before, after, 1))
    content = path.read_bytes()
    with pytest.raises(ForgeError, match=says) as error:
        read_state(tmp_path)
    assert "\n" not in str(error.value) and str(path) in str(error.value)
    assert path.read_bytes() == content  # nothing is lost


def test_a_flipped_letter_is_noticed(tmp_path: Path) -> None:
    write_state(tmp_path, sample())
    path = tmp_path / "state.yaml"
    text = path.read_text()
    path.write_text(text.replace("10:20", "10:21"))
    with pytest.raises(ForgeError, match="checksum differs; if it was changed by hand, remove"):
        read_state(tmp_path)
    path.write_text(text.replace("10:20", "10:21").partition("\n")[2])
    assert read_state(tmp_path).current.seeds == range(10, 21)


def test_the_longest_one_can_be_read(tmp_path: Path) -> None:
    entry = replace(
        sample().history[0],
        checkpoint="checkpoints/iter-500-seeds-1000000000-1000000010.ckpt",
        checkpoint_sha256="f" * 64,
        parent_sha256="f" * 64,
        data_sha256="f" * 64,
        golden_sha256="f" * 64,
        seconds=dict.fromkeys(("generate", "tokenize", "train", "evaluate"), 12345.678),
        match={name: [0.123456789012345] * 3 for name in ("make", "marks", "points")},
    )
    state = replace(sample(), history=[entry] * MOST_ITERATIONS)
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
