"""A bar with rate and ETA, and how much memory a process has used."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def progress_bar(console: Console, transient: bool = False) -> Progress:
    """A bar with count, rate (the task's field `rate`) and ETA; nothing but on a terminal.

    Args:
        console: where to.
        transient: whether it is gone in the end.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=transient,
    )


def memory_use() -> dict[str, int]:
    """Peak resident memory of this process and, if CUDA was used, peak device memory, in bytes."""
    import resource

    import torch

    memory = {"peak_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    if torch.cuda.is_available():
        memory["peak_cuda"] = torch.cuda.max_memory_allocated()
    return memory
