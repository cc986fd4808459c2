"""A small file of every format that forge writes, with what reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from forge.arena.registry import parse_player
from forge.arena.results import ARENA
from forge.arena.series import ArenaOptions, run_arena
from forge.bidding.calibration import hands as calibration_hands
from forge.bidding.calibration.hands import play_contracts
from forge.bidding.calibration.logistic import Calibration
from forge.bidding.calibration.play_options import PlayOptions
from forge.bidding.continuous import evaluate_seed
from forge.bidding.hand import hand_of_seed
from forge.bidding.hands_file import HANDS, HandWork, evaluate_hands
from forge.bidding.plan import Plan
from forge.bidding.schema import read_results, write_result
from forge.bidding.simulate import Simulator
from forge.eq.records import read_record, record_path, write_record
from forge.flywheel.state_file import Current, FlywheelState, read_state, write_state
from forge.learn.weights import load_weights, safetensors_bytes, stripped_state
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule
from forge.ml.tokenize import Settings, tokenize
from forge.ml.tokenized.folder import TokenizedFolder
from forge.ml.tokenized.sources import ShardSource, shard_sources
from forge.models.catalog import SHIPPED, index_bytes, list_models
from forge.oracle.shards.output import write_shard
from forge.oracle.shards.schema import load_shard
from forge.policy import SHIPPED as SHIPPED_POLICY
from forge.policy.numbers import load_policy
from forge.policy.played_hands import hands_path, load_hands, save_hands
from forge.policy.self_play import Teacher, play_hands
from forge.work.yaml_files import read_yaml, write_yaml
from support.calibrations import straight
from support.checkpoints import run_checkpoint, tiny_module
from support.records import few_worlds, played
from support.shards import TINY_DEAL, TINY_DECL, tiny_rows
from support.tiny_shards import tiny_key, write_tiny_shards


@dataclass(frozen=True)
class Written:
    """Files that were written, of one format, and what reads all of them.

    Args:
        name: of the format.
        files: to be damaged.
        read: what the files hold.
        grows: whether files are lines, of which the last may be torn.
    """

    name: str
    files: list[Path]
    read: Callable[[], Any]
    grows: bool = False

    def is_named(self, error: str, path: Path) -> bool:
        """Whether an error tells where to look: the file, or the folder of a split."""
        return path.name in error or str(path.parent) in error

    def is_prefix(self, found: Any, whole: Any) -> bool:
        """Whether lines are the first of those that were written."""
        return self.grows and found[0] == whole[0] and found[1] == whole[1][: len(found[1])]


def plain(value: Any) -> Any:
    """A value as plain ones that `==` compares bit by bit."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().contiguous().numpy()
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, value.tobytes()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return repr(value)


def eq_file(folder: Path, seed: int = 7) -> Written:
    path = record_path(folder, seed)
    write_record(path, played([seed], few_worlds()))
    return Written("eq", [path], lambda: read_record(path))


def shard(folder: Path, suffix: str = "parquet", seed: int = 3) -> Written:
    key = tiny_key(seed)
    path = key.path(folder).with_suffix(f".{suffix}")
    write_shard(path, TINY_DEAL, TINY_DECL, seed, None, *tiny_rows().as_tuple())
    return Written(f"shard-{suffix}", [path], lambda: load_shard(path))


def sampled_shard(folder: Path) -> Written:
    """A `.pt` shard as `forge tokenize` reads it: all rows, in another order."""
    path = shard(folder, "pt").files[0]
    return Written("tokenize-pt", [path], lambda: _sample(path))


def _sample(path: Path) -> Any:
    return ShardSource.open(path).sample(0, 100_000)


def bidding_file(folder: Path, seed: int = 3) -> Written:
    path = folder / f"seed_{seed:08d}.parquet"
    write_result(path, evaluate_seed(Simulator(), seed, 4, "1"))
    return Written("bidding", [path], lambda: read_results(path))


def hands(folder: Path, start: int = 0) -> Written:
    path, teacher = hands_path(folder, 5, start), Teacher(n_worlds=1)
    save_hands(play_hands(5, start, start + 20, teacher), path, teacher)
    return Written("hands", [path], lambda: load_hands(path))


