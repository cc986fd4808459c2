"""`forge eval`: how good a checkpoint is, with intervals, calibration and its worst positions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from forge.cli import values
from forge.cli.command import Given, command
from forge.cli.measuring import SOLVING, Bars
from forge.cli.shared_options import device_option
from forge.cli.values import console
from forge.errors import ForgeError
from forge.extras import need
from forge.options import MOST_LISTED, MOST_PIECES, MOST_TOGETHER, option
from forge.work.paths import writable_folder

if TYPE_CHECKING:
    from forge.learn.network_module import NetworkModule
    from forge.models.stages import Measured


class MeasuredSplit(str, Enum):
    """A split that networks are measured on."""

    VAL = "val"
    TEST = "test"


@dataclass(frozen=True)
class EvalArgs:
    """What may be said to `forge eval`."""

    checkpoint: str = option(
        help="A checkpoint, or the name of a model.", metavar="FILE|NAME", reads=values.network
    )
    data: Path | None = option(
        None,
        "A tokenised folder; for Stage 2 one of E[Q] files. Default for Stage 1: the "
        "reference protocol, made from seeds.",
        metavar="DIR",
        stores=True,
        reads=values.existing,
    )
    split: MeasuredSplit = option(
        MeasuredSplit.VAL,
        "val by default, because test is for a last report and never for a choice.",
    )
    batch_size: int = option(4096, "Positions at a time.", least=1, most=MOST_TOGETHER)
    device: str = device_option("auto")
    out: Path | None = option(
        None,
        "Folder of the report. Default: {checkpoint}-eval-{split} beside the checkpoint, "
        "in the current folder for a model of the catalogue.",
        metavar="DIR",
        reads=writable_folder,
    )
    limit: int | None = option(
        None, "Only so many positions, evenly spread. [default: all]", least=1, most=MOST_PIECES
    )
    n_worst: int = option(20, "Worst positions to list.", "--worst", least=0, most=MOST_LISTED)
    draw: bool = option(True, "Draw PNG plots.", "--plots/--no-plots")
    as_json: bool = option(False, "Print the JSON report instead of tables.", "--json")


@command("eval")
def evaluate_checkpoint(args: EvalArgs, given: Given) -> None:
    """Measure a checkpoint against the targets, with confidence intervals.

    The reference protocol is seeds 900-949 (val) or 950-999 (test), decl = seed % 10, 10,000 states
    a deal sampled with seed 42; its solved states are cached in $FORGE_CACHE, else in
    ~/.cache/crystal-forge. Values are in points, in the frame of the team to act.

    Writes evaluation.json, worst.txt (command lines for forge solve) and PNG plots.

    A Stage 2 network is judged by the E[Q] of files that forge generate-eq-continuous made, with
    intervals over games and figures by trick: tables and evaluation.json alone.
    """
    need("train", "lightning", *(["matplotlib"] if args.draw else []))
    from forge.models.catalog import SHIPPED, resolve
    from forge.models.stages import STAGES, load_network

    # With --json, stdout is the report and nothing else.
    screen = console(stderr=args.as_json)
    path = resolve(args.checkpoint)
    module = load_network(path)
    stage = STAGES[module.STAGE]
    if not stage.lists_worst:
        _refuse_options_of_worst(given, stage.number)
    parent = Path() if path.parent == SHIPPED else path.parent
    folder = args.out or parent / f"{path.stem}-eval-{args.split.value}"
    writable_folder("--out", folder)
    with Bars(screen) as bars:
        solving = bars.mover(SOLVING)
        rows, source = stage.open_rows(args.data, args.split.value, args.device, solving)
        found = stage.measure(
            module,
            rows,
            device=args.device,
            on_batch=bars.mover("evaluating", stage.rows),
            n_worst=args.n_worst,
            source=source,
            batch_size=args.batch_size,
            limit=args.limit,
        )
    found.about.update(_about(path, module, args.split.value, args.device))
    report = json.dumps(found.to_json(), indent=1, allow_nan=False)
    files = {"evaluation.json": f"{report}\n".encode(), **_worst_and_plots(found, args.draw)}
    names = _save(files, folder)
    if args.as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    _show(found, screen)
    screen.print(f"wrote {folder}: {', '.join(names)}", highlight=False, soft_wrap=True)


def _refuse_options_of_worst(given: Given, stage: int) -> None:
    for name, typed in (("n_worst", "--worst"), ("draw", "--plots")):
        if name in given:
            raise ForgeError(f"{typed} says nothing for a Stage {stage} network: leave it out")


def _show(found: Measured, screen: Console) -> None:
    from forge.cli.show.eval_eq_tables import show_eq_evaluation
    from forge.cli.show.eval_tables import show_evaluation
    from forge.ml.measure.report import OracleEvaluation
    from forge.stage2.measure import EqEvaluation

    if isinstance(found, OracleEvaluation):
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
    from forge.ml.measure.report import OracleEvaluation

    if not isinstance(found, OracleEvaluation):
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
        from forge.look.plots.evaluation import evaluation_plots

        files |= {f"{name}.png": image for name, image in evaluation_plots(found).items()}
    return files


def _save(files: dict[str, bytes], folder: Path) -> list[str]:
    """Write the report; returns the names of its files."""
    from forge.work.atomic import write_file

    for name, content in files.items():
        write_file(folder / name, content)
    return list(files)


main = evaluate_checkpoint.main


if __name__ == "__main__":
    main()
