"""Writes the types of the native module, python/forge/_native.pyi, from the module itself.

    python cmake/stub.py            # write it
    python cmake/stub.py --check    # exit code 1 if the file is not what would be written

It reads the signatures that pybind11 puts into docstrings. The submodule `cuda` is there in builds
with CUDA alone; a build without it leaves that part of the file as it is. Needs ruff, which lays
the text out.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import forge._native as native

STUB = Path(__file__).parents[1] / "python" / "forge" / "_native.pyi"

HEADER = '''"""{doc}

Written by cmake/stub.py; do not edit.
"""

# ruff: noqa: E501, N801

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

'''
BUFFERS = {native.PooledBuffer}  # before Python 3.12 a class does not say so
CUDA = "class cuda:"  # from here on it is the submodule

# How pybind11 writes a type, and how we do. Its versions, from 2.13 on, differ in the first ones.
TYPES = (
    (r"typing\.SupportsFloat \| typing\.SupportsIndex|typing\.SupportsFloat", "float"),
    (r"typing\.SupportsInt \| typing\.SupportsIndex|typing\.SupportsInt", "int"),
    (r'(?:typing\.)?Annotated\[(.*?\]), "?FixedSize\(\d+\)"?\]', r"\1"),
    (r"collections\.abc\.Sequence|\blist", "Sequence"),  # of an argument: nothing returns one
    (r"(?:typing\.)?Optional\[([^][]+(?:\[[^][]*\])?)\]", r"\1 | None"),
    (r"numpy\.typing\.NDArray\[numpy\.", "NDArray[np."),
    (r"forge\._native\.", ""),
    (r"\bdict\b(?!\[)", "dict[str, Any]"),
)


def signature(doc: str, name: str) -> tuple[str, str]:
    """Arguments and result, `(...) -> ...`, and the text below them."""
    first, _, text = doc.partition("\n")
    if not first.startswith(f"{name}("):
        raise ValueError(f"no signature in the docstring of {name}: {doc!r}")
    typed = first.removeprefix(name)
    for theirs, ours in TYPES:
        typed = re.sub(theirs, ours, typed)
    return re.sub(r"\(self: [\w.]+", "(self", typed), " ".join(text.split())


def quoted(text: str) -> str:
    """A docstring, or what stands for none."""
    return f'"""{text}"""' if text else "..."


def function(doc: str, name: str) -> Iterator[str]:
    """The lines of one function."""
    typed, text = signature(doc, name)
    yield f"def {name}{typed}:"
    yield f"    {quoted(text)}"


def members(cls: type) -> Iterator[str]:
    """The lines of a class, without its head."""
    values = getattr(cls, "__members__", None)
    yield quoted(("" if values is not None else cls.__doc__) or "")
    if values is not None:  # an enumeration
        for name in values:
            yield f"{name}: {cls.__name__}"
        yield "@property"
        yield "def value(self) -> int: ..."
        return
    for name, member in vars(cls).items():
        if isinstance(member, property):
            typed, _ = signature("get" + (member.fget.__doc__ or "").strip(), "get")
            yield "@property"
            yield f"def {name}(self) {typed[typed.index('->') :]}:"
            yield f"    {quoted(member.__doc__ or '')}"
        elif name == "__init__" or (callable(member) and not name.startswith("_")):
            yield from function(member.__doc__, name)
    if cls in BUFFERS:
        yield "def __buffer__(self, flags: int, /) -> memoryview: ..."


def contents(module: ModuleType | type) -> Iterator[str]:
    """The lines of a module but for its submodules: constants, classes, functions."""
    named: dict[str, Any] = {k: v for k, v in vars(module).items() if not k.startswith("_")}
    for name, value in named.items():
        if isinstance(value, int):
            yield f"{name}: int"
    for name, value in named.items():
        if isinstance(value, type):
            yield f"class {name}:"
            yield from ("    " + line for line in members(value))
    for name, value in named.items():
        if callable(value) and not isinstance(value, type):
            yield from function(value.__doc__, name)


def cuda_part(old: str) -> str:
    """The submodule, as a class of static functions."""
    if not native.build()["cuda"]:
        return old[old.index(CUDA) :]
    module = native.cuda
    lines = [CUDA, f'    """{module.__doc__} In builds with CUDA alone."""', ""]
    for line in contents(module):
        lines += ["    @staticmethod"] if line.startswith("def ") else []
        lines.append("    " + line)
    return "\n".join(lines) + "\n"


def stub(old: str) -> str:
    """What the file should be; `old` is what it was."""
    head = HEADER.format(doc=native.__doc__)
    text = head + "\n".join(contents(native)) + "\n\n" + cuda_part(old)
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(STUB), "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description="Types of the native module.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    args = parser.parse_args()
    old = STUB.read_text()
    new = stub(old)
    if args.check and new != old:
        raise SystemExit(f"{STUB.name} is stale: rebuild, then run `python cmake/stub.py`")
    if not args.check:
        STUB.write_text(new)


if __name__ == "__main__":
    main()
