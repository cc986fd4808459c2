"""A policy that gets better by rounds: a seat with it plays, it learns from that, it is judged.

Everything is in one folder: a folder a round with its hands and what was learnt from them, the
best policy so far, and a line for each round. A round that was cut short goes on where it was:
hands and policies that are there are not made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.errors import ForgeError, reason_of
from forge.flywheel.judging import MatchVerdict, judge
from forge.flywheel.settings import RoundsSettings
from forge.game.whole_numbers import is_finite
from forge.policy.choices import PolicyRows, rows_of
from forge.policy.folders import hand_files
from forge.policy.numbers import PolicyNumbers, load_policy, policy_bytes
from forge.policy.own_learning import OwnLearner, RefinedRound
from forge.policy.played_hands import HANDS_A_FILE, load_all, play_missing
from forge.policy.refine_settings import Refining
from forge.policy.self_play import Teacher
from forge.policy.settings import PolicyTraining, default_pool
from forge.work.atomic import write_file
from forge.work.file_schema import in_file
from forge.work.hashing import sha256_of
from forge.work.json_text import plain_copy
from forge.work.paths import check_own
from forge.work.results_file import ResultsFile, ResultsFormat

if TYPE_CHECKING:
    from forge.policy.learning import PolicyFigures

RECORD: Final = "rounds.jsonl"
BEST: Final = "best.policy"
FIRST: Final = "first.policy"
# Beside what a round learnt: hashes of what it was learnt from.
_SOURCE: Final = ".source"
_PLACE: Final = "round_"
# Of a policy over another: the mean of both kinds of deals, the standard protocol, all contracts.
_KINDS: Final = ("both", "standard", "everything")

Gains = dict[str, list[float]]


@in_file()
@dataclass(frozen=True)
class Round:
    """What a round brought.

    Args:
        number: from 1.
        teacher: SHA-256 of the file of the policy that the seat played with.
        learnt: SHA-256 of that of what was learnt.
        hands: of the rounds, that it was learnt from.
        over_best: by `both`, `standard` and `everything` (see `MatchVerdict`): how much oftener it
            makes its contract than the best so far, and the interval: [value, low, high].
        over_first: the same against the policy that the first round began with.
        kept: whether it is the best from here on: the interval of both over the best is above 0.
    """

    number: int
    teacher: str
    learnt: str
    hands: int
    over_best: Gains
    over_first: Gains
    kept: bool


def _is_sound(values: Mapping[str, Any]) -> bool:
    numbers = (values["number"], values["hands"])
    texts = (values["teacher"], values["learnt"])
    return (
        all(type(each) is int and each > 0 for each in numbers)
        and all(isinstance(each, str) for each in texts)
        and isinstance(values["kept"], bool)
        and all(_are_gains(values[name]) for name in ("over_best", "over_first"))
    )


def _are_gains(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and set(found) == set(_KINDS)
        and all(isinstance(each, list) and len(each) == 3 for each in found.values())
        and all(is_finite(x) for each in found.values() for x in each)
    )


ROUNDS: Final = ResultsFormat(
    "forge policy rounds", 1, Round, _is_sound, lambda row: {f"round {row.number}": row}
)


@dataclass(frozen=True)
class Watcher:
    """Who is told of the work, and asked whether to stop.

    Args:
        playing: called with the number of a round and how many of its hands are there more.
        learning: called after each epoch with its number and figures on hands held out.
        refining: called after each round of own play with what it saw.
        judging: called when a round is about to be judged.
        stopped: asked now and then; true ends the work.
    """

    playing: Callable[[int, int], None] = lambda number, n_hands: None
    learning: Callable[[int, PolicyFigures], None] = lambda epoch, figures: None
    refining: Callable[[RefinedRound], None] = lambda found: None
    judging: Callable[[int], None] = lambda number: None
    stopped: Callable[[], bool] = lambda: False


class PolicyRounds:
    """The rounds in a folder, held by one process; use as a context manager.

    Args:
        settings: how; those of a folder that has begun must be the same, but for how many rounds
            there may be and how many in a row may bring nothing.
        training: how the policy learns.
        n_workers: processes that judge.

    Raises:
        ForgeError: for a folder of other settings or of another process, or one that cannot be
            read or written.
    """

    def __init__(
        self, settings: RoundsSettings, training: PolicyTraining, n_workers: int = 1
    ) -> None:
        thousands = -(-settings.hands // HANDS_A_FILE) * HANDS_A_FILE
        self.settings = replace(settings, hands=thousands)
        self.training, self.n_workers = training, n_workers
        self.folder = settings.output
        check_own(self.folder, RECORD, BEST, FIRST, f"{_PLACE}*")
        start = load_policy(settings.start)
        if settings.also is not None:
            hand_files(settings.also)  # what is wrong is told before hours of work
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ForgeError(f"{self.folder}: {reason_of(error)}") from error
        with ExitStack() as stack:
            record = ResultsFile(self.folder / RECORD, ROUNDS, self._lasting())
            self._record = stack.enter_context(record)
            if [each.number for each in self.rounds] != list(range(1, len(self.rounds) + 1)):
                raise ForgeError(f"{self.folder / RECORD}: rounds are missing, or there twice")
            first = self.folder / FIRST
            # Without rounds, one that is there may be what is left of other settings.
            if not first.exists() or (
                not self.rounds and first.read_bytes() != policy_bytes(start)
            ):
                write_file(first, policy_bytes(start))
            if policy_bytes(load_policy(first)) != policy_bytes(start):
                raise ForgeError(f"{first} is not the policy that the rounds began with")
            self._restore()
            self._held = stack.pop_all()

    def __enter__(self) -> PolicyRounds:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._held.close()

    @property
    def rounds(self) -> list[Round]:
        """Those that are over."""
        return self._record.rows

    @property
    def best(self) -> Path:
        """The file of the best policy so far."""
        return self.folder / BEST

    @property
    def n_in_vain(self) -> int:
        """How many of the last rounds brought nothing."""
        kept = [each.number for each in self.rounds if each.kept]
        return len(self.rounds) - (kept[-1] if kept else 0)

    @property
    def is_over(self) -> bool:
        """Whether there is no round to come."""
        how = self.settings
        return len(self.rounds) >= how.rounds or self.n_in_vain >= how.patience

    def next(self, watcher: Watcher | None = None) -> Round | None:
        """One round more, the rest of it if it was begun; None if it was stopped.

        Raises:
            ForgeError: where files cannot be read or written.
            StoppedError: if a signal ended the judging.
        """
        watcher = watcher or Watcher()
        number = len(self.rounds) + 1
        learnt = self._place(number) / "learnt.policy"
        if not self._play(number, watcher):
            return None
        files = self._hands_for(number)
        if not self._is_learnt(learnt, files) and not self._learn(files, learnt, watcher):
            return None
        watcher.judging(number)
        how = self.settings
        over_best = self._judge(learnt, BEST, number)
        if self.best.read_bytes() == (self.folder / FIRST).read_bytes():
            over_first = over_best
        else:
            over_first = self._judge(learnt, FIRST, number)
        found = Round(
            number,
            sha256_of(self.best),
            sha256_of(learnt),
            how.hands * min(number, how.window),
            _gains(over_best),
            _gains(over_first),
            kept=over_best.both.interval[0] > 0,
        )
        self._record.append(found)
        self._restore()
        return found

    def _place(self, number: int) -> Path:
        return self.folder / f"{_PLACE}{number:03d}"

    def _play(self, number: int, watcher: Watcher) -> bool:
        """False if it was stopped."""
        how = self.settings
        pool = how.pool or default_pool(how.worlds)
        there = play_missing(
            self._place(number) / "hands",
            how.played_from + number,
            how.hands,
            Teacher(load_policy(self.best), how.worlds, pool, how.mix),
            lambda n: watcher.playing(number, n),
            watcher.stopped,
        )
        return len(there) * HANDS_A_FILE == how.hands

    def _hands_for(self, number: int) -> list[Path]:
        """The files that a round learns from."""
        files = [] if self.settings.also is None else hand_files(self.settings.also)
        for each in range(max(1, number - self.settings.window + 1), number + 1):
            found = sorted((self._place(each) / "hands").glob("hands_*.parquet"))
            if len(found) * HANDS_A_FILE != self.settings.hands:
                raise ForgeError(
                    f"{self._place(each) / 'hands'}: {len(found)} files of hands instead of "
                    f"{self.settings.hands // HANDS_A_FILE}: put them back, or begin another folder"
                )
            files += found
        return files

    def _is_learnt(self, learnt: Path, files: list[Path]) -> bool:
        """Whether what is there was learnt from these hands by these settings."""
        source = learnt.with_suffix(_SOURCE)
        return (
            learnt.exists() and source.exists() and source.read_bytes() == self._learnt_from(files)
        )

    def _learnt_from(self, files: list[Path]) -> bytes:
        """What a policy depends on, as the line beside it says."""
        digest = sha256_of(self.best, *files)
        settings = json.dumps(plain_copy(self._lasting()), sort_keys=True).encode()
        return f"{digest} {hashlib.sha256(settings).hexdigest()}\n".encode()

    def _learn(self, files: list[Path], target: Path, watcher: Watcher) -> bool:
        """False if it was stopped."""
        source = self._learnt_from(files)
        rows = rows_of(load_all(files))
        learn = self._refined if self.settings.refine else self._trained
        policy = learn(rows, watcher)
        if policy is None:
            return False
        target.with_suffix(_SOURCE).unlink(missing_ok=True)
        write_file(target, policy_bytes(policy))
        write_file(target.with_suffix(_SOURCE), source)
        return True

    def _trained(self, rows: PolicyRows, watcher: Watcher) -> PolicyNumbers | None:
        start = None if self.settings.fresh else load_policy(self.best)
        from forge.policy.learning import train_policy

        policy = train_policy(rows, self.training, start, watcher.learning, watcher.stopped)
        return None if watcher.stopped() else policy

    def _refined(self, rows: PolicyRows, watcher: Watcher) -> PolicyNumbers | None:
        """The best policy, refined by its own play."""
        number = len(self.rounds) + 1
        how = Refining(
            rounds=self.settings.refine,
            hands=self.settings.refine_hands,
            seed=self.settings.played_from + number,
            soft=self.training.soft,
            tau=self.training.tau,
        )
        learner = OwnLearner(load_policy(self.best), how, rows)
        while not learner.is_over:
            watcher.refining(learner.next())
            if watcher.stopped():
                return None
        return learner.policy

    def _judge(self, learnt: Path, other: str, number: int) -> MatchVerdict:
        how = self.settings
        seed = how.judged_from + number
        return judge(learnt, self.folder / other, seed, how.deals, self.n_workers)

    def _restore(self) -> None:
        """Put the best policy in place, which a run may have ended before."""
        kept = [each for each in self.rounds if each.kept]
        source = self._place(kept[-1].number) / "learnt.policy" if kept else self.folder / FIRST
        content = policy_bytes(load_policy(source))
        if not self.best.exists() or self.best.read_bytes() != content:
            write_file(self.best, content)
        if kept and sha256_of(self.best) != kept[-1].learnt:
            raise ForgeError(f"{source} is not what round {kept[-1].number} learnt")

    def _lasting(self) -> dict[str, Any]:
        """What all rounds have to have in common."""
        values = asdict(self.settings) | {
            f"training {k}": v for k, v in asdict(self.training).items()
        }
        start = {"start": sha256_of(self.settings.start)}
        passing = ("output", "rounds", "patience")
        return {k: v for k, v in (values | start).items() if k not in passing}


def _gains(verdict: MatchVerdict) -> Gains:
    figures = {name: getattr(verdict, name) for name in _KINDS}
    return {name: [each.value, *each.interval] for name, each in figures.items()}
