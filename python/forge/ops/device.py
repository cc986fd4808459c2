"""Which device a command runs on, and its memory as the native core sees it."""

import torch
from torch import Tensor

from forge.build import native, require_cuda_build
from forge.errors import ForgeError
from forge.work.devices import check_device

_TYPES = {
    torch.bool: "bool",
    torch.float32: "float32",
    torch.float64: "float64",
    torch.int8: "int8",
    torch.uint8: "uint8",
    torch.int32: "int32",
    torch.int64: "int64",
}


def resolve_device(text: str = "auto") -> torch.device:
    """``cpu``, ``cuda``, ``cuda:N``, or ``auto``: CUDA if this build and machine have it, else CPU.

    Raises ForgeError for anything else, and for CUDA where there is none.
    """
    check_device(text)
    if text == "auto":
        use_cuda = native.build()["cuda"] and torch.cuda.is_available()
        return torch.device("cuda" if use_cuda else "cpu")
    if text == "cpu":
        return torch.device("cpu")
    _, _, index = text.partition(":")
    require_cuda_build()
    if not torch.cuda.is_available():
        raise ForgeError(
            "torch sees no CUDA device: use --device cpu, or install a CUDA build of torch "
            "and a driver"
        )
    if index and int(index) >= torch.cuda.device_count():
        raise ForgeError(f"no device {text}: there are {torch.cuda.device_count()} CUDA devices")
    return torch.device(text)


def on_device(tensor: Tensor) -> native.DeviceArray:
    """A contiguous tensor as the native core takes it; the tensor must outlive the launch."""
    return native.DeviceArray(tensor.data_ptr(), tensor.shape, _TYPES[tensor.dtype])


def current_stream(tensor: Tensor) -> "native.cuda.Stream":
    """The current stream of a CUDA tensor's device, as the native core takes it."""
    return native.cuda.Stream(torch.cuda.current_stream(tensor.device).cuda_stream)
