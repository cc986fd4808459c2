"""`forge export`: a checkpoint as ONNX files, checked and measured, with a model card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from forge.cli.common import command, console, run
from forge.cli.measuring import SOLVING, Bars

if TYPE_CHECKING:
    from forge.learn.onnx.export import Export

app = command()


@app.command()
def export(
    checkpoint: Annotated[
        str,
        typer.Option("--checkpoint", help="A .ckpt, or a name of the catalogue.", metavar="PATH"),
    ],
    onnx: Annotated[
        Path,
        typer.Option(
            "--onnx",
            help="The fp32 file, X.onnx. Beside it go X.fp16.onnx, X.int8.onnx, X.md and X.json.",
            metavar="X.onnx",
        ),
    ],
    variants: Annotated[
        str, typer.Option("--variants", help="A comma list of fp32, fp16 and int8.")
    ] = "fp32,fp16,int8",
    opset: Annotated[int, typer.Option("--opset", help="ONNX opset, 18..22.")] = 18,
    positions: Annotated[
        int, typer.Option("--positions", help="Positions to check and measure on, at most.")
    ] = 10_000,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Take them from the val split of a tokenised folder, for Stage 2 of E[Q] files. "
            "[default: the reference protocol; for Stage 2 games of random play, without regret]",
            metavar="DIR",
        ),
    ] = None,
) -> None:
    """Write a checkpoint as ONNX, for any batch size.

    Stage 1: tokens and masks in, scores and value out. Stage 2: tokens in, mean, error and spread
    of E[Q] out.

    Every variant runs in onnxruntime on the positions and is compared with PyTorch; an fp32 file
    that differs by more than 0.001 points is not written.
    """
    from forge.learn.onnx.export import export as export_checkpoint
    from forge.learn.onnx.variants import parse_variants
    from forge.models.catalog import resolve
    from forge.models.stages import stage_of_file

    path = resolve(checkpoint)
    stage = stage_of_file(path)
    with Bars() as bars:
        result = export_checkpoint(
            path,
            onnx,
            lambda: stage.open_export_rows(data, positions, bars.mover(SOLVING)),
            variants=parse_variants(variants),
            opset=opset,
            n_positions=positions,
            load=stage.exportable,
        )
    _show(result, onnx.parent)


def _show(result: Export, folder: Path) -> None:
    from forge.models.stages import STAGES

    screen = console()
    unit = "logits" if result.loss_mode == "policy" else "points"
    table = Table(title=f"{result.n_positions:,} {STAGES[result.stage].rows}: {result.measured_on}")
    for name in ("file", "MB", f"max difference, {unit}", "same move", "q_gap"):
        table.add_column(name, justify="left" if name == "file" else "right", overflow="fold")
    table.add_row("PyTorch", "", "", "", _q_gap(result.torch_figures))
    for file in result.files:
        table.add_row(
            file.file,
            f"{file.size_bytes / 1e6:.2f}",
            f"{file.agreement.max_score_difference:.2g}",
            f"{file.agreement.same_move_rate:.2%}",
            _q_gap(file.figures),
        )
    screen.print(table)
    screen.print(f"card: {folder / result.name}.md", highlight=False, soft_wrap=True)


def _q_gap(figures: dict[str, float]) -> str:
    return f"{figures['q_gap']:.4f}" if "q_gap" in figures else ""


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
