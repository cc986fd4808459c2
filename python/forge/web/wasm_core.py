"""The native core in WebAssembly, built where it is older than its sources."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from forge.web.checkout import Checkout, MissingProgramError, alone, find_program, run_program

_FROM_PYPI: Final = "pip install ziglang cmake ninja"


def wasm_file(checkout: Checkout) -> Path:
    """Where the build puts it."""
    return checkout.web / "core" / "crystal-forge.wasm"


def is_current(checkout: Checkout) -> bool:
    """Whether it is there and no source is younger."""
    file = wasm_file(checkout)
    sources = [*checkout.root.glob("csrc/**/*"), *checkout.root.glob("cmake/*.cmake")]
    return file.is_file() and file.stat().st_mtime >= max(
        path.stat().st_mtime for path in sources if path.is_file()
    )


def build_wasm(checkout: Checkout) -> Path:
    """Build it unless it is current; several processes that want it build it once.

    Returns:
        The file.

    Raises:
        MissingProgramError: if it has to be built and a compiler, CMake or ninja is not there.
        ForgeError: if the build fails.
    """
    with alone(checkout.web / "core" / "package.json"):
        if not is_current(checkout):
            _build(checkout)
    return wasm_file(checkout)


def find_compiler() -> tuple[str, str]:
    """Paths of CMake and ninja, where the compiler is there too.

    Raises:
        MissingProgramError: if one of the three is not.
    """
    cmake, ninja = (find_program(name, _FROM_PYPI) for name in ("cmake", "ninja"))
    if find_spec("ziglang") is None:
        raise MissingProgramError(f"the build needs ziglang, which is not installed: {_FROM_PYPI}")
    return cmake, ninja


def _build(checkout: Checkout) -> None:
    cmake, ninja = find_compiler()
    # Not build/wasm: a folder that was set up by another Python names a compiler that is gone.
    with TemporaryDirectory() as build:
        configure: list[str | Path] = [cmake, "-S", checkout.root, "-B", build, "-G", "Ninja"]
        configure += ["--toolchain", checkout.root / "cmake" / "Wasm.cmake"]
        configure += [f"-DCMAKE_MAKE_PROGRAM={ninja}", f"-DPython_EXECUTABLE={sys.executable}"]
        for line in (configure, [cmake, "--build", build]):
            run_program(line, checkout.root)
    # An unchanged core is not linked again, and would seem old for ever.
    wasm_file(checkout).touch()
