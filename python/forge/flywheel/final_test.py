"""The figures on the test set: looked at in the end, never for a choice."""

from __future__ import annotations

from pathlib import Path

from forge.flywheel.golden_data import GoldenData
from forge.flywheel.golden_figures import GoldenFigures, golden_figures_of
from forge.flywheel.holding import holding
from forge.flywheel.oracle_settings import OracleSettings, settings_from
from forge.flywheel.oracle_turn import figures_file, file_of
from forge.flywheel.seat_games import SeatGames
from forge.flywheel.seat_settings import SeatSettings
from forge.flywheel.seat_turn import SeatFigures, seat_figures
from forge.flywheel.state_file import FlywheelState, NotNowError, read_state
from forge.flywheel.watching import Watch
from forge.work.hashing import sha256_of


def figures_on_test(folder: Path, number: int | None, watch: Watch) -> str:
    """What a checkpoint does on the golden test set, as a sentence; kept beside the other figures.

    Args:
        folder: of the flywheel.
        number: of the iteration, 0 the baseline; None: the best.
        watch: who hears of the work.

    Raises:
        NotNowError: if there is no such iteration, or the set has not been made yet.
        ForgeError: if checkpoint or set cannot be used.
    """
    read_state(folder)
    with holding(folder):
        state = read_state(folder)
        number = state.best if number is None else number
        path = file_of(folder, _checkpoint(state, number))
        kept = figures_file(folder, number, "test")
        if state.kind == "seat":
            how = settings_from(SeatSettings, state.settings)
            games = SeatGames(folder, how, watch)
            games.make_golden("test")
            sha256 = sha256_of(path)
            found: GoldenFigures | SeatFigures = seat_figures(
                path, sha256, games, "test", kept, how.device
            )
        else:
            data = GoldenData(folder, settings_from(OracleSettings, state.settings), [])
            if not data.entries("test"):
                raise NotNowError(
                    "the golden sets are made by the first iteration: forge flywheel --once"
                )
            found = golden_figures_of(path, sha256_of(path), data, kept, "test", watch.measuring)
    which = f"iteration {number}" if number else "the baseline"
    ends = found.q_gap_interval
    interval = "" if ends is None else f" [{ends[0]:.4f}, {ends[1]:.4f}]"
    return (
        f"{which} on the test set: q_gap {found.q_gap:.4f}{interval}, accuracy {found.accuracy:.2%}"
    )


def _checkpoint(state: FlywheelState, number: int) -> str:
    if not 0 <= number <= len(state.history):
        raise NotNowError(
            f"there are iterations 0 (the baseline) to {len(state.history)}, got {number}"
        )
    told = state.history[number - 1].checkpoint if number else state.baseline_checkpoint
    if told is None:
        raise NotNowError(f"iteration {number} has no checkpoint")
    return told
