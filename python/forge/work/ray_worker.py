"""What a worker of a Ray cluster does: one task, which is a piece or a few."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Any

from forge.errors import ForgeError
from forge.extras import extra
from forge.work.pieces import FileWork, make_some


@dataclass(frozen=True)
class Answer:
    """What became of a task.

    Args:
        node: that worked, by its id.
        done: what came of it.
        failure: why nothing did, in a line.
        is_final: whether no task can succeed here.
    """

    node: str
    done: Any = None
    failure: str | None = None
    is_final: bool = False


def unfit(version: str, folder: str) -> str | None:
    """Why nothing of a run can be done in this process, in a line; where it can, the process is in
    the folder of the run from now on.

    Args:
        version: of the package where the run was started.
        folder: in which it was started; paths are relative to it.
    """
    from forge import __version__

    if version != __version__:
        return (
            f"a node of the Ray cluster has crystal-forge {__version__}, this machine {version}: "
            "install the same one everywhere"
        )
    try:
        os.chdir(folder)
    except OSError as error:
        return (
            f"a node of the Ray cluster has no folder {folder} ({error.strerror}): run this in a "
            "folder of storage that all nodes share"
        )
    return None


# The work of the run that this process is at, and its name: networks are read once.
_works: dict[str, Any] = {}


def work_on(version: str, folder: str, name: str, work: list[Any], piece: Any) -> Answer:
    """Do one task.

    Args:
        version: of the package where the run was started.
        folder: in which it was started; paths are relative to it.
        name: of the work.
        work: a reference to it, sent once to a process.
        piece: of the work; several for work on files.
    """
    # So a cancelled task that was begun is finished: Ray would interrupt it, and a process that is
    # interrupted while it imports torch can never import it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with extra("ray"):
        import ray
    import torch

    node = ray.get_runtime_context().get_node_id()
    failure = unfit(version, folder)
    if failure is not None:
        return Answer(node, failure=failure, is_final=True)
    torch.set_num_threads(1)
    try:
        if name not in _works:
            _works.clear()
            _works[name] = ray.get(work[0])
        doing = _works[name]
        done = make_some(doing, piece) if isinstance(doing, FileWork) else doing(piece)
    except ForgeError as error:
        return Answer(node, failure=str(error).partition("\n")[0])
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        return Answer(node, failure=f"{type(error).__name__}: {said}")
    return Answer(node, done)
