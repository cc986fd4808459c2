"""What the page fetches beside its own code: core, policy, calibration, network, ONNX runtime."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from forge.bidding.calibration.logistic import SHIPPED as SHIPPED_CALIBRATION
from forge.errors import ForgeError
from forge.extras import EXTRAS, need
from forge.policy import SHIPPED as SHIPPED_POLICY
from forge.web.checkout import Checkout
from forge.web.node_packages import licences
from forge.web.wasm_core import wasm_file
from forge.work.hashing import sha256_of
from forge.work.json_text import read_json

# The shipped network that plays best from the transcript alone.
NETWORK: Final = "domino-eq-seat"
_RUNTIME: Final = ("ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs")
# Of decisions of random games; that the graph is the network shows on a few hundred.
_CHECKED_ON: Final = 500


def gather_assets(checkout: Checkout, with_network: bool, tell: Callable[[str], None]) -> None:
    """Put all of it into `web/public/assets`, and nothing else.

    Args:
        checkout: with its packages installed and its WebAssembly core built.
        with_network: the network and the ONNX runtime as well.
        tell: is told of what takes long.

    Raises:
        MissingExtraError: if the network has to be exported and the extra is not there.
        ForgeError: if a file is missing.
    """
    there = checkout.web / "public" / "assets"
    files = {
        "crystal-forge.wasm": wasm_file(checkout),
        "seat.policy": checkout.of_package(SHIPPED_POLICY),
        "calibration.json": checkout.of_package(SHIPPED_CALIBRATION),
    }
    if with_network:
        files["stage2.onnx"] = _network(checkout, tell)
        runtime = checkout.web / "node_modules" / "onnxruntime-web" / "dist"
        files |= {f"ort/{name}": runtime / name for name in _RUNTIME}
    if lacking := [str(path) for path in files.values() if not path.is_file()]:
        raise ForgeError(f"not there: {', '.join(lacking)}")
    shutil.rmtree(there, ignore_errors=True)
    for name, path in files.items():
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, there / name)
    (there / "licences.txt").write_text(licences(checkout))


def need_network(checkout: Checkout) -> None:
    """Make sure that the network is exported, or can be.

    Raises:
        MissingExtraError: if a package for it is not there.
    """
    if not _is_export_of(*_exported(checkout)):
        need("export", *EXTRAS["export"])


def _network(checkout: Checkout, tell: Callable[[str], None]) -> Path:
    """The network as ONNX, exported unless it is there already."""
    out, checkpoint = _exported(checkout)
    if not _is_export_of(out, checkpoint):
        tell(f"exporting {checkpoint.stem}")
        _export(checkpoint, out)
    return out


def _exported(checkout: Checkout) -> tuple[Path, Path]:
    """Where the network is exported to, and its checkpoint."""
    from forge.models.catalog import SHIPPED, resolve

    checkpoint = resolve(NETWORK, checkout.of_package(SHIPPED))
    return checkout.root / "build" / "page" / "stage2.onnx", checkpoint


def _is_export_of(out: Path, checkpoint: Path) -> bool:
    """Whether the card beside an export names this checkpoint and the file that is there."""
    try:
        card = read_json(out.with_suffix(".json"))
        (file,) = card["files"]
        data = out.read_bytes()
    except (OSError, ValueError, KeyError):
        return False
    sha256 = hashlib.sha256(data).hexdigest()
    return (card["checkpoint_sha256"], file["sha256"]) == (sha256_of(checkpoint), sha256)


def _export(checkpoint: Path, out: Path) -> None:
    from forge.learn.onnx.export import export
    from forge.models.stages import stage_of_file

    stage = stage_of_file(checkpoint)
    export(
        checkpoint,
        out,
        lambda: stage.open_export_rows(None, _CHECKED_ON, None),
        load=stage.exportable,
        variants=["fp32"],
        n_positions=_CHECKED_ON,
    )
