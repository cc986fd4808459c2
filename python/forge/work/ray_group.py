"""Processes of a Ray cluster that work as one group of `torch.distributed`, by Ray Train.

The process that wants the work is not of the group. It hears of it, and is heard, at a desk: lines
for people, notes and what failed go there, and the number of a signal comes from there.
"""

from __future__ import annotations

import io
import os
import re
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from forge import __version__
from forge.errors import ForgeError
from forge.extras import extra
from forge.work.ray_cluster import LOCAL, RayCluster, connected
from forge.work.ray_worker import unfit
from forge.work.stop import StopSignal
from forge.work.wording import counted

_LOOK_EVERY_S: Final = 0.2
_ASK_EVERY_S: Final = 0.3
# Who failed tidies up, and those beside it.
_AFTER_FAILURE_S: Final = 5.0
_SETTINGS: Final = {
    "RAY_TRAIN_V2_ENABLED": "1",  # the present Ray Train, where there are two
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    # Machines of an autoscaler take minutes to come; half an hour is enough.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "600",
}
_STARTS_AGAIN: Final = 2
# What gloo and NCCL say where the other end is gone.
_LOST: Final = re.compile(r"closed by peer|reset by peer|remote process|NCCL.*(abort|peer)")


@dataclass(frozen=True)
class Failure:
    """What went wrong in a member, in a line; `is_known` where that is an error of this package."""

    rank: int
    host: str
    said: str
    is_known: bool


class MemberFailedError(Exception):
    """A member of a group failed, or its process died: one line says who and why."""


@dataclass(frozen=True)
class Said:
    """For people: what a member says."""

    text: str
    is_error: bool = False


@dataclass
class Desk:
    """Where a group and who wants its work hear of each other; an actor."""

    lines: list[Said] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    signum: int | None = None

    def tell(self, line: Said) -> None:
        """A member says something."""
        self.lines.append(line)

    def note(self, name: str, value: Any) -> None:
        """A member leaves a plain value."""
        self.notes[name] = value

    def fail(self, failure: Failure) -> None:
        """A member fails; others fail because of the first."""
        self.failure = self.failure or failure

    def stop(self, signum: int) -> None:
        """The group is to stop."""
        self.signum = signum

    def stopped_by(self) -> int | None:
        """The signal that is to stop the group."""
        return self.signum

    def news(self) -> tuple[list[Said], dict[str, Any], Failure | None]:
        """What is new: lines since the last time, all notes, the first failure."""
        lines, self.lines = self.lines, []
        return lines, self.notes, self.failure


class Member:
    """This process, as one of a group.

    Args:
        ray: the module.
        desk: of the group.
        rank: of this process, the first is 0.
    """

    def __init__(self, ray: Any, desk: Any, rank: int) -> None:
        self._ray, self._desk, self.rank = ray, desk, rank
        self.signal: StopSignal = _SignalFromDesk(self)
        self.screen = _Screen(self)
        self._is_over = threading.Event()

    def tell(self, text: str, is_error: bool = False) -> None:
        """Have a line shown, on stderr where it is an error."""
        self._ray.get(self._desk.tell.remote(Said(text, is_error)))

    def note(self, name: str, value: Any) -> None:
        """Leave a plain value for who wants the work."""
        self._ray.get(self._desk.note.remote(name, value))

    def fail(self, said: str, is_known: bool) -> None:
        """Say why this process can't go on."""
        failure = Failure(self.rank, socket.gethostname(), said, is_known)
        self._ray.get(self._desk.fail.remote(failure))

    def listen(self) -> None:
        """Ask for a signal now and then, in a thread of its own."""
        threading.Thread(target=self._ask, daemon=True).start()

    def end(self) -> None:
        """Ask no more."""
        self._is_over.set()

    def _ask(self) -> None:
        while not self._is_over.wait(_ASK_EVERY_S):
            try:
                self.signal.signum = self._ray.get(self._desk.stopped_by.remote())
            except Exception:  # who wants the work is gone, and this process with it
                return
            if self.signal.requested:
                return


