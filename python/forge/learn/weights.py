"""Weights without a run: a small Lightning checkpoint, and the same as safetensors."""

import io
import json
import struct
from pathlib import Path
from typing import Any, Final, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.checkpoint_files import check_sizes
from forge.learn.network_module import STAGE_KEY, NetworkModule
from forge.learn.settings import STAGE_TEXTS
from forge.work.checksums import BLANK_CRC, FILE_CRC_KEY, check_sealed_file, crc_sealed
from forge.work.json_text import parse_json
from forge.work.tensor_files import check_finite, read_tensors

with extra("train"):
    import lightning

DTYPES: Final = {"float32": torch.float32, "float16": torch.float16}
_HPARAMS_KEY: Final = "hyper_parameters"
# Before the header of a safetensors file, which ends on a multiple of eight.
_HEADER_SIZE: Final = struct.Struct("<Q")
_HEADER_ALIGNMENT: Final = 8
# What tells the stage is in parts no larger.
_LOOKED_AT_BYTES: Final = 1 << 20
# Files without `STAGE_KEY` (the author's, and ours before it) are told apart by a hyperparameter
# that networks of a stage above 1 have, and no others.
_STAGE_BY_HPARAM: Final = {"floor": 2}

_Module = TypeVar("_Module", bound=NetworkModule)


def stripped_state(module: NetworkModule, dtype: str = "float32") -> dict[str, Tensor]:
    """The module's parameters on the CPU, each with memory of its own.

    Args:
        module: to take them from.
        dtype: a key of `DTYPES`; floating-point parameters are rounded to it.

    Raises:
        ForgeError: on another dtype, or one that is too small for a weight.
    """
    if dtype not in DTYPES:
        raise ForgeError(f"dtype must be {' or '.join(DTYPES)}, got {dtype!r}")
    state = {
        name: tensor.detach()
        .to("cpu", DTYPES[dtype] if tensor.is_floating_point() else None)
        .clone()
        for name, tensor in module.state_dict().items()
    }
    check_finite(state, f"as {dtype}")
    return state


def ckpt_bytes(state: dict[str, Tensor], hparams: dict[str, Any], stage: int) -> bytes:
    """A checkpoint of parameters, hyperparameters and stage alone, as `load_from_checkpoint` reads
    it."""
    buffer = io.BytesIO()
    checkpoint = {
        "state_dict": state,
        _HPARAMS_KEY: hparams,
        STAGE_KEY: stage,
        "pytorch-lightning_version": lightning.__version__,
    }
    torch.save(checkpoint, buffer)
    return buffer.getvalue()


def safetensors_bytes(state: dict[str, Tensor], hparams: dict[str, Any], stage: int) -> bytes:
    """The same as safetensors; hyperparameters as JSON in the header, the stage as text."""
    metadata = {
        "format": "pt",
        _HPARAMS_KEY: json.dumps(hparams, sort_keys=True),
        STAGE_KEY: str(stage),
        FILE_CRC_KEY: BLANK_CRC,
    }
    content = safetensors.torch.save({k: v.contiguous() for k, v in state.items()}, metadata)
    return crc_sealed(_in_order(content))


def _in_order(content: bytes) -> bytes:
    """A safetensors file with its metadata sorted: safetensors writes them in any order, and equal
    weights are to be equal files."""
    start = _HEADER_SIZE.size
    (size,) = _HEADER_SIZE.unpack_from(content)
    header = parse_json(content[start : start + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    written = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    padded = written + b" " * (-len(written) % _HEADER_ALIGNMENT)
    return _HEADER_SIZE.pack(len(padded)) + padded + content[start + size :]


def load_weights(path: Path, kind: type[_Module]) -> _Module:
    """A module from a `.ckpt` or a `.safetensors` file, on the CPU in eval mode.

    Args:
        path: of the file.
        kind: of the module wanted.

    Raises:
        ForgeError: if the file is missing, damaged, or of another network or stage.
    """
    check_stage(path, kind.STAGE)
    if path.suffix == ".safetensors":
        return _load_safetensors(path, kind).eval()
    return kind.load_from_checkpoint(path, map_location="cpu").eval()


def check_stage(path: Path, stage: int) -> None:
    """Nothing, if a file is of that stage, or does not say of which.

    Raises:
        ForgeError: if it is of another one.
    """
    told = _told_stage(path)
    if told is not None and told != stage:
        raise ForgeError(
            f"{path}: a network of {STAGE_TEXTS[told]}, but one of {STAGE_TEXTS[stage]} is wanted"
        )


def stage_of(path: Path) -> int:
    """Which stage a `.ckpt` or `.safetensors` file is of: 1 or 2.

    A file that cannot be read counts as Stage 1: loading it says what is wrong.
    """
    return _told_stage(path) or 1


def _told_stage(path: Path) -> int | None:
    """The stage that a file tells, or its hyperparameters do; None if there are none to be had.

    Raises:
        ForgeError: if it tells one that there is none of.
    """
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                content: dict[str, Any] = file.metadata() or {}
            found = parse_json(content[_HPARAMS_KEY])
        else:
            # Mapped, not read: parameters stay where they are, and are compared with their
            # checksums when they are loaded.
            content = read_tensors(path, "checkpoint", mmap=True, checked_bytes=_LOOKED_AT_BYTES)
            found = content[_HPARAMS_KEY]
    except (ForgeError, SafetensorError, OSError, KeyError, TypeError):
        return None  # what is wrong, it says again when it is loaded
    if not isinstance(found, dict):
        return None
    if STAGE_KEY in content:
        told = str(content[STAGE_KEY])
        if told not in map(str, STAGE_TEXTS):
            raise ForgeError(f"{path}: of stage {told}, which this version of forge does not know")
        return int(told)
    return max((_STAGE_BY_HPARAM[name] for name in found if name in _STAGE_BY_HPARAM), default=1)


def _load_safetensors(path: Path, kind: type[_Module]) -> _Module:
    if not path.is_file():
        raise ForgeError(f"no checkpoint at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        hparams = parse_json(metadata[_HPARAMS_KEY])
        check_sealed_file(path, metadata)
        check_sizes({_HPARAMS_KEY: dict(hparams), "state_dict": state}, str(path))
        module = kind(**hparams)
        module.load_state_dict(state, strict=True)
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ForgeError(f"{path}: not weights of this network: {reason[:200]}") from error
    check_finite(state, str(path))
    return module
