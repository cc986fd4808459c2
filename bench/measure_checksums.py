"""What comparing checksums adds to reading each format, in per cent of the time without.

    python bench/measure_checksums.py --turns 41

Every format is read by turns with its checks and with them taken out, in one process, on one
thread. A tenth of a second of that gives the ratio of the CPU seconds of both. Printed are the
median of so many and the middle half of them, and milliseconds of CPU with the checks. Before it
counts, every file was read once: nothing waits for a disk, so these shares are the greatest there
are.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from forge.arena.registry import parse_player
from forge.arena.results import ARENA
from forge.arena.series import ArenaOptions, run_arena
from forge.bidding.continuous import evaluate_seed
from forge.bidding.schema import read_results, write_result
from forge.bidding.simulate import Simulator
from forge.eq.oracle import ExactOracle
from forge.eq.pipeline import play_games
from forge.eq.records import read_record, record_path, write_record
from forge.eq.settings import EstimateConfig, GameSettings
from forge.learn.weights import load_weights, safetensors_bytes, stripped_state
from forge.ml.data import TokenizedSplit
from forge.ml.module import DominoLightningModule
from forge.ml.tokenize import Settings, tokenize
from forge.ml.tokenized.sources import SeedSource, ShardSource
from forge.models.catalog import SHIPPED, list_models
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.output import write_shard
from forge.oracle.shards.schema import load_shard
from forge.oracle.tablebase import Tablebase
from forge.policy.played_hands import hands_path, load_hands, save_hands
from forge.policy.self_play import Teacher, play_hands
from forge.work.json_text import read_json, sealed_json

BATCH_ROWS = 1024
N_SAMPLES = 50_000
# A turn reads so many times as that takes.
TURN_S = 0.1

plain_parquet = pq.ParquetFile


def unchecked_parquet(source: Any, **options: Any) -> pq.ParquetFile:
    """Opens a file whose pages are not compared."""
    return plain_parquet(source, **options | {"page_checksum_verification": False})


def nothing(*args: Any, **options: Any) -> None:
    """Compares nothing."""


class Right:
    """A checksum that is right."""

    def __ne__(self, other: object) -> bool:
        return False


RIGHT = Right()

# What stands in for a check while it is taken out.
STAND_INS: dict[str, Any] = {
    "forge.work.tensor_files.check_archive": nothing,
    "forge.learn.weights.check_sealed_file": nothing,
    "forge.work.parquet_files.check_seal": nothing,
    "forge.work.json_text.check_seal": nothing,
    "forge.oracle.shards.schema.check_digest": nothing,
    "forge.work.json_lines.crc_text": lambda text: RIGHT,
    "forge.ml.tokenized.block_sums.BlockSums.check": nothing,
    "pyarrow.parquet.ParquetFile": unchecked_parquet,
}


@contextmanager
def unchecked() -> Iterator[None]:
    """Within, readers compare nothing."""
    with ExitStack() as stack:
        for name, stand_in in STAND_INS.items():
            stack.enter_context(patch(name, stand_in))
        yield


Read = Callable[[], Any]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=21)
    parser.add_argument("--only", nargs="*", default=[], help="formats whose names have a word")
    args = parser.parse_args()
    torch.set_num_threads(1)
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory(prefix="checksums-") as folder:
        for name, make in FORMATS.items():
            if args.only and not any(word in name for word in args.only):
                continue
            place = Path(folder, str(len(list(Path(folder).iterdir()))))
            place.mkdir()
            print(f"{name:34} {cost(make(place), args.turns)}", flush=True)


def cost(read: Read, n_turns: int) -> str:
    """A line of the table."""
    once_s = cpu_s(read)
    n = max(1, math.ceil(TURN_S / max(1e-6, min(once_s, cpu_s(read)))))
    ratios, costs = [], []
    for _ in range(n_turns):
        spent_s = {True: 0.0, False: 0.0}
        for i in range(2 * n):
            checked = i % 4 in (0, 3)
            with nullcontext() if checked else unchecked():
                spent_s[checked] += cpu_s(read)
        ratios.append(100 * (spent_s[True] / spent_s[False] - 1))
        costs.append(1000 * spent_s[True] / n)
    low, _, high = quantiles(ratios, n=4)
    return f"{median(ratios):+6.1f} % ({low:+.1f} to {high:+.1f})  {median(costs):9.3f} ms"


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def eq_file(folder: Path, n_games: int = 1) -> Read:
    """Games by E[Q]: one a file, as a rule."""
    path = record_path(folder, 7)
    record = play_games(range(7, 7 + n_games), ExactOracle(), GameSettings(EstimateConfig(2)))
    write_record(path, record)
    return lambda: read_record(path)


def shipped() -> Path:
    """A shipped network."""
    return next(
        SHIPPED / f"{each.name}.ckpt" for each in list_models() if each.loss_mode == "qvalue"
    )


def safetensors_file(folder: Path) -> Read:
    """A shipped network, written anew."""
    module, path = load_weights(shipped(), DominoLightningModule), folder / "weights.safetensors"
    path.write_bytes(safetensors_bytes(stripped_state(module, "float16"), dict(module.hparams), 1))
    return lambda: load_weights(path, DominoLightningModule)


def tokenized(folder: Path, in_order: bool = False) -> Read:
    """The first epoch of a split."""
    sources = [
        SeedSource(ShardKey(seed, seed % 10), torch.device("cpu"))
        for seed in (1, 4, 30, 31, 34, 40)
    ]
    tokenize(sources, folder / "data", Settings("seeds", samples_per_shard=N_SAMPLES), "seeds")
    split = TokenizedSplit(folder / "data" / "train")
    rows = np.arange(len(split))
    if not in_order:
        rows = np.random.default_rng(0).permutation(rows)
    batches = [rows[i : i + BATCH_ROWS].tolist() for i in range(0, len(rows), BATCH_ROWS)]

    def epoch() -> None:
        split = TokenizedSplit(folder / "data" / "train")
        for batch in batches:
            split.__getitems__(batch)

    return epoch


def shard(folder: Path, suffix: str) -> Path:
    """A shard of 5.2 million states."""
    key = ShardKey(1, 1)
    table = Tablebase.solve(key.deal(), key.decl)
    path = key.path(folder, suffix)
    columns = (table.states, table.values, table.q_values)
    write_shard(path, table.deal, key.decl, key.seed, None, *columns)
    return path


def loaded_shard(folder: Path, suffix: str) -> Read:
    """All rows of a shard."""
    path = shard(folder, suffix)

    def read() -> None:
        found = load_shard(path)
        for column in (found.states, found.V, found.q):
            column.max()  # a `.pt` shard is only mapped until somebody looks

    return read


def sampled_shard(folder: Path, suffix: str) -> Read:
    """What `forge tokenize` reads of a shard."""
    path = shard(folder, suffix)
    return lambda: ShardSource.open(path).sample(0, N_SAMPLES)


def bidding_file(folder: Path) -> Read:
    """A hand of `bid-continuous`."""
    path = folder / "seed_00000003.parquet"
    write_result(path, evaluate_seed(Simulator(), 3, 100, "1"))
    return lambda: read_results(path)


def played_hands(folder: Path) -> Read:
    """Hands of self-play, replayed by neither."""
    path, teacher = hands_path(folder, 5, 0), Teacher(n_worlds=1)
    save_hands(play_hands(5, 0, 100, teacher), path, teacher)
    return lambda: load_hands(path)


def arena(folder: Path) -> Read:
    """Results of the arena."""
    path = folder / "arena.jsonl"
    run_arena(ArenaOptions(parse_player("random"), parse_player("random")), 2000, out=path)
    return lambda: ARENA.read(path)


def json_file(folder: Path) -> Read:
    """The catalogue, with a seal."""
    path = folder / "catalog.json"
    path.write_bytes(sealed_json(json.loads((SHIPPED / "catalog.json").read_bytes()), 2))
    return lambda: read_json(path)


FORMATS: dict[str, Callable[[Path], Read]] = {
    "E[Q] file, 1 game": eq_file,
    "E[Q] file, 100 games": lambda folder: eq_file(folder, 100),
    "checkpoint": lambda folder: lambda: load_weights(shipped(), DominoLightningModule),
    "safetensors": safetensors_file,
    "tokenised rows, first epoch": tokenized,
    "tokenised rows, in order": lambda folder: tokenized(folder, in_order=True),
    "Parquet shard, loaded": lambda folder: loaded_shard(folder, "parquet"),
    "Parquet shard, tokenised": lambda folder: sampled_shard(folder, "parquet"),
    ".pt shard, loaded": lambda folder: loaded_shard(folder, "pt"),
    ".pt shard, tokenised": lambda folder: sampled_shard(folder, "pt"),
    "bidding": bidding_file,
    "played hands": played_hands,
    "results of the arena": arena,
    "JSON": json_file,
}


if __name__ == "__main__":
    main()
