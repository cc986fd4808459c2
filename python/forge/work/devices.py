"""What devices are called, and how many cores there are."""

import os
import re
from typing import Final

from forge.errors import ForgeError, brief

_DEVICE: Final = re.compile(r"auto|cpu|cuda(:[0-9]{1,4})?")


def check_device(text: str) -> None:
    """Raises ForgeError for what is no name of a device; whether it is there is not looked at."""
    if not isinstance(text, str) or _DEVICE.fullmatch(text) is None:
        raise ForgeError(f"unknown device {brief(text)}; valid are auto, cpu, cuda, cuda:N")


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
