"""Packages that only some commands need, and the extras of this package that install them.

Whoever imports one of them does so in `with extra(...)`; who would get to that only after long work
asks with `need` before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from forge.errors import ForgeError

# Extra -> its modules that this package imports; pyproject.toml has the names to install.
EXTRAS: Final = {
    "train": ("lightning", "torchmetrics", "matplotlib", "pandas", "statsmodels"),
    "look": ("matplotlib", "PIL", "textual"),
    "export": ("lightning", "onnx", "onnxruntime", "onnxscript"),
    "wandb": ("wandb",),
    "ray": ("ray",),
    "openspiel": ("pyspiel", "open_spiel"),
    "pettingzoo": ("pettingzoo", "gymnasium"),
}


class MissingExtraError(ForgeError):
    """A package is not installed; the message names the extra that installs it.

    Args:
        extra: a key of `EXTRAS`.
        module: the one that is not there.
    """

    def __init__(self, extra: str, module: str) -> None:
        super().__init__(
            f'this needs {module}, which is not installed: pip install "crystal-forge[{extra}]"'
        )


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Around imports from packages of an extra.

    Raises:
        MissingExtraError: if one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS[name]:
            raise
        raise MissingExtraError(name, module) from error


def need(name: str, *modules: str) -> None:
    """Make sure, before long work, that modules of an extra are there, without importing them.

    Raises:
        MissingExtraError: if one of them is not installed.
    """
    for module in modules:
        assert module in EXTRAS[name], module
        if not _is_there(module):
            raise MissingExtraError(name, module)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ModuleNotFoundError, ValueError):  # ValueError: something stands in for it
        return False
