"""What was compiled, and whether it runs here."""

import platform
from typing import Any

from forge.errors import ForgeError

try:
    import forge._native as native
except ImportError as error:
    raise ImportError(
        "forge._native is missing: install the package with `pip install .` from its source "
        f"folder, and do not run Python from inside python/ ({error})"
    ) from error

__all__ = ["NO_CUDA_BUILD", "build_info", "native", "require_cuda_build"]

_missing = native.missing_cpu_feature()
if _missing:
    raise ImportError(
        f"the native core was compiled with {_missing}, which this processor lacks: "
        "reinstall here with `FORGE_MARCH=x86-64 pip install --no-cache-dir --force-reinstall .`"
    )

NO_CUDA_BUILD = (
    "this build of crystal-forge has no CUDA: reinstall it where nvcc is on PATH with "
    "`FORGE_CUDA=on pip install --no-cache-dir --force-reinstall .`"
)


def build_info() -> dict[str, Any]:
    """Versions, what was compiled, and the devices of this machine.

    Keys: ``version``, ``python``, ``platform``, ``torch``, ``compiler``, ``march``, ``cuda``
    (compiled with CUDA), ``cuda_version``, ``cuda_archs``, ``threads``, ``devices`` (names of the
    CUDA devices torch sees).
    """
    import torch

    from forge import __version__

    compiled = native.build()
    n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "torch": torch.__version__,
        "compiler": compiled["compiler"],
        "march": compiled["march"] or "compiler default",
        "cuda": compiled["cuda"],
        "cuda_version": compiled["cuda_version"],
        "cuda_archs": compiled["cuda_archs"].split(),
        "threads": torch.get_num_threads(),
        "devices": [torch.cuda.get_device_name(i) for i in range(n_devices)],
    }


def require_cuda_build() -> None:
    """Raises ForgeError, naming the remedy, if the native core has no CUDA."""
    if not native.build()["cuda"]:
        raise ForgeError(NO_CUDA_BUILD)
