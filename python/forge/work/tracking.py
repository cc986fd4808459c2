"""Optional logging of a run to Weights & Biases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol

from forge.errors import ForgeError, reason_of
from forge.extras import extra, need


class Tracker(Protocol):
    """Where the numbers of a run go."""

    def log(self, values: dict[str, float]) -> None:
        """Record one step."""

    def __enter__(self) -> Tracker: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class NoTracker:
    """Records nothing."""

    def log(self, values: dict[str, float]) -> None:
        """Drop the values."""

    def __enter__(self) -> NoTracker:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        pass


WANDB_PROJECT = "crystal-forge"


def wandb_or_not(name: str, wanted: bool | str) -> None:
    """Reads `--wandb` and `--wandb-group`, before any work: if a run is wanted, W&B must be there.

    Raises:
        MissingExtraError: if it is not.
    """
    if wanted is not False:
        need("wandb", "wandb")


@contextmanager
def starting_wandb() -> Iterator[None]:
    """Around the start of a W&B run: a missing package and a refusal are one line each."""
    with extra("wandb"):
        import wandb
    try:
        yield
    except wandb.errors.Error as error:
        raise ForgeError(
            f"W&B did not start ({reason_of(error)}); run `wandb login` or set WANDB_MODE=offline"
        ) from error


class WandbTracker:
    """One W&B run; `WANDB_MODE=offline` keeps it on this machine."""

    def __init__(self, job_type: str, group: str | None, config: dict[str, Any]) -> None:
        with starting_wandb():
            with extra("wandb"):
                import wandb

            self._run = wandb.init(
                project=WANDB_PROJECT, job_type=job_type, group=group, config=config
            )

    def log(self, values: dict[str, float]) -> None:
        """Record one step."""
        self._run.log(values)

    def __enter__(self) -> WandbTracker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        self._run.finish(exit_code=0 if kind is None else 1)


def open_tracker(
    wandb: bool, *, job_type: str, group: str | None, config: dict[str, Any]
) -> Tracker:
    """A W&B run if asked for (a group implies it), otherwise one that records nothing."""
    if wandb or group is not None:
        return WandbTracker(job_type, group, config)
    return NoTracker()
