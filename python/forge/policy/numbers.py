"""The file of a policy: a header that says what it is, then its numbers, as the native core reads.

Little-endian: 8 bytes `FORGEPOL`, uint32 version, uint32 number of features, uint32 width of the
first layer, uint32 width of the second, uint64 count of numbers, 32 bytes SHA-256 of them; then
float32 numbers: embeddings [features, width 1], bias [width 1], second layer [width 1, width 2],
bias [width 2], third layer [width 2].
"""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError, reason_of
from forge.work.atomic import write_file

MAGIC: Final = b"FORGEPOL"
VERSION: Final = 1
SUFFIX: Final = ".policy"
HIDDEN_1: Final[int] = native.POLICY_HIDDEN_1
HIDDEN_2: Final[int] = native.POLICY_HIDDEN_2
N_POLICY_FEATURES: Final[int] = native.N_POLICY_FEATURES
N_WEIGHTS: Final[int] = native.N_POLICY_WEIGHTS
MAX_WEIGHT: Final[int] = native.MAX_POLICY_WEIGHT
_HEADER: Final = struct.Struct("<8s4IQ32s")
_SHAPE: Final = (VERSION, N_POLICY_FEATURES, HIDDEN_1, HIDDEN_2)


@dataclass(frozen=True)
class PolicyNumbers:
    """All numbers of a network.

    Args:
        tensor: float32 [N_WEIGHTS], of at most `MAX_WEIGHT` in size.

    Raises:
        ForgeError: for another type or shape, or numbers that are not finite, or larger.
    """

    tensor: Tensor

    def __post_init__(self) -> None:
        found = self.tensor
        if found.dtype != torch.float32 or tuple(found.shape) != (N_WEIGHTS,):
            raise ForgeError(
                f"a policy is float32 [{N_WEIGHTS}], got "
                f"{str(found.dtype).removeprefix('torch.')} {list(found.shape)}"
            )
        if not float(found.abs().max()) <= MAX_WEIGHT:
            raise ForgeError(
                f"a policy holds numbers that are not finite, or larger than {MAX_WEIGHT:,}"
            )

    def parts(self) -> dict[str, Tensor]:
        """Views by name: embeddings, bias_1, layer_2, bias_2, layer_3."""
        shapes = {
            "embeddings": (N_POLICY_FEATURES, HIDDEN_1),
            "bias_1": (HIDDEN_1,),
            "layer_2": (HIDDEN_1, HIDDEN_2),
            "bias_2": (HIDDEN_2,),
            "layer_3": (HIDDEN_2,),
        }
        sizes = [int(np.prod(shape)) for shape in shapes.values()]
        pieces = torch.split(self.tensor, sizes)
        named = zip(shapes.items(), pieces, strict=True)
        return {name: piece.view(shape) for (name, shape), piece in named}


def save_policy(policy: PolicyNumbers, path: Path) -> None:
    """Write a policy, whole or not at all."""
    write_file(path, policy_bytes(policy))


def policy_bytes(policy: PolicyNumbers) -> bytes:
    """What the file of a policy holds."""
    numbers = policy.tensor.numpy().astype("<f4").tobytes()
    header = _HEADER.pack(MAGIC, *_SHAPE, N_WEIGHTS, hashlib.sha256(numbers).digest())
    return header + numbers


def is_policy(path: Path) -> bool:
    """Whether a file is called or begins like a policy; `load_policy` says whether it is one."""
    if path.suffix == SUFFIX:
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def load_policy(path: Path | str) -> PolicyNumbers:
    """Read a policy.

    Raises:
        ForgeError: for a file that is missing, damaged, or of features that this build has not.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ForgeError(f"{path}: {reason_of(error)}") from error
    if len(content) < _HEADER.size or not content.startswith(MAGIC):
        raise ForgeError(f"{path}: not a policy of forge train-policy")
    _, *shape, count, digest = _HEADER.unpack_from(content)
    if tuple(shape) == _SHAPE and count != N_WEIGHTS:
        raise ForgeError(f"{path}: damaged: {count:,} numbers instead of {N_WEIGHTS:,}")
    if tuple(shape) != _SHAPE:
        raise ForgeError(
            f"{path}: version, features and widths are {shape}, this build reads {list(_SHAPE)}"
        )
    numbers = content[_HEADER.size :]
    if len(numbers) != 4 * N_WEIGHTS or hashlib.sha256(numbers).digest() != digest:
        raise ForgeError(f"{path}: damaged: its numbers are not those it was written with")
    try:
        return PolicyNumbers(torch.from_numpy(np.frombuffer(numbers, "<f4").astype(np.float32)))
    except ForgeError as error:
        raise ForgeError(f"{path}: {error}") from error
