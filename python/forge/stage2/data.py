"""E[Q] files as rows to learn from: transcripts and what was estimated of each play."""

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.utils.data import Dataset

from forge.eq.records import EqRecord, read_record
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS, N_SEATS
from forge.learn.batches import Batch
from forge.learn.data_module import RowsDataModule
from forge.stage2.played import choice_rows, hand_rows, played_by
from forge.work.seed_files import SPLIT_BUCKETS, SPLITS, seeds_of

# Games of a split that tell something.
_ENOUGH: Final = 50
# One game in so many teaches how wrong the network is, and not what is right.
_HELD_OUT_EVERY: Final = 10
# Fewer effective worlds than this say nothing of their own scatter.
_LEAST_WORLDS: Final = 1.5
# Settings of a file that make its labels what they are; files that differ in them do not mix.
_LABEL_SETTINGS: Final = ("oracle", "checkpoint_sha256")


class DecisionSplit(Dataset[Batch]):
    """The decisions of one split in memory, 390 bytes each; forced plays are left out.

    Args:
        folder: of `seed_*.pt` files.
        hands: folders of forge play-hands, separated by commas, whose plays are rows too; None and
            "" are none.
        imitate: whether rows tell what was played, see `forge.stage2.played`.

    Raises:
        ForgeError: if there are none, one is damaged, they were made by different oracles, or no
            player is there to imitate.
    """

    def __init__(self, folder: Path, imitate: bool = False, hands: str | None = None) -> None:
        self.folder = folder
        paths = sorted(folder.glob("seed_*.pt")) if folder.is_dir() else []
        if not paths:
            raise ForgeError(f"{folder}: no seed_*.pt files: {_how_to_make(folder)}")
        self.n_files = len(paths)
        self.settings: dict[str, object] = {}
        digest, parts = hashlib.sha256(), []
        for path in paths:
            record = read_record(path)
            self._check_settings(path, record)
            parts.append(decision_rows(record) | (played_by(record) if imitate else {}))
            digest.update(path.name.encode())
            for column in parts[-1].values():
                digest.update(column.numpy().tobytes())
        self.n_decisions_of_hands = 0
        if imitate and hands:
            parts.append(hand_rows(hands, held_out=folder.name != SPLITS[0]))
            self.n_decisions_of_hands = len(parts[-1]["targets"])
            for column in parts[-1].values():
                digest.update(column.numpy().tobytes())
        self.sha256 = digest.hexdigest()
        self.columns: Batch = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        if not len(self):
            raise ForgeError(f"{folder}: no decision there has a choice: nothing to learn")
        if imitate and not bool((self.columns["slots"] >= 0).any()):
            raise ForgeError(
                f"{folder}: nobody to imitate: games of forge generate-eq-continuous --player, "
                "or hands of forge play-hands (--hands), are needed"
            )

    def _check_settings(self, path: Path, record: EqRecord) -> None:
        labels = {name: record.settings.get(name) for name in _LABEL_SETTINGS}
        if self.settings and labels != self.settings:
            raise ForgeError(
                f"{path}: made with {labels}, other files of {self.folder} with {self.settings}: "
                "a network learns from one oracle"
            )
        self.settings = labels

    def __len__(self) -> int:
        return len(self.columns["targets"])

    def __getitem__(self, index: int) -> Batch:
        return {name: column[index] for name, column in self.columns.items()}

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """One batch: see `decision_rows`, [B, ...]."""
        rows = torch.as_tensor(indices)
        return {name: column[rows] for name, column in self.columns.items()}


def _how_to_make(folder: Path) -> str:
    """The command that makes the games of a split."""
    command = "make some with forge generate-eq-continuous"
    if folder.name not in SPLITS:
        return command
    first, n = SPLIT_BUCKETS[folder.name][0], min(len(SPLIT_BUCKETS[folder.name]), _ENOUGH)
    place = shlex.quote(str(folder.parent))
    return (
        f"{command} --start-seed {first} --limit {n} --output-dir {place} ({seeds_of(folder.name)})"
    )


