"""An iteration of the flywheel of playing: games, a network, how good it is, a match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.errors import ForgeError
from forge.flywheel.fine_tuning import Learnt, Lesson, learn, learnt_before
from forge.flywheel.oracle_settings import settings_from
from forge.flywheel.oracle_turn import TurnStage, figures_file, file_of, parent_of, seeds_trained_on
from forge.flywheel.seat_games import SeatGames
from forge.flywheel.seat_match import Match, meet
from forge.flywheel.seat_settings import SeatSettings
from forge.flywheel.state_file import Ends, FlywheelState, HistoryEntry
from forge.flywheel.transitions import train_seeds
from forge.flywheel.watching import Watch
from forge.work.file_schema import in_file, read_as
from forge.work.hashing import sha256_of
from forge.work.yaml_files import read_yaml, write_yaml

if TYPE_CHECKING:
    from forge.learn.training import RunData

SEAT_STAGES: Final = ("generate", "train", "evaluate", "match")


@in_file()
@dataclass(frozen=True)
class SeatFigures:
    """What a network says of golden games; see `EqMetrics`.

    Args:
        checkpoint_sha256, golden_sha256: of the file and of the games.
        q_gap: E[Q] lost by its play, points; q_gap_interval: 95 %, over games.
        accuracy: share of decisions where it agrees with E[Q]; accuracy_interval: as before.
    """

    checkpoint_sha256: str
    golden_sha256: str
    q_gap: float
    q_gap_interval: Ends | None
    accuracy: float
    accuracy_interval: Ends | None


class SeatTurn:
    """One iteration in a folder; as `OracleTurn`."""

    def __init__(self, folder: Path, state: FlywheelState, watch: Watch) -> None:
        self.folder, self.state, self.watch = folder, state, watch
        self.settings = settings_from(SeatSettings, state.settings)
        self.seeds = train_seeds(state.current.seeds)
        self.trained = seeds_trained_on(state)
        self.games = SeatGames(folder, self.settings, watch)
        self.learnt: Learnt | None = None
        self.figures: SeatFigures | None = None
        self.found: HistoryEntry | None = None

    def stages(self) -> Sequence[TurnStage]:
        """What is done, in order."""
        work = (self._generate, self._train, self._evaluate, self._match)
        return [TurnStage(n, each) for n, each in zip(SEAT_STAGES, work, strict=True)]

    @property
    def total_seeds(self) -> int:
        """Different seeds trained on so far, this iteration's included."""
        return len(self.trained)

    @property
    def best(self) -> Path:
        """The network of the best player so far.

        Raises:
            ForgeError: if there is none.
        """
        number = self.state.best
        told = self.state.history[number - 1].checkpoint if number else None
        told = told or self.state.baseline_checkpoint
        if told is None:
            raise ForgeError("there is no player to begin with: forge flywheel init --baseline")
        return file_of(self.folder, told)

    def config(self) -> dict[str, Any]:
        """What a W&B run is told of the network and its parent."""
        from forge.flywheel.oracle_turn import network_config

        return network_config(self.folder, self.state)

    def _generate(self) -> None:
        if not self.seeds:
            raise ForgeError(
                f"{self.state.current.seed_range} has no train seeds (0..899 of each thousand)"
            )
        parent_of(self.folder, self.state)  # what is wrong with it is told before hours of work
        self.games.keep_only(self.trained)
        self.games.make_golden("val")
        self.games.make_train(self.seeds, self.best)

    def _train(self) -> None:
        how, current, number = self.settings, self.state.current, self.state.number
        name = f"iter-{number:03d}"
        a, b = current.seeds.start, current.seeds.stop
        parent = parent_of(self.folder, self.state)
        lineage = {
            "iteration": number,
            "seed_range": current.seed_range,
            "total_seeds": self.total_seeds,
            "parent": parent.name,
            "player_sha256": sha256_of(self.best),
            "train": self.games.hash_of("train"),
            "val": self.games.hash_of("val"),
            "batch_size": how.batch_size,
            "imitate": how.imitate,
        }
        lesson = Lesson(
            parent,
            self.folder / "checkpoints" / f"{name}-seeds-{a}-{b}.ckpt",
            self.folder / "runs" / name,
            lineage,
            self.state.epochs,
            how.lr,
            how.seed,
            how.precision,
            how.deterministic,
        )
        self.learnt = learnt_before(lesson)
        if self.learnt is None:
            self.learnt = learn(lesson, self._rows(), self.watch)

    def _rows(self) -> RunData:
        from forge.stage2.data import EqDataModule

        how = self.settings
        return EqDataModule(
            self.games.root,
            how.batch_size,
            how.num_workers or 0,
            seed=how.seed,
            imitate=how.imitate,
        )

    def _evaluate(self) -> None:
        assert self.learnt is not None
        if not self.state.history:  # where the trend begins
            self._measure(self.best, sha256_of(self.best), figures_file(self.folder, 0))
        kept = figures_file(self.folder, self.state.number)
        self.figures = self._measure(self.learnt.path, self.learnt.sha256, kept)

    def _measure(self, path: Path, sha256: str, kept: Path) -> SeatFigures:
        return seat_figures(path, sha256, self.games, "val", kept, self.settings.device)

    def _match(self) -> None:
        assert self.learnt is not None and self.figures is not None
        number = self.state.number
        kept = self.folder / "matches" / f"iter-{number:03d}.jsonl"
        seed = self.settings.match_seed + number
        match: Match = meet(self.learnt.path, self.best, seed, kept, self.settings, self.watch)
        self.found = HistoryEntry(
            seed_range=self.state.current.seed_range,
            checkpoint=str(self.learnt.path.relative_to(self.folder)),
            completed_at=None,
            total_seeds=self.total_seeds,
            q_gap=self.figures.q_gap,
            accuracy=self.figures.accuracy,
            val_loss=self.learnt.val_loss,
            q_gap_interval=self.figures.q_gap_interval,
            accuracy_interval=self.figures.accuracy_interval,
            is_best=match.verdict == "better",
            checkpoint_sha256=self.learnt.sha256,
            parent_sha256=sha256_of(parent_of(self.folder, self.state)),
            data_sha256=self.games.hash_of("train"),
            golden_sha256=self.figures.golden_sha256,
            match=match.plain(),
        )


