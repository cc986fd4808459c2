"""The WebAssembly core and node, or the reason why they are not there."""

import fcntl
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WASM = ROOT / "web" / "core" / "crystal-forge.wasm"


@pytest.fixture(scope="session")
def node() -> str:
    """Path of node."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    return found


@pytest.fixture(scope="session")
def wasm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core in WebAssembly, built if it is older than its sources."""
    # One process of a run builds it; the others wait, and find it.
    with WASM.with_name("package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _built(tmp_path_factory)


def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = [*ROOT.glob("csrc/**/*"), *ROOT.glob("cmake/*.cmake")]
    if WASM.is_file() and WASM.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return WASM
    missing = [name for name in ("cmake", "ninja") if shutil.which(name) is None]
    missing += [] if importlib.util.find_spec("ziglang") else ["ziglang"]
    if missing:
        pytest.skip(f"the WebAssembly core is not built, and {', '.join(missing)} not installed")
    build = tmp_path_factory.mktemp("wasm")
    where = ["-S", ROOT, "-B", build, "--toolchain", ROOT / "cmake" / "Wasm.cmake"]
    configure = ["cmake", *where, "-G", "Ninja", f"-DPython_EXECUTABLE={sys.executable}"]
    for line in (configure, ["cmake", "--build", build]):
        done = subprocess.run(list(map(str, line)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return WASM
