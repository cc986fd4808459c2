"""`forge eval`: how good a checkpoint is, with intervals, calibration and its worst positions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from forge.cli.common import DeviceOption, at_least_one, command, console, non_negative, run

if TYPE_CHECKING:
    from forge.ml.evaluate import Rows
    from forge.ml.evaluation import Evaluation
    from forge.ml.module import DominoLightningModule

app = command()


class Split(str, Enum):
    """A split that networks are measured on."""

    VAL = "val"
    TEST = "test"


@app.command()
def evaluate_checkpoint(
    checkpoint: Annotated[
        str,
        typer.Option(
            "--checkpoint", help="A checkpoint, or the name of a model.", metavar="FILE|NAME"
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="A tokenised folder. Default: the reference protocol, made from seeds.",
            metavar="DIR",
        ),
    ] = None,
    split: Annotated[
        Split,
        typer.Option(
            "--split",
            help="val by default, because test is for a last report and never for a choice.",
        ),
    ] = Split.VAL,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Positions at a time.")] = 4096,
    device: DeviceOption = "auto",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder of the report. Default: {checkpoint}-eval-{split} beside the checkpoint, "
            "in the current folder for a model of the catalogue.",
            metavar="DIR",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Only so many positions, evenly spread. [default: all]"),
    ] = None,
    n_worst: Annotated[int, typer.Option("--worst", help="Worst positions to list.")] = 20,
    draw: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw PNG plots.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the JSON report instead of tables.")
    ] = False,
) -> None:
    """Measure a checkpoint against the targets, with confidence intervals.

    The reference protocol is seeds 900-949 (val) or 950-999 (test), decl = seed % 10, 10,000 states
    a deal sampled with seed 42; its solved states are cached in $FORGE_CACHE, else in
    ~/.cache/crystal-forge. Values are in points, in the frame of the team to act.

    Writes evaluation.json, worst.txt (command lines for forge solve) and PNG plots.
    """
    from forge.ml.evaluate import evaluate
    from forge.ml.weights import load_weights
    from forge.models.catalog import SHIPPED, resolve

    at_least_one("--batch-size", batch_size)
    non_negative("--worst", n_worst)
    if limit is not None:
        at_least_one("--limit", limit)
    # With --json, stdout is the report and nothing else.
    screen = Console(stderr=True) if as_json else console()
    path = resolve(checkpoint)
    module = load_weights(path)
    rows = _rows(data, split.value, device, screen)
    with _bar(screen) as progress:
        task = progress.add_task("evaluating", total=None, rate="")

        def show(n_done: int, n_total: int) -> None:
            elapsed_s = progress.tasks[task].elapsed or 0.0
            rate = f"{n_done / elapsed_s:,.0f} positions/s" if elapsed_s else ""
            progress.update(task, completed=n_done, total=n_total, rate=rate)

        found = evaluate(
            module,
            rows,
            device=device,
            batch_size=batch_size,
            limit=limit,
            n_worst=n_worst,
            source=None if data is None else f"{data}, {split.value}",
            on_batch=show,
        )
    found.about.update(_about(path, module, split.value, device))
    parent = Path() if path.parent == SHIPPED else path.parent
    folder = out or parent / f"{path.stem}-eval-{split.value}"
    names = _save(found, folder, draw)
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    from forge.cli.eval_tables import show_evaluation

    show_evaluation(found, screen)
    screen.print(f"wrote {folder}: {', '.join(names)}", highlight=False, soft_wrap=True)


def _rows(data: Path | None, split: str, device: str, screen: Console) -> Rows:
    """The rows to measure on: a split of a folder, or the reference protocol."""
    if data is not None:
        from forge.ml.data import DominoDataModule

        return DominoDataModule(data).open_split(split)
    from forge.ml.protocol import reference_rows
    from forge.ops import resolve_device

    with _bar(screen) as progress:
        task = progress.add_task("solving deals", total=None, rate="", visible=False)

        def show(n_done: int, n_total: int) -> None:
            progress.update(
                task,
                completed=n_done,
                total=n_total,
                visible=True,
                rate=f"{n_done}/{n_total} deals, once",
            )

        return reference_rows(split, device=resolve_device(device), on_deal=show)


def _bar(screen: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=screen,
        disable=not screen.is_terminal,
        transient=True,
    )


def _about(
    checkpoint: Path, module: DominoLightningModule, split: str, device: str
) -> dict[str, Any]:
    """What the report says about the run beside its figures."""
    from forge import __version__
    from forge.ml.hashing import sha256_of
    from forge.ops import resolve_device

    return {
        "checkpoint": str(checkpoint),
        "checkpoint_sha256": sha256_of(checkpoint),
        "n_parameters": sum(p.numel() for p in module.parameters()),
        "split": split,
        "device": str(resolve_device(device)),
        "forge_version": __version__,
    }


def _save(found: Evaluation, folder: Path, draw: bool) -> list[str]:
    """Write the report; returns the names of its files."""
    from forge.oracle.atomic import write_file

    files = {
        "evaluation.json": (json.dumps(found.to_json(), indent=1, allow_nan=False) + "\n").encode()
    }
    commands = [
        f"# regret {each.regret}: played {each.chosen}, best {' '.join(each.best)}\n{each.command}"
        for each in found.worst
        if each.command is not None
    ]
    if commands:
        files["worst.txt"] = ("\n".join(commands) + "\n").encode()
    if draw:
        from forge.ml.plots import plots

        files |= {f"{name}.png": image for name, image in plots(found).items()}
    for name, content in files.items():
        write_file(folder / name, content)
    return list(files)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
