"""An iteration of the flywheel of positions: shards, rows, a network, how good it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.errors import ForgeError
from forge.flywheel.fine_tuning import Learnt, Lesson, learn, learnt_before
from forge.flywheel.golden_data import GoldenData, make_shards
from forge.flywheel.golden_figures import GoldenFigures, golden_figures_of, over
from forge.flywheel.oracle_settings import OracleSettings, settings_from
from forge.flywheel.state_file import FlywheelState, HistoryEntry
from forge.flywheel.transitions import train_seeds
from forge.flywheel.watching import Watch
from forge.ml.settings import StreamSettings
from forge.models.catalog import resolve
from forge.work.hashing import sha256_of
from forge.work.seed_files import parse_seed_range

if TYPE_CHECKING:
    from forge.learn.training import RunData

ORACLE_STAGES: Final = ("generate", "tokenize", "train", "evaluate")


@dataclass(frozen=True)
class TurnStage:
    """A part of an iteration: its name, and what does it or finds it done."""

    name: str
    work: Callable[[], None]


def file_of(folder: Path, told: str) -> Path:
    """The checkpoint that a state tells of: a file beside the state, any file, or a name of the
    catalogue.

    Raises:
        ForgeError: if there is none.
    """
    beside = folder / told
    return beside if beside.is_file() else resolve(told)


class OracleTurn:
    """One iteration in a folder.

    Args:
        folder: of the flywheel.
        state: running.
        watch: who hears of it.

    Raises:
        ForgeError: for settings that are none.
    """

    def __init__(self, folder: Path, state: FlywheelState, watch: Watch) -> None:
        self.folder, self.state, self.watch = folder, state, watch
        self.settings = settings_from(OracleSettings, state.settings)
        self.seeds = train_seeds(state.current.seeds)
        self.trained = seeds_trained_on(state)
        self.data = GoldenData(folder, self.settings, self.trained)
        self.learnt: Learnt | None = None
        self.found: HistoryEntry | None = None

    def stages(self) -> Sequence[TurnStage]:
        """What is done, in order."""
        work = (self._generate, self._tokenize, self._train, self._evaluate)
        return [TurnStage(n, each) for n, each in zip(ORACLE_STAGES, work, strict=True)]

    @property
    def parent(self) -> Path:
        """The checkpoint that training goes on from; see `parent_of`."""
        return parent_of(self.folder, self.state)

    def config(self) -> dict[str, Any]:
        """What a W&B run is told of the network and its parent."""
        return network_config(self.folder, self.state)

    def _generate(self) -> None:
        if not self.seeds:
            raise ForgeError(
                f"{self.state.current.seed_range} has no train seeds (0..899 of each thousand)"
            )
        _ = self.parent  # what is wrong with it is told before hours of work
        self.data.discard_useless(self.watch)
        data, keys = self.data, self.data.keys_to_make(self.seeds)
        # Deals to learn from that the memory is too small for are tried again by the next one.
        data.left_out = make_shards(
            data.shards, keys, self.settings.device, self.watch, data.golden
        )

    def _tokenize(self) -> None:
        self.data.tokenize(self.watch)

    def _train(self) -> None:
        current = self.state.current
        a, b = current.seeds.start, current.seeds.stop
        name = f"iter-{self.state.number:03d}"
        how = self.settings
        lesson = Lesson(
            self.parent,
            self.folder / "checkpoints" / f"{name}-seeds-{a}-{b}.ckpt",
            self.folder / "runs" / name,
            {
                "iteration": self.state.number,
                "seed_range": current.seed_range,
                "total_seeds": self.total_seeds,
                "parent": self.parent.name,
                "train": self._stream_words() if how.stream else self.data.hash_of("train"),
                "val": self.data.hash_of("val"),
                "batch_size": how.batch_size,
            },
            self.state.epochs,
            how.lr,
            how.seed,
            how.precision,
            how.deterministic,
        )
        self.learnt = learnt_before(lesson)
        if self.learnt is None:
            self.learnt = learn(lesson, self._rows(), self.watch)

    @property
    def total_seeds(self) -> int:
        """Different seeds trained on so far, this iteration's included."""
        return len(self.trained) - len(self.data.left_out)

    def _stream_words(self) -> str:
        return (
            f"deals {self.seeds[0]}..{self.seeds[-1]} of the stream of seed {self.settings.seed}, "
            f"{self.settings.samples_per_shard} positions each"
        )

    def _rows(self) -> RunData:
        from forge.ml.data import DominoDataModule
        from forge.ml.positions import StreamOptions
        from forge.ml.stream import StreamingDataModule

        how = self.settings
        n_readers = 0 if how.stream else how.num_workers or 0
        golden = DominoDataModule(self.data.folder, how.batch_size, n_readers, seed=how.seed)
        if not how.stream:
            return golden
        n_deals, a_deal = len(self.seeds), how.samples_per_shard
        options = StreamOptions(
            how.seed,
            per_deal=a_deal,
            mix_deals=min(StreamSettings.mix_deals, n_deals, a_deal),
            max_memory=self.watch.room.max_memory,
        )
        rows = StreamingDataModule(
            options,
            batch_size=how.batch_size,
            samples_per_epoch=max(1, n_deals * a_deal // self.state.epochs),
            num_workers=how.num_workers,
            val_rows=golden.open_split("val"),
            left_out=lambda line: self.watch.tell(f"left out: {line}"),
        )
        # Each deal of the range once: the stream goes on where the iteration before ended.
        rows.load_state_dict({"n_rows": self.seeds[0] * a_deal})
        return rows

    def _evaluate(self) -> None:
        assert self.learnt is not None
        watch, state = self.watch, self.state
        new = self._figures(self.learnt.path, self.learnt.sha256, state.number)
        watch.check()
        best = self._best_figures()
        watch.check()
        gain = None if best is None else over(new, best)
        self.found = HistoryEntry(
            seed_range=state.current.seed_range,
            checkpoint=str(self.learnt.path.relative_to(self.folder)),
            completed_at=None,
            total_seeds=self.total_seeds,
            q_gap=new.q_gap,
            accuracy=new.accuracy,
            val_loss=self.learnt.val_loss,
            q_gap_interval=new.q_gap_interval,
            accuracy_interval=new.accuracy_interval,
            over_best=gain,
            is_best=gain is not None and gain[2] < 0,
            checkpoint_sha256=self.learnt.sha256,
            parent_sha256=sha256_of(self.parent),
            data_sha256=None if self.settings.stream else self.data.hash_of("train"),
            golden_sha256=new.golden_sha256,
        )

    def _figures(self, path: Path, sha256: str, number: int) -> GoldenFigures:
        kept = figures_file(self.folder, number)
        return golden_figures_of(path, sha256, self.data, kept, on_batch=self.watch.measuring)

    def _best_figures(self) -> GoldenFigures | None:
        """Of the best so far, measured on today's golden set; None where there is none."""
        number = self.state.best
        told = self.state.history[number - 1].checkpoint if number else None
        told = told or self.state.baseline_checkpoint
        if told is None:
            return None
        path = file_of(self.folder, told)
        return self._figures(path, sha256_of(path), number)


def figures_file(folder: Path, number: int, split: str = "val") -> Path:
    """Where the figures of an iteration are kept; 0 is the baseline."""
    name = f"iter-{number:03d}" if number else "baseline"
    return folder / "evaluations" / f"{name}{'' if split == 'val' else f'-{split}'}.yaml"


def seeds_trained_on(state: FlywheelState) -> list[int]:
    """All seeds that iterations so far, and the one in hand, learn from."""
    ranges = [parse_seed_range(each.seed_range) for each in state.history]
    return sorted({seed for each in (*ranges, state.current.seeds) for seed in train_seeds(each)})


def parent_of(folder: Path, state: FlywheelState) -> Path:
    """The checkpoint that training goes on from.

    Raises:
        ForgeError: if there is none, or it is not the one that it was.
    """
    told = state.parent
    if told is None:
        raise ForgeError(
            "there is no checkpoint to begin with: forge flywheel init --baseline names one"
        )
    path = file_of(folder, told)
    known = {each.checkpoint: each.checkpoint_sha256 for each in state.history}
    known[state.baseline_checkpoint] = state.baseline_sha256
    if (wanted := known.get(told)) is not None and sha256_of(path) != wanted:
        raise ForgeError(f"{path} is damaged: it is not the file that it was (SHA-256)")
    return path


def network_config(folder: Path, state: FlywheelState) -> dict[str, Any]:
    """What a W&B run is told of the network and its parent."""
    from forge.models.stages import load_network

    module = load_network(parent_of(folder, state))
    sizes = ("embed_dim", "n_heads", "n_layers", "ff_dim")
    return {
        "parent_checkpoint": str(state.parent),
        "model_size": sum(p.numel() for p in module.parameters()),
        **{name: dict(module.hparams).get(name) for name in sizes},
    }
