"""Stepping through the games of a file, or of all files of a directory."""

from pathlib import Path

from forge.eq.collate import check_record
from forge.eq.records import EqRecord, read_record
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS, N_SEATS
from forge.look.decision_view import DecisionView, game_place, game_views


def eq_files(path: Path) -> list[Path]:
    """The file, or the `.pt` files under a directory, in order of their paths.

    Raises:
        ForgeError: if there is no file.
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*.pt") if file.is_file())
    if not files:
        raise ForgeError(f"no E[Q] files (*.pt) under {path}")
    return files


def checked_record(path: Path) -> EqRecord:
    """The games of a file, whose plays keep the rules.

    Raises:
        ForgeError: as `read_record` and `check_record`.
    """
    record = read_record(path)
    try:
        check_record(record)
    except ForgeError as error:
        raise ForgeError(f"{path}: {error}") from None
    return record


class Browser:
    """A place in some files: file, game, decision.

    Steps that find nothing further leave it where it is and say False. Files that can't be read are
    passed by; what is wrong with them is in `trouble` until the next step.

    Args:
        path: of a file or a directory.
        game: of the first file that can be read, its seed or else its place 0..G-1.
        decision: 0..27.

    Raises:
        ForgeError: if no file can be read, or there is no such game or decision.
    """

    def __init__(self, path: Path, game: int | None = None, decision: int = 0) -> None:
        self.files = eq_files(path)
        self.trouble: list[str] = []
        record = self._read(0, 1)
        if record is None:
            raise ForgeError(self.trouble[0])
        self._open(record, 0 if game is None else game_place(record, game))
        self.go(decision)

    @property
    def view(self) -> DecisionView:
        """The decision at this place."""
        return self.views[self.decision]

    @property
    def place(self) -> str:
        """The file, and which game of it, in words."""
        name = self.files[self.file].name
        files = f"file {self.file + 1} of {len(self.files)} " if len(self.files) > 1 else ""
        n_games = self.record.n_games
        return f"{files}{name}" + (f" game {self.game + 1} of {n_games}" if n_games > 1 else "")

    def go(self, decision: int) -> None:
        """To a decision of this game.

        Raises:
            ForgeError: if it is not 0..27.
        """
        if not 0 <= decision < N_PLAYS:
            raise ForgeError(f"decisions are 0..{N_PLAYS - 1}, got {decision}")
        self.decision = decision

    def step(self, n: int) -> bool:
        """`n` = 1 or -1 decisions on, over the ends of games."""
        if 0 <= self.decision + n < N_PLAYS:
            self.trouble = []
            self.decision += n
            return True
        return self.step_game(n, decision=0 if n > 0 else N_PLAYS - 1)

    def step_trick(self, n: int) -> bool:
        """To the next lead (1), or to the one before (-1), over the ends of games."""
        lead = self.decision - self.decision % N_SEATS
        target = lead if n < 0 and self.decision > lead else lead + n * N_SEATS
        if 0 <= target < N_PLAYS:
            self.trouble = []
            self.decision = target
            return True
        return self.step_game(n, decision=0 if n > 0 else N_PLAYS - N_SEATS)

    def step_game(self, n: int, decision: int = 0) -> bool:
        """To a decision of the next game (1) or the one before (-1), over the ends of files."""
        self.trouble = []
        if 0 <= self.game + n < self.record.n_games:
            self._open(self.record, self.game + n)
            self.decision = decision
            return True
        record = self._read(self.file + n, n)
        if record is None:
            return False
        self._open(record, 0 if n > 0 else record.n_games - 1)
        self.decision = decision
        return True

    def _read(self, file: int, n: int) -> EqRecord | None:
        """The first record that can be read, at a file or further on in steps of `n`."""
        while 0 <= file < len(self.files):
            try:
                record = checked_record(self.files[file])
            except ForgeError as error:
                self.trouble.append(str(error))
                file += n
            else:
                self.file = file
                return record
        return None

    def _open(self, record: EqRecord, game: int) -> None:
        self.record, self.game = record, game
        self.views = game_views(record, game)
