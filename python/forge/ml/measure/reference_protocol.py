"""The reference protocol: the positions that every model is measured on, made from seeds.

Val is seeds 900..949 and test 950..999, each under `decl = seed % 10`; 10,000 states a deal are
drawn as the shard format draws them (global seed 42) and terminal ones dropped. The solver makes
these rows in about a minute, so no data has to be handed around. What is kept is deal, state, V and
Q, 20 bytes a row, in a cache of the user's; tokens are made when a batch is asked for.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.utils.data import Dataset

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import ILLEGAL, N_DECLARATIONS
from forge.game.deal import Deal
from forge.learn.batches import Batch
from forge.ml.rows import make_rows, sampled_rows
from forge.ml.settings import DEFAULT_GLOBAL_SEED
from forge.work.atomic import write_file
from forge.work.paths import default_cache_dir

REFERENCE_SEEDS: Final = {"val": range(900, 950), "test": range(950, 1000)}
REFERENCE_SAMPLES_PER_DEAL: Final = 10_000

# Part of the cache's file name: raise it when the same arguments come to mean other rows.
_CACHE_VERSION: Final = 1

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SolvedStates:
    """Sampled states of D deals, N in all. Values are in the **team-0 frame**."""

    deals: Tensor  # int8 [D, 4, 7]
    decls: Tensor  # int8 [D]
    deal_indices: Tensor  # int32 [N], into the two above
    states: Tensor  # int64 [N], none terminal
    values: Tensor  # int8 [N]
    qvals: Tensor  # int8 [N, 7], -128 illegal

    def digest(self) -> str:
        """Hex SHA-256 of everything, to notice a damaged cache."""
        whole = hashlib.sha256()
        for tensor in vars(self).values():
            whole.update(tensor.numpy().tobytes())
        return whole.hexdigest()


class ReferenceRows(Dataset[Batch]):
    """Rows of solved deals, tokenised when they are asked for.

    Like `TokenizedSplit`: `rows[i]` is a row, `rows.__getitems__(indices)` a whole batch. Rows lie
    deal after deal, within a deal in the order drawn.

    Args:
        solved: the states and their values.
        source: what the rows are, in a few words, for reports.
    """

    def __init__(self, solved: SolvedStates, source: str) -> None:
        self._solved = solved
        self.source = source

    def __len__(self) -> int:
        return len(self._solved.states)

    def __getitem__(self, index: int) -> Batch:
        return {name: batch[0] for name, batch in self.__getitems__([index]).items()}

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """One batch.

        Args:
            indices: rows, in the order they are wanted.

        Returns:
            int8 tensors as `make_rows` gives them; `qvals` and `values` in the **team-0 frame**.
        """
        solved, rows = self._solved, torch.as_tensor(indices, dtype=torch.int64)
        deals = solved.deal_indices[rows].long()
        return make_rows(
            solved.deals[deals],
            solved.decls[deals],
            solved.states[rows],
            solved.values[rows],
            solved.qvals[rows],
        )


def reference_rows(
    split: str = "val",
    *,
    samples_per_deal: int = REFERENCE_SAMPLES_PER_DEAL,
    cache_dir: Path | None = None,
    device: str | torch.device = "cpu",
    on_deal: Callable[[int, int], None] | None = None,
) -> ReferenceRows:
    """The rows of the reference protocol, from the cache or the solver.

    Args:
        split: `val` (seeds 900..949) or `test` (950..999, never for a choice).
        samples_per_deal: states drawn of each deal; the protocol's figure is the default.
        cache_dir: where solved rows are kept; None is `default_cache_dir()`.
        device: where deals are solved.
        on_deal: called with (deals solved, deals in all) after each deal that had to be solved.

    Raises:
        ForgeError: on another split or a number of samples below 1.
    """
    if split not in REFERENCE_SEEDS:
        raise ForgeError(
            f"the reference protocol has the splits {' and '.join(REFERENCE_SEEDS)}, got {split!r}"
        )
    if samples_per_deal < 1:
        raise ForgeError(f"samples_per_deal must be at least 1, got {samples_per_deal}")
    seeds = REFERENCE_SEEDS[split]
    source = (
        f"reference protocol, {split}: seeds {seeds[0]}-{seeds[-1]}, decl = seed % 10, "
        f"{samples_per_deal:,} states a deal, sampled with seed {DEFAULT_GLOBAL_SEED}"
    )
    path = cache_path(split, samples_per_deal, cache_dir)
    solved = _read_cache(path)
    if solved is None:
        solved = solve_seeds(seeds, samples_per_deal, device, on_deal)
        write_cache(path, solved)
    return ReferenceRows(solved, source)


def cache_path(split: str, samples_per_deal: int, cache_dir: Path | None = None) -> Path:
    """Where `reference_rows` keeps solved rows; arguments as there."""
    folder = default_cache_dir() if cache_dir is None else cache_dir
    return folder / f"reference-{split}-{samples_per_deal}-v{_CACHE_VERSION}.safetensors"


def solve_seeds(
    seeds: Sequence[int],
    samples_per_deal: int,
    device: str | torch.device = "cpu",
    on_deal: Callable[[int, int], None] | None = None,
) -> SolvedStates:
    """Solve the deals of some seeds under `decl = seed % 10` and sample their states.

    Args:
        seeds: of the deals.
        samples_per_deal: states drawn of each, terminal ones among them dropped afterwards.
        device: where deals are solved.
        on_deal: called with (deals solved, deals in all) after each.
    """
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    for i, seed in enumerate(seeds):
        decl = seed % N_DECLARATIONS
        solution = ops.solve(Deal.from_seed(seed).tensor.to(device), decl)
        n_states = len(solution[0])
        drawn = sampled_rows(DEFAULT_GLOBAL_SEED, seed, decl, n_states, samples_per_deal)
        rows = torch.from_numpy(drawn).to(device)
        states, values, qvals = (tensor[rows].cpu() for tensor in solution)
        kept = (qvals != ILLEGAL).any(dim=1)
        parts.append((states[kept], values[kept], qvals[kept]))
        if on_deal is not None:
            on_deal(i + 1, len(seeds))
    sizes = torch.tensor([len(states) for states, _, _ in parts])
    return SolvedStates(
        deals=torch.stack([Deal.from_seed(seed).tensor for seed in seeds]),
        decls=torch.tensor([seed % N_DECLARATIONS for seed in seeds], dtype=torch.int8),
        deal_indices=torch.arange(len(seeds), dtype=torch.int32).repeat_interleave(sizes),
        states=torch.cat([states for states, _, _ in parts]),
        values=torch.cat([values for _, values, _ in parts]),
        qvals=torch.cat([qvals for _, _, qvals in parts]),
    )


def _read_cache(path: Path) -> SolvedStates | None:
    """What an earlier call kept; None if there is nothing, or nothing that can be trusted."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            solved = SolvedStates(**{name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (SafetensorError, OSError, TypeError):
        _log.warning("%s: unreadable, made again", path)
        return None
    if metadata.get("sha256") != solved.digest():
        _log.warning("%s: damaged, made again", path)
        return None
    return solved


def write_cache(path: Path, solved: SolvedStates) -> None:
    """Keep rows for the next call. A cache that cannot be written costs time, nothing else."""
    try:
        write_file(path, save(vars(solved), metadata={"sha256": solved.digest()}))
    except ForgeError as error:
        _log.warning("the solved rows are not kept for the next time: %s", error)