def seat_figures(
    path: Path, sha256: str, games: SeatGames, split: str, kept: Path, device: str
) -> SeatFigures:
    """The figures of a network on golden games, from their file or by measuring.

    Args:
        path, sha256: the checkpoint.
        games: hold the golden ones.
        split: `val` or `test`.
        kept: where the figures are kept.
        device: to measure on.

    Raises:
        ForgeError: if network or games cannot be used.
    """
    from forge.models.stages import load_network
    from forge.stage2.decisions import JudgedDecisions
    from forge.stage2.measure import evaluate_eq
    from forge.stage2.module import EqLightningModule

    golden = games.hash_of(split)
    try:
        if (found := read_yaml(kept)) is not None:
            figures = read_as(SeatFigures, found, str(kept))
            if (figures.checkpoint_sha256, figures.golden_sha256) == (sha256, golden):
                return figures
    except ForgeError:
        pass  # damaged: measured again
    module = load_network(path)
    if not isinstance(module, EqLightningModule):
        raise ForgeError(f"{path}: a network of Stage 2 (it plays from transcripts) is wanted")
    measured = evaluate_eq(module, JudgedDecisions(games.root / split), device=device)
    ends = {name: measured.intervals.get(name) for name in ("q_gap", "agreement")}
    lists = {name: None if each is None else list(each) for name, each in ends.items()}
    figures = SeatFigures(
        sha256,
        golden,
        measured.metrics["q_gap"],
        lists["q_gap"],
        measured.metrics["agreement"],
        lists["agreement"],
    )
    write_yaml(kept, asdict(figures))
    return figures
