"""The states of a flywheel, straight from its description: a table, nothing else.

A state is (status, started, error, ranges done, next range); an event is a word.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

# (status, event) to the status that follows; what is not here is refused.
TABLE = {
    ("ready", "begin"): "running",
    ("running", "begin"): "running",  # its process is dead
    ("running", "succeed"): "ready",
    ("running", "fail"): "failed",
    ("running", "stop"): "ready",
    ("failed", "retry"): "ready",
}


@dataclass(frozen=True)
class Wheel:
    """What the description says of a flywheel."""

    start: int
    step: int
    most: int | None = None
    status: str = "ready"
    started: str | None = None
    error: str | None = None
    done: tuple[tuple[int, int], ...] = field(default_factory=tuple)

    @property
    def range(self) -> tuple[int, int]:
        """The range in hand or next; none begins with a seed of val or test."""
        return self.start, self.start + self.step

    def after(self, event: str, now: str = "", error: str = "") -> Wheel | None:
        """The state after an event; None where it is refused."""
        status = TABLE.get((self.status, event))
        if status is None:
            return None
        if event == "begin":
            started = self.started if self.status == "running" else now
            return replace(self, status=status, started=started, error=None)
        if event == "fail":
            return replace(self, status=status, error=error)
        if event in ("stop", "retry"):
            return replace(self, status=status, started=None, error=None)
        start = self.start + self.step
        while start % 1000 >= 900:
            start += 1
        done = (*self.done, self.range)
        status = "done" if self.most is not None and len(done) >= self.most else status
        return replace(self, status=status, started=None, error=None, done=done, start=start)
