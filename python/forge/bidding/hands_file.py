"""Many hands evaluated on all cores, or one process a GPU: one JSON line a hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from forge.bidding.calibration.logistic import Calibration
from forge.bidding.estimates import Choice
from forge.bidding.hand import hand_text, parse_hand
from forge.bidding.hand_evaluation import evaluate_hand
from forge.bidding.plan import Plan
from forge.bidding.settled import PASS, Turn, Verdict, of_counts, weigh
from forge.bidding.simulate import Simulator
from forge.errors import ForgeError
from forge.game.contract import BIDS, Bid, Contract
from forge.game.declarations import DECLARATION_NAMES, declaration_name
from forge.work.file_schema import in_file
from forge.work.pieces import rows_in_order
from forge.work.pools import Pool, ThisMachine
from forge.work.results_file import ResultsFile, ResultsFormat
from forge.work.room import ANY_ROOM, Room


@in_file()
@dataclass(frozen=True)
class HandRow:
    """What came out for one hand.

    Args:
        hand: as text, highest first.
        made: deals that made each bid, by declaration (the order of the file's options) and bid.
        p, low, high: the chances to go by, likewise, with 95 % intervals.
        trump, bid, marks: the best of them if nobody else bids, by name and by number, and its
            expected marks.
    """

    hand: str
    made: list[list[int]]
    p: list[list[float]]
    low: list[list[float]]
    high: list[list[float]]
    trump: str
    bid: int
    marks: float


def _is_sound(values: Mapping[str, Any]) -> bool:
    try:
        parse_hand(values["hand"])
        Bid.of(values["bid"])
        tables = [values[name] for name in ("made", "p", "low", "high")]
        shapes = {tuple(len(row) for row in table) for table in tables}
    except (ForgeError, TypeError, AttributeError):
        return False
    return (
        len(shapes) == 1
        and set(shapes.pop()) == {len(BIDS)}
        and values["trump"] in DECLARATION_NAMES
        and isinstance(values["marks"], float)
    )


def _fits(options: Mapping[str, Any], row: HandRow) -> bool:
    trumps = options.get("trumps")
    return trumps is None or (row.trump in trumps and len(row.made) == len(trumps))


HANDS: Final = ResultsFormat(
    "forge bidding hands", 1, HandRow, _is_sound, lambda row: {row.hand: row}, fits=_fits
)


class HandWork:
    """Evaluates hands; a process takes one of the devices when it is first called.

    Args:
        simulator: who plays, and the seed; its device is replaced.
        decls: declarations 0..9.
        plan: how far to go with each hand.
        calibration: for perfect play; None leaves it as it is.
        devices: for one process each; the next processes begin again at the first.
    """

    def __init__(
        self,
        simulator: Simulator,
        decls: Sequence[int],
        plan: Plan,
        calibration: Calibration | None = None,
        devices: Sequence[str] = ("cpu",),
    ) -> None:
        self.simulator = replace(simulator, n_workers=1)
        self.decls, self.plan = tuple(decls), plan
        self.calibration = calibration if simulator.is_perfect else None
        self.devices = tuple(devices)
        # With one device nobody has to count.
        several = len(self.devices) > 1
        self._n_started = get_context("spawn").Value("i", 0) if several else None
        self._placed: Simulator | None = None

    def record(self) -> dict[str, Any]:
        """What results depend on, as plain values."""
        values: dict[str, Any] = {
            "player": self.simulator.player.text,
            "seed": self.simulator.seed,
            **self.plan.record(),
            "trumps": [declaration_name(decl) for decl in self.decls],
            "bids": [bid.number for bid in BIDS],
            "calibration": self.calibration and self.calibration.sha256,
        }
        if self.simulator.player.sha256 is not None:
            values["sha256"] = self.simulator.player.sha256
        if self.simulator.player.races:
            values["races"] = True  # in 0.1.0 the same text asked about every play
        return values

    def __call__(self, hand: tuple[int, ...]) -> HandRow:
        """Evaluate one."""
        found = evaluate_hand(hand, self.decls, self._simulator(), self.plan, self.calibration)
        table, best = found.table, found.best
        return HandRow(
            hand_text(hand),
            table.made.tolist(),
            table.p.tolist(),
            table.low.tolist(),
            table.high.tolist(),
            declaration_name(best.contract.decl),
            best.contract.bid.number,
            best.marks,
        )

    def _simulator(self) -> Simulator:
        if self._placed is None:
            number = 0
            if self._n_started is not None:
                with self._n_started.get_lock():
                    number = self._n_started.value
                    self._n_started.value += 1
            device = self.devices[number % len(self.devices)]
            self._placed = replace(self.simulator, device=device)
        return self._placed


def row_verdict(row: HandRow, decls: Sequence[int], n_deals: int) -> Verdict:
    """Whether the deals of a line are enough to say what to bid.

    Args:
        row: of the file.
        decls: its declarations.
        n_deals: looked at for each.
    """
    sayings = [PASS]
    for bid in Turn().wanted:
        column = BIDS.index(bid)
        for i, decl in enumerate(decls):
            p, low, high = (values[i][column] for values in (row.p, row.low, row.high))
            choice = Choice(Contract(decl, bid), p, low, high, float(bid.worth(p)))
            sayings.append(of_counts(choice, row.made[i][column], n_deals))
    return weigh(sayings)


@dataclass(frozen=True)
class HandsRun:
    """What a run did: hands in the file, hands done now, the signal that ended it early,
    or why the full disk did."""

    n_hands: int
    n_done: int
    stopped_by: int | None
    disk_low: str | None = None


def evaluate_hands(
    work: HandWork,
    hands: Sequence[tuple[int, ...]],
    out: Path,
    n_workers: int = 1,
    on_hand: Callable[[HandRow], None] | None = None,
    pool: Pool | None = None,
    room: Room = ANY_ROOM,
) -> HandsRun:
    """Evaluate the hands that are not in the file yet, in order.

    The file is the same whatever the number of processes and however often the run was stopped.

    Args:
        work: how.
        hands: ascending ids; of equals the first counts.
        out: made or gone on with.
        n_workers: processes, one thread each.
        on_hand: hears of each hand when it is on disk.
        pool: who works, instead of processes here.
        room: how much of the disk of the file has to stay free.

    Raises:
        ForgeError: for a file of other options, or of another kind.
    """
    with ResultsFile(out, HANDS, work.record()) as file:
        done = {row.hand for row in file.rows}
        todo = [hand for hand in dict.fromkeys(hands) if hand_text(hand) not in done]
        worker = pool or ThisMachine(n_workers)
        run = rows_in_order(work, todo, worker, "hands", file, on_hand, room)
        return HandsRun(len(file.rows), run.n_done, run.stopped_by, run.disk_low)


def read_hands(path: Path) -> list[tuple[int, ...]]:
    """The hands of a text file, one a line; empty lines and those that begin with # do not count.

    Raises:
        ForgeError: for a file that cannot be read, holds none, or has a line that is no hand.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ForgeError(f"cannot read {path}: {reason}") from error
    hands = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            hands.append(parse_hand(line))
        except ForgeError as error:
            raise ForgeError(f"{path}: line {number}: {error}") from error
    if not hands:
        raise ForgeError(f"{path} holds no hand: write one a line, seven dominoes like 6-4,5-5,...")
    return hands
