"""The WebAssembly core and node, or the reason why they are not there."""

import shutil
from pathlib import Path

import pytest

from forge.web.checkout import Checkout, MissingProgramError
from forge.web.wasm_core import build_wasm


@pytest.fixture(scope="session")
def node() -> str:
    """Path of node."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    return found


@pytest.fixture(scope="session")
def wasm() -> Path:
    """The core in WebAssembly, built if it is older than its sources."""
    try:
        return build_wasm(Checkout.find())
    except MissingProgramError as error:
        pytest.skip(f"the WebAssembly core is not built: {error}")
