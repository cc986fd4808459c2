"""A real S3 server on this machine: moto's, behind a gate that can be shut or refuse.

Its Python is named by `FORGE_S3_PYTHON` (moto needs versions that the project does not take), else
it is this one.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from forge.work import object_store
from forge.work.object_store import Store

PYTHON = os.environ.get("FORGE_S3_PYTHON", sys.executable)
BUCKET = "forge-bucket"
SECRET = "very-secret-4711"


def missing() -> str | None:
    """Why there can be no server here; None where there can."""
    look = "import moto.server"
    if subprocess.run([PYTHON, "-c", look], check=False).returncode:
        return "moto[server] is not installed, nor does FORGE_S3_PYTHON name a Python that has it"
    return None


class Gate:
    """Lets connections through to a server, or not; see `s3_gate`.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("s3_gate.py")), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._answer())

    def turn(self, mode: Literal["open", "shut", "refuse"]) -> None:
        """From now on; connections that are open are cut."""
        self._ask(mode)

    def shut_after(self, n_bytes: int) -> None:
        """Shut once so many more bytes were sent to the server."""
        self._ask(f"after {n_bytes}")

    @property
    def n_received(self) -> int:
        """Bytes that came from the server."""
        return int(self._ask("count"))

    def close(self) -> None:
        """For good."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def reached(environment: dict[str, str], cache: Path) -> Iterator[None]:
    """Within, this process finds a server by an environment, and mirrors it in a cache."""

    def forget() -> None:
        object_store._files.cache_clear()
        Store.of.cache_clear()

    with pytest.MonkeyPatch.context() as patched:
        for name, value in {**environment, "FORGE_CACHE": str(cache)}.items():
            patched.setenv(name, value)
        forget()
        yield
        forget()


def put(name: str, server: str | None = None) -> None:
    """Put an empty object into the bucket, past the library; the bucket itself without a name."""
    address = f"{server or os.environ['AWS_ENDPOINT_URL']}/{BUCKET}/{name}"
    asked = urllib.request.Request(address, data=b"", method="PUT")
    asked.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/x")
    urllib.request.urlopen(asked, timeout=20).close()


@contextmanager
def s3_server() -> Iterator[tuple[Gate, dict[str, str]]]:
    """The gate, and the environment that leads to the server, with an empty bucket `BUCKET`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [PYTHON, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        | {"PYTHONPATH": os.environ.get("FORGE_S3_PYTHONPATH", "")},
    )
    gate = Gate(port)
    try:
        for attempt in range(300):
            try:
                put("", f"http://127.0.0.1:{port}")
                break
            except OSError:
                assert attempt < 299 and process.poll() is None
                time.sleep(0.1)
        yield (
            gate,
            {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{gate.port}",
                "AWS_ACCESS_KEY_ID": "a-key",
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_REGION": "us-east-1",
            },
        )
    finally:
        gate.close()
        process.kill()
        process.wait()
