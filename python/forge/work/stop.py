"""Ending a long run from the keyboard, or by SIGTERM, without losing the file in hand."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any


class StopSignal:
    """Inside this context the first Ctrl+C (or SIGTERM) only sets `signum`; a second one raises
    KeyboardInterrupt, which ends the work at once. Outside the main thread it does nothing.

    `in_hand` is the piece of work that is finished first, in a word.
    """

    def __init__(self, in_hand: str = "file") -> None:
        self._in_hand = in_hand
        self.signum: int | None = None
        self._previous: dict[signal.Signals, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether the run should take no new work."""
        return self.signum is not None

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self._previous[signum] = signal.signal(signum, self._handle)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.signum = signum
        print(
            f"stopping after the {self._in_hand} in hand (once more to stop now)", file=sys.stderr
        )
