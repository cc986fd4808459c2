"""Weights without a run: a small Lightning checkpoint, and the same as safetensors."""

import io
import json
from pathlib import Path
from typing import Any, Final

import lightning
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from forge.errors import ForgeError
from forge.ml.module import DominoLightningModule

DTYPES: Final = {"float32": torch.float32, "float16": torch.float16}
_HPARAMS_KEY: Final = "hyper_parameters"


def stripped_state(module: DominoLightningModule, dtype: str = "float32") -> dict[str, Tensor]:
    """The module's parameters on the CPU, each with memory of its own.

    Args:
        module: to take them from.
        dtype: a key of `DTYPES`; floating-point parameters are rounded to it.

    Raises:
        ForgeError: on another dtype.
    """
    if dtype not in DTYPES:
        raise ForgeError(f"dtype must be {' or '.join(DTYPES)}, got {dtype!r}")
    return {
        name: tensor.detach()
        .to("cpu", DTYPES[dtype] if tensor.is_floating_point() else None)
        .clone()
        for name, tensor in module.state_dict().items()
    }


def ckpt_bytes(state: dict[str, Tensor], hparams: dict[str, Any]) -> bytes:
    """A checkpoint of parameters and hyperparameters alone, as `load_from_checkpoint` reads it."""
    buffer = io.BytesIO()
    checkpoint = {
        "state_dict": state,
        _HPARAMS_KEY: hparams,
        "pytorch-lightning_version": lightning.__version__,
    }
    torch.save(checkpoint, buffer)
    return buffer.getvalue()


def safetensors_bytes(state: dict[str, Tensor], hparams: dict[str, Any]) -> bytes:
    """The same as safetensors; hyperparameters as JSON in the header."""
    metadata = {"format": "pt", _HPARAMS_KEY: json.dumps(hparams, sort_keys=True)}
    return safetensors.torch.save({k: v.contiguous() for k, v in state.items()}, metadata)


def load_weights(path: Path) -> DominoLightningModule:
    """A module from a `.ckpt` or a `.safetensors` file, on the CPU in eval mode.

    Raises:
        ForgeError: if the file is missing, damaged, or of another network.
    """
    if path.suffix == ".safetensors":
        return _load_safetensors(path).eval()
    return DominoLightningModule.load_from_checkpoint(path, map_location="cpu").eval()


def _load_safetensors(path: Path) -> DominoLightningModule:
    if not path.is_file():
        raise ForgeError(f"no checkpoint at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        module = DominoLightningModule(**json.loads(metadata[_HPARAMS_KEY]))
        module.load_state_dict(state, strict=True)
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ForgeError(f"{path}: not weights of this network: {reason[:200]}") from error
    return module
