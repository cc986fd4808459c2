"""`forge eval`: how good a checkpoint is, with intervals, calibration and its worst positions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from forge.cli.common import DeviceOption, at_least_one, command, console, non_negative, run
from forge.cli.measuring import SOLVING, Bars
from forge.errors import ForgeError

if TYPE_CHECKING:
    from forge.learn.network_module import NetworkModule
    from forge.models.stages import Measured

app = command()


class Split(str, Enum):
    """A split that networks are measured on."""

    VAL = "val"
    TEST = "test"


@app.command()
def evaluate_checkpoint(
    context: typer.Context,
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
            help="A tokenised folder; for Stage 2 one of E[Q] files. Default for Stage 1: the "
            "reference protocol, made from seeds.",
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

    A Stage 2 network is judged by the E[Q] of files that forge generate-eq-continuous made, with
    intervals over games and figures by trick: tables and evaluation.json alone.
    """
    from forge.models.catalog import SHIPPED, resolve
    from forge.models.stages import STAGES, load_network

    at_least_one("--batch-size", batch_size)
    non_negative("--worst", n_worst)
    if limit is not None:
        at_least_one("--limit", limit)
    # With --json, stdout is the report and nothing else.
    screen = Console(stderr=True) if as_json else console()
    path = resolve(checkpoint)
    module = load_network(path)
    stage = STAGES[module.STAGE]
    if not stage.lists_worst:
        _refuse_options_of_worst(context, stage.number)
    with Bars(screen) as bars:
        solving = bars.mover(SOLVING)
        rows, source = stage.open_rows(data, split.value, device, solving)
        found = stage.measure(
            module,
            rows,
            device=device,
            on_batch=bars.mover("evaluating", stage.rows),
            n_worst=n_worst,
            source=source,
            batch_size=batch_size,
            limit=limit,
        )
    found.about.update(_about(path, module, split.value, device))
    parent = Path() if path.parent == SHIPPED else path.parent
    folder = out or parent / f"{path.stem}-eval-{split.value}"
    report = json.dumps(found.to_json(), indent=1, allow_nan=False)
    files = {"evaluation.json": f"{report}\n".encode(), **_worst_and_plots(found, draw)}
    names = _save(files, folder)
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    _show(found, screen)
    screen.print(f"wrote {folder}: {', '.join(names)}", highlight=False, soft_wrap=True)


def _refuse_options_of_worst(context: typer.Context, stage: int) -> None:
    for name, option in (("n_worst", "--worst"), ("draw", "--plots")):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise ForgeError(f"{option} says nothing for a Stage {stage} network: leave it out")


def _show(found: Measured, screen: Console) -> None:
    from forge.cli.show.eval_eq_tables import show_eq_evaluation
    from forge.cli.show.eval_tables import show_evaluation
    from forge.ml.measure.report import Evaluation
    from forge.stage2.measure import EqEvaluation

    if isinstance(found, Evaluation):
        show_evaluation(found, screen)
    if isinstance(found, EqEvaluation):
        show_eq_evaluation(found, screen)


def _about(checkpoint: Path, module: NetworkModule, split: str, device: str) -> dict[str, Any]:
    """What the report says about the run beside its figures."""
    from forge import __version__
    from forge.ops import resolve_device
    from forge.work.hashing import sha256_of

    return {
        "checkpoint": str(checkpoint),
        "checkpoint_sha256": sha256_of(checkpoint),
        "n_parameters": sum(p.numel() for p in module.parameters()),
        "split": split,
        "device": str(resolve_device(device)),
        "forge_version": __version__,
    }


def _worst_and_plots(found: Measured, draw: bool) -> dict[str, bytes]:
    """Files of the report beside its JSON, by name; none where no worst rows are listed."""
    from forge.ml.measure.report import Evaluation

    if not isinstance(found, Evaluation):
        return {}
    files: dict[str, bytes] = {}
    commands = [
        f"# regret {each.regret}: played {each.chosen}, best {' '.join(each.best)}\n{each.command}"
        for each in found.worst
        if each.command is not None
    ]
    if commands:
        files["worst.txt"] = ("\n".join(commands) + "\n").encode()
    if draw:
        from forge.look.plots.evaluation import plots

        files |= {f"{name}.png": image for name, image in plots(found).items()}
    return files


def _save(files: dict[str, bytes], folder: Path) -> list[str]:
    """Write the report; returns the names of its files."""
    from forge.work.atomic import write_file

    for name, content in files.items():
        write_file(folder / name, content)
    return list(files)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
