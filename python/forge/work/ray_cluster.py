"""A Ray cluster: one that runs somewhere, or one on this machine for as long as it is wanted.

What Ray says on stderr is kept away, and what it raises becomes one line. No usage statistics are
sent, and no dashboard is served.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError
from forge.extras import extra
from forge.work.devices import n_cores
from forge.work.locks import try_lock
from forge.work.stop import SIGNALS, forget, undo_at_end

LOCAL: Final = "local"
VALID_ADDRESS: Final = f"{LOCAL}, auto or HOST:PORT"
_CONNECT_S: Final = 10.0
# What comes back from workers is small: rows, samples of 16 bytes a state.
_STORE_BYTES: Final = 256 << 20
_REMOVALS: Final = 50
_BETWEEN_REMOVALS_S: Final = 0.1
_FOLDER: Final = "fray-"
# A socket's path has at most 107 bytes, and Ray puts 66 below its folder.
_LONGEST_FOLDER: Final = 40


def check_address(name: str, text: str) -> None:
    """ForgeError where a text is no address of a cluster.

    Args:
        name: of the option.
        text: `local`, `auto` (the cluster that this machine is part of) or `HOST:PORT`.
    """
    if text in (LOCAL, "auto"):
        return
    host, _, port = text.rpartition(":")
    sound = host and "/" not in text and not text.startswith("-") and len(text) < 256
    if not (sound and port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        raise ForgeError(f"{name} must be {VALID_ADDRESS} of its head node, got {text[:100]!r}")


@dataclass(frozen=True)
class Node:
    """A machine of a cluster that is alive."""

    id: str
    host: str
    n_cpus: float
    n_gpus: float


class RayCluster:
    """A cluster that this process is connected to; see `connected`."""

    def __init__(self, ray: Any, address: str) -> None:
        self.ray, self.address = ray, address

    def nodes(self) -> list[Node]:
        """Those alive now.

        Raises:
            ForgeError: if the cluster is gone.
        """
        try:
            found = self.ray.nodes()
        except Exception as error:
            raise ForgeError(
                f"the Ray cluster at {self.address} is gone: {_told(error)}"
            ) from error
        return [
            Node(
                each["NodeID"],
                each["NodeManagerHostname"],
                each["Resources"].get("CPU", 0.0),
                each["Resources"].get("GPU", 0.0),
            )
            for each in found
            if each["Alive"]
        ]


@contextmanager
def connected(address: str, n_cpus: int | None = None) -> Iterator[RayCluster]:
    """Connect to a cluster, or start one here that ends with the context, or with this process.

    Args:
        address: see `check_address`.
        n_cpus: cores of a local cluster; all of this machine by default.

    Raises:
        ForgeError: where Ray is not installed, there is no cluster, this machine is not in it, or
            it runs another version of Ray or Python.
    """
    check_address("the address of a Ray cluster", address)
    # Without the second it warns of what it will do. By default its workers stand back behind
    # everything else: on a machine with other work they would not get to their first piece.
    os.environ.update(
        RAY_USAGE_STATS_ENABLED="0", RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0", RAY_worker_niceness="0"
    )
    with extra("ray"):
        import ray
        from ray._private import worker
    # It prints what nodes say, by a thread of its own, where results are printed.
    worker.print_to_stdstream = lambda data, ignore_prefix: None
    with ExitStack() as stack:
        quiet = {"logging_level": "CRITICAL", "log_to_driver": False}
        if address == LOCAL:
            place = stack.enter_context(_folder())
            how = {
                "num_cpus": n_cpus or n_cores(),
                "include_dashboard": False,
                "object_store_memory": _STORE_BYTES,
                "_temp_dir": str(place),
                "address": LOCAL,
            }
        else:
            _look_for(address)
            how = {"address": address}
        stack.callback(_disconnect, ray)
        _init(ray, how | quiet, address)
        yield RayCluster(ray, address)


def _init(ray: Any, how: dict[str, Any], address: str) -> None:
    """Ray's own, without its handlers of signals."""
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    ended = False
    # Processes of a local cluster are deaf to the signals of a terminal from their start on.
    blocked = SIGNALS if address == LOCAL else ()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        ray.init(**how)
    except SystemExit:  # its answer to SIGTERM
        ended = True
    except Exception as error:
        raise ForgeError(why_not(address, error)) from error
    finally:
        with suppress(ValueError):  # outside the main thread nothing was changed
            for signum, handler in handlers.items():
                signal.signal(signum, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if ended:
        signal.raise_signal(signal.SIGTERM)


def _disconnect(ray: Any) -> None:
    with suppress(Exception):  # it may be gone
        ray.shutdown()


def why_not(address: str, error: Exception) -> str:
    """What to tell of an error of Ray at the start, in a line."""
    said = _told(error)
    if "ersion mismatch" in said:
        return f"the Ray cluster at {address} runs another version: {said}"
    if "expects this IP address" in said or "Can't find a `node_ip_address" in said:
        return f"this machine is not in the Ray cluster at {address}: ray start --address={address}"
    if address == LOCAL:
        return f"cannot start Ray on this machine: {said}"
    return f"no Ray cluster at {address}: {said}"


def _told(error: Exception) -> str:
    return " ".join(str(error).split())[:400] or type(error).__name__


def _look_for(address: str) -> None:
    """Ray would try for minutes."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S):
            pass
    except OSError as error:
        raise ForgeError(
            f"no Ray cluster at {address}: {error.strerror or error}; `ray start --head` starts "
            f"one, and --ray {LOCAL} one for a single run"
        ) from error


@contextmanager
def _folder() -> Iterator[Path]:
    """Where a local cluster has its sockets and logs; those of killed runs are removed."""
    root = Path(tempfile.gettempdir())
    if len(str(root)) + len(_FOLDER) + 8 > _LONGEST_FOLDER:
        root = Path("/tmp")
    for old in root.glob(f"{_FOLDER}*"):
        _remove_abandoned(old)
    try:
        place = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=root))
    except OSError as error:
        raise ForgeError(f"cannot start Ray on this machine: {root}: {error.strerror}") from error
    lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try_lock(lock)
    undo_at_end(place, lambda: shutil.rmtree(place, ignore_errors=True))
    try:
        yield place
    finally:
        _remove(place)
        forget(place)
        os.close(lock)


def _remove(place: Path) -> None:
    """Remove a folder in which processes that are about to end may still write."""
    for _ in range(_REMOVALS):
        shutil.rmtree(place, ignore_errors=True)
        if not place.exists():
            return
        time.sleep(_BETWEEN_REMOVALS_S)


def _remove_abandoned(place: Path) -> None:
    with suppress(OSError):
        lock = os.open(place / "lock", os.O_RDWR | os.O_CLOEXEC)
        try:
            if try_lock(lock):
                shutil.rmtree(place, ignore_errors=True)
        finally:
            os.close(lock)