class _SignalFromDesk(StopSignal):
    """Set where who wants the work was signalled."""

    def __init__(self, member: Member) -> None:
        self._member = member
        super().__init__(ready=False)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "ready" and value and self._member.rank == 0:
            self._member.note("begun", True)


class _Screen(io.TextIOBase):
    """A text file whose lines are shown where the work was asked for."""

    def __init__(self, member: Member) -> None:
        self._member, self._open = member, ""

    def write(self, text: str) -> int:
        *lines, self._open = (self._open + text).split("\n")
        for line in lines:
            self._member.tell(line)
        return len(text)


_member: Member | None = None


def this_member() -> Member | None:
    """What this process is of a group; None in any other process."""
    return _member


def _work_as_member(about: dict[str, Any]) -> None:
    """What Ray Train calls in each process, in a thread that is not its main one."""
    global _member
    with extra("ray"):
        import ray
        from ray import train

    _member = member = Member(ray, about["desk"], train.get_context().get_world_rank())
    failure = unfit(about["version"], about["folder"])
    if failure is not None:
        member.fail(failure, is_known=True)
        raise ForgeError(failure)
    member.listen()
    try:
        about["work"](member)
    except ForgeError as error:
        member.fail(str(error).partition("\n")[0], is_known=True)
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        member.fail(f"{type(error).__name__}: {said}", is_known=False)
        raise
    finally:
        member.end()


@dataclass(frozen=True)
class GroupSize:
    """How many processes.

    Args:
        n_each: of a machine.
        n_nodes: machines.
    """

    n_each: int
    n_nodes: int

    @property
    def n_members(self) -> int:
        """In all."""
        return self.n_each * self.n_nodes


def device_of(cluster: RayCluster, size: GroupSize, tell: Callable[[Said], None]) -> str:
    """What members compute on: `cuda` where the cluster has GPUs, one each, else `cpu`, a core
    each. Says what is waited for where there is not enough.

    Raises:
        ForgeError: for a cluster of this machine alone that has not enough and never will.
    """
    nodes, n = cluster.nodes(), size.n_members
    n_gpus = int(sum(node.n_gpus for node in nodes))
    kind, there = ("GPU", n_gpus) if n_gpus else ("core", int(sum(node.n_cpus for node in nodes)))
    many = counted(n, "process", "processes")
    if there < n or len(nodes) < size.n_nodes:
        has = f"{counted(there, kind)} on {counted(len(nodes), 'node')}"
        wanted = f"{many} on {counted(size.n_nodes, 'node')} take a {kind} each"
        if cluster.address == LOCAL:
            raise ForgeError(f"{wanted}, this machine has {has}")
        tell(Said(f"Ray: waiting for room: {wanted}, the cluster has {has}"))
    else:
        tell(Said(f"Ray: {many}, a {kind} each"))
    return "cuda" if n_gpus else "cpu"


def work_as_group(
    address: str,
    size: GroupSize,
    work: Callable[[Member], None],
    signal: StopSignal,
    tell: Callable[[Said], None],
    noted: Callable[[Mapping[str, Any]], None],
) -> bool:
    """Have a group of processes do some work together, to its end.

    Args:
        address: of the cluster, see `forge.work.ray_cluster.check_address`.
        size: of the group.
        work: what each does; sent (pickled) to it.
        signal: passed on to the members once they have begun; before that it ends the group.
        tell: takes the lines of members.
        noted: takes their notes, all so far, whenever it is looked at.

    Returns:
        whether it came to its end; False where it was ended before it had begun.

    Raises:
        ForgeError: as a member raised it; or where there is no such cluster, or no room on it.
        MemberFailedError: where a member failed otherwise.
    """
    os.environ.update(_SETTINGS)
    with connected(address, size.n_members) as cluster, _notebook() as place:
        signal.ready = True
        device = device_of(cluster, size, tell)
        ray = cluster.ray
        desk = ray.remote(num_cpus=0)(Desk).remote()
        about = {"work": work, "desk": desk, "version": __version__, "folder": os.getcwd()}
        fitting = _Fitting(_trainer(size, device, about, place))
        fitting.start()
        is_told, failure = False, None
        while fitting.is_alive() and failure is None:
            fitting.join(_LOOK_EVERY_S)
            notes, failure = _hear(ray, desk, tell, noted)
            if signal.requested and not notes.get("begun"):
                return False
            if signal.requested and not is_told:
                ray.get(desk.stop.remote(signal.signum))
                is_told = True
        if failure is None:
            _, failure = _hear(ray, desk, tell, noted)
        else:
            fitting.join(_AFTER_FAILURE_S)
            _hear(ray, desk, tell, noted)
    if failure is not None and failure.is_known:
        raise ForgeError(failure.said)
    if failure is not None or fitting.error is not None:
        raise MemberFailedError(_why(failure, fitting.error, size)) from fitting.error
    return True


