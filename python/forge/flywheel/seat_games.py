"""Games of a seat's flywheel: those to learn from, by the best player so far, and golden ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forge.eq.records import SUFFIX, record_path
from forge.eq.settings import EstimateConfig, GameSettings
from forge.errors import ForgeError
from forge.flywheel.seat_settings import PLACE, SeatSettings
from forge.flywheel.watching import Watch
from forge.models.catalog import resolve
from forge.work.hashing import sha256_of
from forge.work.seed_files import SPLIT_BUCKETS
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.eq.records import EqRecord
    from forge.play.player import Player

_TOGETHER: Final = 32
_BEST: Final = "best"


class SeatGames:
    """E[Q] files of a flywheel, in `games/`: train by players, val and test by E[Q] itself.

    Args:
        folder: of the flywheel.
        settings: of its kind.
        watch: who hears of it.
    """

    def __init__(self, folder: Path, settings: SeatSettings, watch: Watch) -> None:
        self.root, self.settings, self.watch = folder / "games", settings, watch

    def make_golden(self, split: str) -> None:
        """Play the games of `val` or `test` that are missing or damaged.

        Raises:
            ForgeError: where they cannot be written.
            StoppedByError: after a signal.
        """
        first = SPLIT_BUCKETS[split][0]
        self._make(range(first, first + self.settings.golden_games), self._how(None, None), None)

    def make_train(self, seeds: Sequence[int], best: Path) -> None:
        """Play the games of an iteration by the best player so far.

        Args:
            seeds: of the deals.
            best: its network.

        Raises:
            ForgeError: for a player that cannot be built.
            StoppedByError: after a signal.
        """
        from forge.arena.registry import parse_player
        from forge.ops import resolve_device

        def find(text: str) -> Path:
            return best if text == _BEST else resolve(text)

        spec = parse_player(self.settings.player.replace(PLACE, _BEST), find)
        # Without the path: the same games wherever the flywheel lies.
        how = self._how(self.settings.player.replace(PLACE, best.name), sha256_of(best))
        player = spec.build(resolve_device(self.settings.device), how.bid)
        self._make(seeds, how, player)

    def keep_only(self, seeds: Iterable[int]) -> None:
        """Remove games to learn from that are of no iteration: a range that was given up."""
        wanted = {record_path(self.root, seed) for seed in seeds}
        for path in sorted((self.root / "train").glob(f"seed_*{SUFFIX}")):
            if path not in wanted:
                self.watch.tell(f"{path} belongs to no iteration: removed")
                path.unlink()

    def hash_of(self, split: str) -> str:
        """SHA-256 of the files of a split, in the order of their names."""
        return sha256_of(*sorted((self.root / split).glob(f"seed_*{SUFFIX}")))

    def _how(self, player: str | None, sha256: str | None) -> GameSettings:
        estimate = EstimateConfig(self.settings.worlds)
        return GameSettings(estimate, player=player, player_sha256=sha256)

    def _make(self, seeds: Sequence[int], how: GameSettings, player: Player | None) -> None:
        from forge.eq.continuous import GameBatch, generate_games
        from forge.eq.oracle import ExactOracle
        from forge.eq.pipeline import play_games
        from forge.ops import resolve_device

        for seed in seeds:
            path = record_path(self.root, seed)
            if path.exists() and not _is_of(path, how):
                self.watch.tell(f"{path} is damaged, or was played otherwise: played again")
                path.unlink()
        device, oracle = resolve_device(self.settings.device), ExactOracle()

        def play(some: Sequence[int]) -> EqRecord:
            return play_games(some, oracle, how, device, player=player)

        def finished(batch: GameBatch) -> None:
            self.watch.tell(f"{counted(len(batch.seeds), 'game')} in {batch.elapsed_s:.1f} s")

        report = generate_games(
            seeds, play, self.root, _TOGETHER, on_batch=finished, room=self.watch.room
        )
        self.watch.check(report.stopped_by)
        if report.disk_low is not None:
            raise ForgeError(report.disk_low)
        for seed in seeds:
            if not record_path(self.root, seed).is_file():
                raise ForgeError(
                    f"{record_path(self.root, seed)} is being written by another process"
                )


def _is_of(path: Path, how: GameSettings) -> bool:
    """Whether a game is whole, and was played as these settings say."""
    from forge.eq.records import read_record

    try:
        return GameSettings.from_dict(read_record(path).settings) == how
    except ForgeError:
        return False
