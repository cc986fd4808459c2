"""A training by processes of a Ray cluster; it is told, stopped and kept as one of this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO, cast

from rich.console import Console

from forge.learn.checkpoints import RunStoppedError
from forge.learn.run import FOLDER_NOTE, NEW_RUN, Places
from forge.learn.settings import Training
from forge.work.ray_group import GroupSize, Member, Said, work_as_group
from forge.work.stop import StopSignal, forget, undo_at_end

_STOPPED_NOTE = "stopped"


@dataclass(frozen=True)
class _TrainAsMember:
    """What each process does.

    Args:
        train: takes the signal that ends it, and where it reports.
    """

    train: Callable[[StopSignal, Console], None]

    def __call__(self, member: Member) -> None:
        screen = Console(
            file=cast(TextIO, member.screen), markup=False, emoji=False, highlight=False
        )
        try:
            self.train(member.signal, screen)
        except RunStoppedError as stopped:
            if member.rank == 0:
                member.note(_STOPPED_NOTE, str(stopped.checkpoint or ""))


def train_on_ray(
    address: str,
    training: Training,
    places: Places,
    train: Callable[[StopSignal, Console], None],
    signal: StopSignal,
    tell: Callable[[Said], None],
) -> None:
    """Train on a cluster: `training.devices` processes on each of `training.num_nodes` machines,
    wherever there is room for those of one machine.

    Args:
        address: see `forge.work.ray_cluster.check_address`.
        training: how.
        places: where the folder of the run goes, as it was before.
        train: what each process does; pickled.
        signal: ends the run when it is set.
        tell: takes lines for people.

    Raises:
        ForgeError: as training does; where there is no such cluster, or Ray is not installed.
        MemberFailedError: where a process failed otherwise.
        RunStoppedError: after a signal.
    """
    notes: dict[str, Any] = {}

    def noted(all_notes: Mapping[str, Any]) -> None:
        notes.update(all_notes)
        if FOLDER_NOTE in notes:  # a second signal ends this process where it stands
            if notes.get("begun"):
                forget(NEW_RUN)
            else:
                folder = Path(notes[FOLDER_NOTE])
                undo_at_end(NEW_RUN, partial(shutil.rmtree, folder, ignore_errors=True))

    size = GroupSize(training.devices, training.num_nodes)
    try:
        is_over = work_as_group(address, size, _TrainAsMember(train), signal, tell, noted)
    finally:
        forget(NEW_RUN)
        if FOLDER_NOTE in notes and not notes.get("begun"):
            places.remove(Path(notes[FOLDER_NOTE]))  # its processes are gone, or know no better
    if not is_over:
        raise RunStoppedError(None)
    if _STOPPED_NOTE in notes:
        raise RunStoppedError(Path(notes[_STOPPED_NOTE]) if notes[_STOPPED_NOTE] else None)
