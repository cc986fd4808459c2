"""`forge export`: a checkpoint as ONNX files, checked and measured, with a model card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from forge.cli.common import command, console, run
from forge.cli.measuring import Bars, open_rows

if TYPE_CHECKING:
    from forge.ml.export import Export

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
        int, typer.Option("--positions", help="Positions to check and measure on.")
    ] = 10_000,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Take them from the val split of a tokenised folder. "
            "[default: the reference protocol]",
            metavar="DIR",
        ),
    ] = None,
) -> None:
    """Write a checkpoint as ONNX: any batch size, tokens and masks in, scores and value out.

    Every variant runs in onnxruntime on the positions and is compared with PyTorch; an fp32 file
    that differs by more than 0.001 points is not written.
    """
    from forge.ml.export import export as export_checkpoint
    from forge.ml.onnx_variants import parse_variants
    from forge.models.catalog import resolve

    with Bars() as bars:
        result = export_checkpoint(
            resolve(checkpoint),
            onnx,
            lambda: open_rows(data, bars),
            variants=parse_variants(variants),
            opset=opset,
            n_positions=positions,
        )
    _show(result, onnx.parent)


def _show(result: Export, folder: Path) -> None:
    screen = console()
    unit = "points" if result.loss_mode == "qvalue" else "logits"
    table = Table(title=f"{result.n_positions:,} positions: {result.measured_on}")
    for name in ("file", "MB", f"max difference, {unit}", "same move", "q_gap"):
        table.add_column(name, justify="left" if name == "file" else "right", overflow="fold")
    table.add_row("PyTorch", "", "", "", f"{result.torch_figures['q_gap']:.4f}")
    for file in result.files:
        table.add_row(
            file.file,
            f"{file.size_bytes / 1e6:.2f}",
            f"{file.agreement.max_score_difference:.2g}",
            f"{file.agreement.same_move_rate:.2%}",
            f"{file.figures['q_gap']:.4f}",
        )
    screen.print(table)
    screen.print(f"card: {folder / result.name}.md", highlight=False, soft_wrap=True)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
