"""What all commands share: options, the way values are read, and how errors end a command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from forge.errors import ForgeError
from forge.game.contract import BIDS, VALID_BIDS, Bid

EXIT_BAD_VALUE: Final = 2
EXIT_INTERRUPTED: Final = 130

DEVICE_HELP: Final = "auto (CUDA if there, else CPU), cuda, cuda:N or cpu."
DeviceOption = Annotated[str, typer.Option("--device", help=DEVICE_HELP)]
DeclOption = Annotated[
    str | None,
    typer.Option(
        "--decl",
        help="Declaration: name, id 0..9, a comma list, or all. Default: seed % 10.",
        metavar="NAME|ID|all",
    ),
]
OutOption = Annotated[
    str,
    typer.Option(
        "--out", help="Directory for train/, val/, test/; /dev/null writes nothing.", metavar="DIR"
    ),
]
WandbOption = Annotated[bool, typer.Option("--wandb", help="Log the run to Weights & Biases.")]
WandbGroupOption = Annotated[
    str | None, typer.Option("--wandb-group", help="W&B group; implies --wandb.")
]
LogMemoryOption = Annotated[
    bool, typer.Option("--log-memory", help="Add peak memory to each shard's line.")
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Make shards again that are already there.")
]


def command() -> typer.Typer:
    """An empty Typer app for a module with one command, whose docstring is the help."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def run(app: typer.Typer, args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run a command and end the process with its exit code.

    0 fine; 2 a bad value, file or device, told in one line on stderr; 130 Ctrl+C. Anything else is
    a defect of ours and keeps its traceback.
    """
    try:
        code = typer.main.get_command(app).main(
            args=None if args is None else list(args), prog_name=prog, standalone_mode=False
        )
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except Exception as error:
        line = _one_line(error)
        if line is None:
            raise
        code = complain(line)
    sys.exit(code if isinstance(code, int) else 0)


def complain(line: str) -> int:
    """Tell the user what is wrong, and return the exit code for it."""
    print(f"error: {line}", file=sys.stderr)
    return EXIT_BAD_VALUE


def _one_line(error: Exception) -> str | None:
    """What to tell the user; None for an error that isn't theirs."""
    usage_message = getattr(error, "format_message", None)
    if usage_message is not None:  # Typer's usage errors: an unknown option, a missing value
        return _first_line(usage_message())
    if isinstance(error, ForgeError):
        return _first_line(str(error))
    if isinstance(error, OSError):
        place = f": {error.filename}" if error.filename is not None else ""
        return _first_line(f"{error.strerror or error}{place}")
    if isinstance(error, MemoryError):
        return "out of memory"
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and isinstance(error, arrow.ArrowException):
        return _first_line(str(error))
    return None


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "unknown"


def parse_seed_range(text: str) -> range:
    """`A:B` -> seeds A..B-1; ForgeError for anything else, empty and backward ranges included."""
    first, colon, end = text.partition(":")
    if not (colon and first.isdecimal() and end.isdecimal() and text.isascii()):
        raise ForgeError(f"seed range {text!r} must be A:B with whole numbers, like 0:40")
    seeds = range(int(first), int(end))
    if not seeds:
        raise ForgeError(f"seed range {text!r} is empty or backwards: A:B needs A < B (B excluded)")
    return seeds


def parse_out_dir(text: str) -> Path | None:
    """A directory to write to; None for `/dev/null`, which means writing nothing."""
    return None if text == "/dev/null" else Path(text)


def non_negative(name: str, value: int) -> int:
    """A value that must be 0 or more, or a ForgeError that names the option."""
    if value < 0:
        raise ForgeError(f"{name} must be 0 or more, got {value}")
    return value


def at_least_one(name: str, value: int) -> int:
    """A value that must be 1 or more, or a ForgeError that names the option."""
    if value < 1:
        raise ForgeError(f"{name} must be 1 or more, got {value}")
    return value


def table_bid(name: str, number: int) -> Bid:
    """The bid that an option asks for, or a ForgeError that names the option."""
    if number not in {bid.number for bid in BIDS}:
        raise ForgeError(f"{name} must be {VALID_BIDS}, got {number}")
    return Bid.of(number)


def console() -> Console:
    """The console for results and progress: stdout, so that both share one terminal."""
    return Console()
