"""E[Q] files, schema 2.1: what was decided in a game, and all that it takes to decide it again.

A file is a dict of tensors and plain values that `torch.load(weights_only=True)` reads: one row a
decision, 28 a game in the order of play (`FIELDS`), and beside them the deals (`hands`, `decl_id`,
`seed`), `schema_version` and `settings`. The file of one game holds `hands` int8 [4, 7] and whole
numbers, one of several games `hands` int8 [G, 4, 7] and tensors [G].

E[Q] is in points, **acting-team frame**. In a file slots that may not be played have mean and
variance 0, so that nothing computed from it becomes NaN: `legal_mask` tells. `train_mask` is true
where there is a choice: a forced play teaches nothing.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from forge.eq.exploration import Mode
from forge.eq.moments import N_BINS
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS, N_SEATS, N_SLOTS
from forge.game.deal import Deal
from forge.play.transcript import MAX_TOKENS, N_FEATURES
from forge.work.atomic import write_file
from forge.work.json_text import plain_copy
from forge.work.seed_files import check_seed_of, seed_path
from forge.work.tensor_files import read_tensors

SCHEMA_VERSION: Final = "2.1"
SUFFIX: Final = ".pt"
# Name: (dtype, shape of a row).
FIELDS: Final[dict[str, tuple[torch.dtype, tuple[int, ...]]]] = {
    "transcript_tokens": (torch.int8, (MAX_TOKENS, N_FEATURES)),
    "transcript_lengths": (torch.int64, ()),
    "e_q_mean": (torch.float32, (N_SLOTS,)),
    "e_q_var": (torch.float32, (N_SLOTS,)),
    "e_q_pdf": (torch.float32, (N_SLOTS, N_BINS)),
    "legal_mask": (torch.bool, (N_SLOTS,)),
    "action_taken": (torch.int64, ()),
    "player": (torch.int64, ()),
    "game_idx": (torch.int64, ()),  # the seed
    "decision_idx": (torch.int64, ()),
    "train_mask": (torch.bool, ()),
    "u_mean": (torch.float32, ()),
    "u_max": (torch.float32, ()),
    "ess": (torch.float32, ()),
    "max_w": (torch.float32, ()),
    "exploration_mode": (torch.int64, ()),  # `Mode`
    "q_gap": (torch.float32, ()),
    "n_samples": (torch.int64, ()),
    "converged": (torch.bool, ()),
    "complete": (torch.bool, ()),  # every world was counted: E[Q] is exact
}
# Not in files of others; nothing is exact there as far as one knows.
_OWN_FIELDS: Final = frozenset({"complete"})


@dataclass(frozen=True)
class EqRecord:
    """G games of 28 decisions.

    Args:
        decisions: by the names of `FIELDS`, [28 * G, ...] on the CPU, game after game.
        hands: int8 [G, 4, 7], domino ids in slot order.
        decls: G declarations.
        seeds: G seeds.
        settings: plain values, see `forge.eq.settings`; empty in files of others.
    """

    decisions: dict[str, Tensor]
    hands: Tensor
    decls: tuple[int, ...]
    seeds: tuple[int, ...]
    settings: dict[str, Any]

    def __len__(self) -> int:
        return len(self.decisions["player"])

    def __getitem__(self, name: str) -> Tensor:
        """A field, one row a decision."""
        return self.decisions[name]

    @property
    def n_games(self) -> int:
        """How many games."""
        return len(self.seeds)

    def rows(self, game: int) -> slice:
        """The rows of game 0..G-1."""
        return slice(N_PLAYS * game, N_PLAYS * (game + 1))

    def row(self, game: int, decision: int) -> int:
        """The row of a decision 0..27 of game 0..G-1.

        Raises:
            ForgeError: if there is none.
        """
        if not (0 <= game < self.n_games and 0 <= decision < N_PLAYS):
            raise ForgeError(
                f"no decision {decision} of game {game}: there are games 0..{self.n_games - 1} "
                f"with decisions 0..{N_PLAYS - 1}"
            )
        return N_PLAYS * game + decision

    def deal(self, game: int) -> Deal:
        """The deal of game 0..G-1."""
        return Deal.from_hands(self.hands[game].tolist())

    def game(self, game: int) -> "EqRecord":
        """Game 0..G-1 alone."""
        rows = self.rows(game)
        return EqRecord(
            {name: column[rows] for name, column in self.decisions.items()},
            self.hands[game : game + 1],
            self.decls[game : game + 1],
            self.seeds[game : game + 1],
            self.settings,
        )


def join_records(records: Sequence[EqRecord]) -> EqRecord:
    """The games of several records, one after the other; settings are those of the first one.

    Raises:
        ForgeError: if there are none.
    """
    if not records:
        raise ForgeError("no records to join")
    return EqRecord(
        {name: torch.cat([record[name] for record in records]) for name in FIELDS},
        torch.cat([record.hands for record in records]),
        tuple(decl for record in records for decl in record.decls),
        tuple(seed for record in records for seed in record.seeds),
        records[0].settings,
    )


def record_path(root: Path, seed: int) -> Path:
    """Where the game of a seed lies under `root`: `{split}/seed_{seed:08d}.pt`."""
    return seed_path(root, seed, SUFFIX)


def record_bytes(record: EqRecord) -> bytes:
    """A record as a file holds it; the same bytes for the same record."""
    # torch.save keeps whole storages, and pickle writes equal strings once where they are one
    # object: fresh copies make the bytes depend on values alone.
    content: dict[str, Any] = {
        name: record[name].to("cpu", dtype).clone(memory_format=torch.contiguous_format)
        for name, (dtype, _) in FIELDS.items()
    }
    hands = record.hands.to("cpu", torch.int8)
    if record.n_games == 1:
        content |= {"hands": hands[0].clone()}
        content |= {"decl_id": record.decls[0], "seed": record.seeds[0]}
    else:
        content |= {"hands": hands.clone()}
        content |= {"decl_id": torch.tensor(record.decls), "seed": torch.tensor(record.seeds)}
    content |= {"schema_version": SCHEMA_VERSION}
    content |= {"settings": plain_copy(record.settings, strict=True)}
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def write_record(path: Path, record: EqRecord) -> int:
    """Write a file whole or not at all, and its directory; returns its size in bytes.

    Raises:
        ForgeError: where it can't be written.
    """
    data = record_bytes(record)
    write_file(path, data)
    return len(data)


def read_record(path: Path) -> EqRecord:
    """The games of a file, ours or the author's.

    Raises:
        ForgeError: if there is no such file, it is damaged or foreign, called by another seed, or
            its values can't be those of games. Whether the plays keep the rules is for
            `forge.eq.collate` to say.
    """
    if not path.is_file():
        raise ForgeError(f"{path} is not a file" if path.exists() else f"there is no file {path}")
    content = read_tensors(path, "E[Q] file")
    try:
        record = _from_content(content)
    except ForgeError as error:
        raise ForgeError(
            f"{path} is not an E[Q] file of schema {SCHEMA_VERSION}: {error}"
        ) from None
    check_seed_of(path, record.seeds)
    return record


def _from_content(content: object) -> EqRecord:
    if not isinstance(content, Mapping):
        raise ForgeError("it must hold a dict")
    version = content.get("schema_version")
    if str(version) != SCHEMA_VERSION:
        raise ForgeError(f"schema_version is {version}")
    hands = content.get("hands")
    if not isinstance(hands, Tensor) or tuple(hands.shape[-2:]) != (N_SEATS, N_SLOTS):
        raise ForgeError(f"hands must be int8 [{N_SEATS}, {N_SLOTS}] or [G, {N_SEATS}, {N_SLOTS}]")
    hands = hands.to(torch.int8).reshape(-1, N_SEATS, N_SLOTS)
    if not len(hands):
        raise ForgeError("it holds no games")
    decls, seeds = (_integers(content, name, len(hands)) for name in ("decl_id", "seed"))
    if not all(0 <= decl <= 9 for decl in decls):
        raise ForgeError(f"decl_id must lie in 0..9, got {', '.join(map(str, decls))}")
    settings = content.get("settings", {})
    if not isinstance(settings, dict):
        raise ForgeError("settings must be a dict")
    n_rows = N_PLAYS * len(hands)
    decisions = {name: _field(content, name, n_rows) for name in FIELDS}
    record = EqRecord(decisions, hands, decls, seeds, settings)
    for game in range(record.n_games):
        if record.deal(game).tensor.tolist() != hands[game].tolist():
            raise ForgeError("the dominoes of a hand must be in slot order, ascending")
    _check_values(record)
    return record


def _integers(content: Mapping[str, Any], name: str, n: int) -> tuple[int, ...]:
    """One whole number a game, of a number or a tensor."""
    value = content.get(name)
    numbers = value.flatten().tolist() if isinstance(value, Tensor) else [value]
    if len(numbers) != n or not all(type(number) is int for number in numbers):
        raise ForgeError(f"{name} must be one whole number a game")
    return tuple(numbers)


def _field(content: Mapping[str, Any], name: str, n_rows: int) -> Tensor:
    dtype, shape = FIELDS[name]
    column = content.get(name)
    if column is None and name in _OWN_FIELDS:
        return torch.zeros((n_rows, *shape), dtype=dtype)
    expected = [n_rows, *shape]
    if not isinstance(column, Tensor) or list(column.shape) != expected:
        found = list(column.shape) if isinstance(column, Tensor) else type(column).__name__
        raise ForgeError(f"{name} must be a tensor {expected}, got {found}")
    return column.to(dtype)


def _check_values(record: EqRecord) -> None:
    """ForgeError for values that no decision can have."""
    order = torch.arange(N_PLAYS).repeat(record.n_games)
    first = record["game_idx"].view(-1, N_PLAYS)[:, :1].expand(-1, N_PLAYS).flatten()
    if not (torch.equal(record["decision_idx"], order) and torch.equal(record["game_idx"], first)):
        raise ForgeError("rows must be the decisions 0..27 of one game after the other")
    for name, low, high in (
        ("action_taken", 0, N_SLOTS - 1),
        ("player", 0, N_SEATS - 1),
        ("transcript_lengths", 1, MAX_TOKENS),
        ("exploration_mode", 0, max(Mode)),
        ("n_samples", 0, None),
    ):
        column = record[name]
        if int(column.min()) < low or (high is not None and int(column.max()) > high):
            raise ForgeError(f"{name} must lie in {low}..{'' if high is None else high}")
    legal = record["legal_mask"]
    if not bool(legal.gather(1, record["action_taken"][:, None]).all()):
        raise ForgeError("action_taken must be a legal slot")
    for name in ("e_q_mean", "e_q_var", "e_q_pdf"):
        if not bool(record[name][legal].isfinite().all()):
            raise ForgeError(f"{name} must be finite where legal")