def tokenized(folder: Path) -> Written:
    """Two splits; all files of one are read, and the manifest."""
    root = write_tiny_shards(folder / "shards", (3, 901))
    data = folder / "data"
    tokenize(shard_sources(root), data, Settings("shards", samples_per_shard=40), "some shards")
    files = [data / "manifest.yaml", *sorted((data / "train").iterdir())]

    def read() -> Any:
        module = DominoDataModule(data)
        split = module.open_split("train")
        rows = split.__getitems__(list(range(len(split))))
        return module.manifest, TokenizedFolder.read(data, force=False).entries, rows

    return Written("tokenized", files, read)


def arena(folder: Path) -> Written:
    path = folder / "arena.jsonl"
    options = ArenaOptions(parse_player("random"), parse_player("random"))
    run_arena(options, 80, out=path)
    return Written("arena", [path], lambda: ARENA.read(path), grows=True)


def bidding_hands(folder: Path) -> Written:
    path = folder / "hands.jsonl"
    work = HandWork(Simulator(seed=2), (5, 9), Plan(8))
    evaluate_hands(work, [hand_of_seed(seed) for seed in range(4)], path)
    return Written("bid-parallel", [path], lambda: HANDS.read(path), grows=True)


def calibration_rows(folder: Path) -> Written:
    path = folder / "calibration.jsonl"
    play_contracts(PlayOptions(parse_player("greedy-points"), 2, 3), range(6), path)
    return Written("bid-calibrate", [path], lambda: calibration_hands.HANDS.read(path), grows=True)


def checkpoint(folder: Path) -> Written:
    path = run_checkpoint(folder / "best.ckpt")

    def read() -> Any:
        module = DominoLightningModule.load_from_checkpoint(path, map_location="cpu")
        return module.state_dict(), dict(module.hparams)

    return Written("checkpoint", [path], read)


def safetensors(folder: Path) -> Written:
    path, module = folder / "weights.safetensors", tiny_module()
    path.write_bytes(safetensors_bytes(stripped_state(module), dict(module.hparams), 1))

    def read() -> Any:
        found = load_weights(path, DominoLightningModule)
        return found.state_dict(), dict(found.hparams)

    return Written("safetensors", [path], read)


def policy(folder: Path) -> Written:
    path = folder / "some.policy"
    path.write_bytes(SHIPPED_POLICY.read_bytes())
    return Written("policy", [path], lambda: load_policy(path))


def catalogue(folder: Path) -> Written:
    path = folder / "catalog.json"
    path.write_bytes(index_bytes(list_models(SHIPPED)))
    return Written("catalogue", [path], lambda: list_models(folder))


def calibration(folder: Path) -> Written:
    path = folder / "calibration.json"
    straight().write(path)
    return Written("calibration", [path], lambda: Calibration.read(path))


def record(folder: Path) -> Written:
    path = folder / "best.yaml"
    write_yaml(path, {"epoch": 3, "metrics": {"val/q_gap": 0.25}, "config": {"lr": 1e-4}})
    return Written("yaml", [path], lambda: read_yaml(path))


def flywheel(folder: Path) -> Written:
    path = folder / "state.yaml"
    current = Current("10:20", "a.ckpt", "2026-01-01T00:00:00+00:00", {"train": 1.5})
    write_state(folder, FlywheelState("running", "g", "b.ckpt", current, None, None, []))
    return Written("flywheel", [path], lambda: read_state(folder))


FORMATS: Final[dict[str, Callable[[Path], Written]]] = {
    "eq": eq_file,
    "shard": shard,
    "shard-pt": lambda folder: shard(folder, "pt"),
    "tokenize-pt": sampled_shard,
    "bidding": bidding_file,
    "hands": hands,
    "tokenized": tokenized,
    "arena": arena,
    "bid-parallel": bidding_hands,
    "bid-calibrate": calibration_rows,
    "checkpoint": checkpoint,
    "safetensors": safetensors,
    "policy": policy,
    "catalogue": catalogue,
    "calibration": calibration,
    "yaml": record,
    "flywheel": flywheel,
}
