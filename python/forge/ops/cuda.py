"""Registration of the CUDA kernels, or of what says how to get them."""

from typing import Any, NoReturn

import torch

from forge.build import NO_CUDA_BUILD, native
from forge.errors import ForgeError
from forge.ops import schemas


def _no_cuda(*_args: Any) -> NoReturn:
    raise ForgeError(NO_CUDA_BUILD)


if not native.build()["cuda"]:
    for _op in schemas.SCHEMAS:
        schemas.LIBRARY.impl(_op, _no_cuda, "CUDA")
