"""Where tokenised positions come from: shards on disk, or deals solved on the spot.

Both yield the same rows of the same deal, so data made without shards equal data made from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Final, Literal, Protocol

import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import ILLEGAL, N_DECLARATIONS
from forge.game.deal import Deal
from forge.game.state import seats_to_act
from forge.learn.batches import Batch
from forge.ml.rows import make_rows, sampled_rows
from forge.oracle.deal_memory import too_large
from forge.oracle.shards.checks import check_place, find_shards
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.schema import ShardMetadata, load_rows, read_metadata
from forge.work.room import Room
from forge.work.seed_files import SPLITS

# Fingerprint of a deal that is solved when it is sampled.
SOLVED: Final = "solved"
# Rows tokenised at a time: 28 MB of arrays, however many are kept of a deal.
BATCH_ROWS: Final = 1 << 16
# A foreign shard carries no checksum: its size and this much of its end, where Parquet and zip
# list the sizes (and zip the checksums) of all parts, stand in for one.
_TAIL_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class Sample:
    """The states drawn from one solved deal, terminal ones dropped. Values: **team-0 frame**."""

    deal: Deal
    decl: int
    n_states: int  # of the deal
    states: Tensor  # int64 [K], in the order drawn
    values: Tensor  # int8 [K], V
    q: Tensor  # int8 [K, 7], -128 illegal

    def batches(self) -> Iterator[Batch]:
        """The rows of the sample, at most `BATCH_ROWS` at a time; see `forge.ml.rows`."""
        deals = self.deal.tensor[None]
        decls = torch.tensor([self.decl], dtype=torch.int8)
        for start in range(0, len(self.states), BATCH_ROWS):
            rows = slice(start, start + BATCH_ROWS)
            yield make_rows(deals, decls, self.states[rows], self.values[rows], self.q[rows])


class Source(Protocol):
    """One deal under one declaration, of which samples can be drawn."""

    @property
    def key(self) -> ShardKey:
        """Which deal; gives the split and the order."""

    @property
    def name(self) -> str:
        """The file name of its shard, whether there is one or not."""

    @property
    def fingerprint(self) -> str:
        """Changes when the rows may have changed."""

    @property
    def n_states(self) -> int | None:
        """How many states the deal has; None before it is solved."""

    def too_large(self, room: Room) -> tuple[int, str] | None:
        """The states of a deal that needs more memory than there is, and that in words."""

    def sample(self, global_seed: int, n_samples: int) -> Sample:
        """Draw as the format fixes it (`forge.ml.rows.sampled_rows`).

        Raises:
            ForgeError: in one line that names the file, if it can't be read or is wrong.
        """


@dataclass(frozen=True)
class ShardSource:
    """A shard on disk."""

    key: ShardKey
    name: str
    fingerprint: str
    metadata: ShardMetadata
    deal: Deal

    @classmethod
    def open(cls, path: Path) -> ShardSource:
        """Read what a shard says about itself, none of its rows.

        Raises:
            ForgeError: if it can't be read, if name, place and metadata disagree, or if it is a
                foreign shard whose deal is written down nowhere.
        """
        metadata = read_metadata(path)
        check_place(path, metadata)
        key = ShardKey.parse(path.name)
        if key is None:
            raise ForgeError(f"{path} is not named like a shard (seed_00000000_decl_0.parquet)")
        return cls(key, path.name, _fingerprint(metadata), metadata, metadata.deal())

    @property
    def n_states(self) -> int:
        """States of the deal."""
        return self.metadata.n_states

    def too_large(self, room: Room) -> None:
        """A shard is read in parts."""

    def sample(self, global_seed: int, n_samples: int) -> Sample:
        """Draw from the file; the rows drawn are checked against the rules."""
        key, n_states = self.key, self.n_states
        rows = sampled_rows(global_seed, key.seed, key.decl, n_states, n_samples)
        shard = load_rows(self.metadata, rows)
        columns = (torch.from_numpy(column) for column in (shard.states, shard.V, shard.q))
        states, values, q = columns
        _check_rows(self.metadata.path, self.deal, key.decl, states, values, q)
        return _without_terminal(self.deal, key.decl, n_states, states, values, q)


@dataclass(frozen=True)
class SeedSource:
    """A deal that is solved when it is sampled."""

    key: ShardKey
    device: torch.device

    @property
    def name(self) -> str:
        """The name its shard would have."""
        return self.key.file_name()

    @property
    def fingerprint(self) -> str:
        """The key says it all."""
        return SOLVED

    @property
    def n_states(self) -> None:
        """Not known before it is solved."""
        return

    def too_large(self, room: Room) -> tuple[int, str] | None:
        """Asked before it is solved."""
        return too_large(self.key.deal(), self.key.decl, room)

    def sample(self, global_seed: int, n_samples: int) -> Sample:
        """Solve and draw; the whole table is in memory meanwhile, 16 bytes a state."""
        key, deal = self.key, self.key.deal()
        states, values, q = ops.solve(deal.tensor.to(self.device), key.decl)
        n_states = len(states)
        rows = sampled_rows(global_seed, key.seed, key.decl, n_states, n_samples)
        chosen = torch.from_numpy(rows).to(self.device)
        drawn = (column[chosen].cpu() for column in (states, values, q))
        return _without_terminal(deal, key.decl, n_states, *drawn)


def shard_sources(folder: Path) -> list[ShardSource]:
    """All shards under a folder, in the order of their keys; none if there is no folder.

    Raises:
        ForgeError: naming the first file that is no shard, tells no deal, or holds what another
            file holds.
    """
    if folder.exists() and not folder.is_dir():
        raise ForgeError(f"{folder} is a file: give the folder that holds the shards")
    paths = sorted(find_shards([folder])) if folder.is_dir() else []
    by_stem: dict[str, Path] = {}
    for path in paths:
        if (other := by_stem.setdefault(path.stem, path)) != path:
            raise ForgeError(f"{other} and {path} are shards of the same deal: keep one of them")
    return sorted((ShardSource.open(path) for path in paths), key=_order)


def seed_sources(
    seeds: Iterable[int],
    declarations: Literal["seed", "all"],
    n_opp_seeds: int | None,
    device: torch.device,
) -> list[SeedSource]:
    """The deals of seeds, in the order of their keys.

    Args:
        seeds: base seeds.
        declarations: `seed` for seed % 10 alone, `all` for all ten.
        n_opp_seeds: None for the deals of the seeds themselves; K for the marginalised deals with
            opponent seeds 0..K-1.
        device: where to solve.
    """
    opp_seeds: Iterable[int | None] = [None] if n_opp_seeds is None else range(n_opp_seeds)
    keys = (
        ShardKey(seed, decl, opp_seed)
        for seed in seeds
        for opp_seed in opp_seeds
        for decl in (range(N_DECLARATIONS) if declarations == "all" else [seed % 10])
    )
    return sorted((SeedSource(key, device) for key in keys), key=_order)


def solved_on(sources: Sequence[Source], device: str) -> list[Source]:
    """The same deals; those that are to be solved are solved on that device."""
    return [
        replace(source, device=torch.device(device)) if isinstance(source, SeedSource) else source
        for source in sources
    ]


def take_in_turn(sources: Sequence[Source], n: int) -> list[Source]:
    """At most `n` deals, one of each split in turn, the first of each first; in their old order.

    So a small part of the whole has deals of every split.
    """
    by_split = ([s for s in sources if s.key.split == split] for split in SPLITS)
    turns = chain.from_iterable(zip_longest(*by_split))
    taken = {source.name for source in islice((s for s in turns if s is not None), n)}
    return [source for source in sources if source.name in taken]


def _order(source: Source) -> tuple[int, int, tuple[int, ...], int]:
    key = source.key
    opp_seed = -1 if key.opp_seed is None else key.opp_seed
    return key.seed, opp_seed, key.p0_hand or (), key.decl


def _without_terminal(
    deal: Deal, decl: int, n_states: int, states: Tensor, values: Tensor, q: Tensor
) -> Sample:
    playable = (q != ILLEGAL).any(dim=1)
    return Sample(deal, decl, n_states, states[playable], values[playable], q[playable])


def _fingerprint(metadata: ShardMetadata) -> str:
    if metadata.digest is not None:
        return metadata.digest
    with metadata.path.open("rb") as file:
        n_bytes = file.seek(0, 2)
        file.seek(max(0, n_bytes - _TAIL_BYTES))
        return hashlib.sha256(file.read() + str(n_bytes).encode()).hexdigest()


def _check_rows(
    path: Path, deal: Deal, decl: int, states: Tensor, values: Tensor, q: Tensor
) -> None:
    """Notice rows of another deal or declaration, and values that can't be.

    A file may be foreign, or claim a deal it does not hold. Whose domino may be played where
    depends on all four hands, so thousands of rows of another deal do not pass.

    Raises:
        ForgeError: naming the file, the state and what is wrong.
    """
    legal = q != ILLEGAL
    rules = ops.expand_states(deal.tensor, decl, states) >= 0
    # V is the best q of the seat to act, and 0 at the end of the hand.
    sign = 1 - 2 * (seats_to_act(states) % 2)
    best = (q.short() * sign[:, None]).masked_fill(~legal, -1000).amax(dim=1) * sign
    value_fits = torch.where(legal.any(dim=1), best, 0) == values
    in_range = ((q.abs() <= 42) | ~legal).all(dim=1)
    for fits, what in (
        ((legal == rules).all(dim=1), "has q for other slots than its deal lets play"),
        (in_range, "has a q outside -42..42"),
        (value_fits, "has a V that is not its best q"),
    ):
        if not bool(fits.all()):
            state = int(states[~fits][0])
            raise ForgeError(f"{path} is damaged or holds another deal: state {state} {what}")
