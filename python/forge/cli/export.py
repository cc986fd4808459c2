"""`forge export`: a checkpoint as ONNX files, checked and measured, with a model card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from forge.cli.command import command
from forge.cli.measuring import SOLVING, Bars
from forge.cli.values import console
from forge.extras import EXTRAS, need
from forge.options import option

if TYPE_CHECKING:
    from forge.learn.onnx.export import Export


@dataclass(frozen=True)
class ExportArgs:
    """What may be said to `forge export`."""

    checkpoint: str = option(help="A .ckpt, or a name of the catalogue.", metavar="PATH")
    onnx: Path = option(
        help="The fp32 file, X.onnx. Beside it go X.fp16.onnx, X.int8.onnx, X.md and X.json.",
        metavar="X.onnx",
    )
    variants: str = option("fp32,fp16,int8", "A comma list of fp32, fp16 and int8.")
    opset: int = option(18, "ONNX opset, 18..22.")
    positions: int = option(10_000, "Positions to check and measure on, at most.")
    data: Path | None = option(
        None,
        "Take them from the val split of a tokenised folder, for Stage 2 of E[Q] files. "
        "[default: the reference protocol; for Stage 2 games of random play, without regret]",
        metavar="DIR",
    )


@command()
def export(args: ExportArgs) -> None:
    """Write a checkpoint as ONNX, for any batch size.

    Stage 1: tokens and masks in, scores and value out. Stage 2: tokens in, mean, error and spread
    of E[Q] out.

    Every variant runs in onnxruntime on the positions and is compared with PyTorch; an fp32 file
    that differs by more than 0.001 points is not written.
    """
    need("export", *EXTRAS["export"])
    from forge.learn.onnx.export import export as export_checkpoint
    from forge.learn.onnx.variants import parse_variants
    from forge.models.catalog import resolve
    from forge.models.stages import stage_of_file

    path = resolve(args.checkpoint)
    stage = stage_of_file(path)
    with Bars() as bars:
        result = export_checkpoint(
            path,
            args.onnx,
            lambda: stage.open_export_rows(args.data, args.positions, bars.mover(SOLVING)),
            variants=parse_variants(args.variants),
            opset=args.opset,
            n_positions=args.positions,
            load=stage.exportable,
        )
    _show(result, args.onnx.parent)


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


main = export.main


if __name__ == "__main__":
    main()