def decision_rows(record: EqRecord) -> Batch:
    """The decisions of a record that have a choice.

    Returns:
        By name, [N, ...]; points, **acting-team frame**, 0 where not legal:
        `tokens` int8 [36, 8]; `legal` bool [7]; `mean` float32 [7], E[Q]; `noise` float32 [7], its
        variance as an estimate: the variance of Q over the effective number of worlds less one, 0
        where all worlds were counted; `spread` float32 [7], standard deviation of Q over the
        worlds; `targets` int64, the (lowest) slot with the best mean; `tricks` int64, 0..6;
        `held_out` bool, whether the game is one of those that teach the error of the mean.
    """
    rows = choice_rows(record)
    columns = {name: column[rows] for name, column in record.decisions.items()}
    legal, mean = columns["legal_mask"], columns["e_q_mean"]
    var = columns["e_q_var"].masked_fill(~legal, 0.0).clamp(min=0.0)
    exact = columns["complete"][:, None]
    noise = _noise(var, columns["ess"][:, None])
    return {
        "tokens": columns["transcript_tokens"].to(torch.int8),
        "legal": legal,
        "mean": mean.masked_fill(~legal, 0.0),
        "noise": torch.where(exact | ~legal, 0.0, noise),
        "spread": var.sqrt(),
        "targets": mean.masked_fill(~legal, -torch.inf).argmax(dim=1),
        "tricks": columns["decision_idx"] // N_SEATS,
        "held_out": _held_out(columns["game_idx"]),
    }


def _noise(var: Tensor, n_effective: Tensor) -> Tensor:
    """Variance of a mean of so many worlds; large where one alone counts, which shows none."""
    return torch.where(
        n_effective > _LEAST_WORLDS,
        var / (n_effective - 1.0).clamp(min=_LEAST_WORLDS - 1.0),
        float(HAND_POINTS**2),
    )


def _held_out(seeds: Tensor) -> Tensor:
    """One of ten games in a row, ten times in a row of another declaration.

    The last digit of a seed alone would not do: it is the declaration.
    """
    return (seeds + seeds // _HELD_OUT_EVERY) % _HELD_OUT_EVERY == 0


class EqDataModule(RowsDataModule):
    """Batches of decisions; rows as `decision_rows`, arguments as `RowsDataModule`.

    Raises:
        ForgeError: on a bad option, or in `setup` as `DecisionSplit` does.
    """

    made_by = "forge generate-eq-continuous"

    def __init__(
        self,
        data_dir: str | Path,
        batch_size: int = 2048,
        num_workers: int = 0,
        pin_memory: bool | None = None,
        seed: int = 42,
        imitate: bool = False,
        hands: str | None = None,
    ) -> None:
        super().__init__(data_dir, batch_size, num_workers, pin_memory, seed)
        if hands and not imitate:
            raise ForgeError("hands are there to be imitated: --imitate with --hands")
        self.imitate, self.hands = imitate, hands
        self.splits: dict[str, DecisionSplit] = {}

    @property
    def description(self) -> dict[str, object]:
        """Source and hashes of the splits that a run uses, for its record."""
        splits = {name: self.open_split(name) for name in SPLITS[:2]}
        return {
            "source": str(self.data_dir),
            **({"hands": self.hands} if self.hands else {}),
            "splits": {
                name: {"files": split.n_files, "decisions": len(split), "sha256": split.sha256}
                | ({"of_hands": split.n_decisions_of_hands} if self.hands else {})
                for name, split in splits.items()
            },
            **splits[SPLITS[0]].settings,
        }

    def open_split(self, split: str) -> DecisionSplit:
        """The decisions of `train`, `val` or `test`, read on first use."""
        if split not in self.splits:
            self.splits[split] = DecisionSplit(self.data_dir / split, self.imitate, self.hands)
        return self.splits[split]