def _notebook() -> tempfile.TemporaryDirectory[str]:
    """Where Ray Train keeps notes of its own; checkpoints are none of them."""
    return tempfile.TemporaryDirectory(prefix="forge-ray-", ignore_cleanup_errors=True)


def _hear(
    ray: Any,
    desk: Any,
    tell: Callable[[Said], None],
    noted: Callable[[Mapping[str, Any]], None],
) -> tuple[Mapping[str, Any], Failure | None]:
    """Pass on what is new at the desk."""
    lines, notes, failure = ray.get(desk.news.remote())
    for line in lines:
        tell(line)
    noted(notes)
    return notes, failure


class _Fitting(threading.Thread):
    """Ray Train at work, in a thread: it would take the handlers of signals in the main one."""

    def __init__(self, trainer: Any) -> None:
        super().__init__(daemon=True)
        self._trainer = trainer
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._trainer.fit()
        except BaseException as error:
            self.error = error


def _trainer(size: GroupSize, device: str, about: dict[str, Any], place: str) -> Any:
    """Ray Train's trainer; it keeps notes of its own in `place`."""
    with extra("ray"):
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchTrainer
    on_gpus = device == "cuda"
    # One each can be told; several each only be hoped for.
    apart = "STRICT_SPREAD" if size.n_each == 1 else "SPREAD"
    scaling = ScalingConfig(
        num_workers=size.n_members,
        use_gpu=on_gpus,
        resources_per_worker={"CPU": 1, "GPU": 1} if on_gpus else {"CPU": 1},
        placement_strategy="PACK" if size.n_nodes == 1 else apart,
    )
    # A group that began is never begun again by itself: it would begin from nothing.
    failures: Any = FailureConfig(max_failures=0)
    failures.controller_failure_limit = _STARTS_AGAIN
    failures.max_preemption_failures = 0
    run = RunConfig(name="forge", storage_path=place, failure_config=failures)
    return TorchTrainer(
        _work_as_member, train_loop_config=about, scaling_config=scaling, run_config=run
    )


def _why(failure: Failure | None, error: BaseException | None, size: GroupSize) -> str:
    """What to tell of a failure, in a line.

    Args:
        failure: as a member told of it. One that dies tells nothing, but others lose it.
        error: as Ray Train tells of it.
        size: of the group.
    """
    failures: Mapping[int, Exception] = getattr(error, "worker_failures", {})
    for rank, each in sorted(failures.items()):
        inner = getattr(each, "health_check_failure", each)
        kind = type(inner).__name__
        if any(word in kind for word in ("ActorDied", "ActorUnavailable", "NodeDied")):
            return f"process {rank} of {size.n_members} died"
        if kind == "OutOfMemoryError":
            return f"process {rank} of {size.n_members}: out of memory"
        if "No module named 'forge'" in str(inner):
            return "a node of the Ray cluster lacks crystal-forge: install the same version there"
    if failure is not None:
        who = f"process {failure.rank} of {size.n_members} on {failure.host}"
        if _LOST.search(failure.said):
            return f"{who} lost another one, which died or cannot be reached"
        return f"{who}: {failure.said}"
    inner = getattr(error, "controller_failure", error)
    if "Timeout" in type(inner).__name__:
        many = counted(size.n_members, "process", "processes")
        return f"the Ray cluster had no room for {many} in half an hour"
    lines = [line.strip() for line in str(inner).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(inner).__name__
