"""`forge export`: a checkpoint as ONNX files, checked and measured, with a model card."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.table import Table

from forge.cli import values
from forge.cli.command import command
from forge.cli.measuring import SOLVING, Bars
from forge.cli.values import console
from forge.errors import ForgeError
from forge.extras import EXTRAS, need
from forge.options import MOST_LISTED, option
from forge.work.json_text import read_json
from forge.work.paths import writable_file

if TYPE_CHECKING:
    from forge.learn.batches import RowSource
    from forge.learn.onnx.export import Export
    from forge.learn.onnx.exportable import Exportable

# Stands for the policy that comes with forge, as among players.
SHIPPED_POLICY: Final = "policy"


def _find(name: str, checkpoint: str) -> Path:
    from forge.policy import SHIPPED

    if checkpoint == SHIPPED_POLICY and not Path(checkpoint).exists():
        return SHIPPED
    return values.network(name, checkpoint)


@dataclass(frozen=True)
class ExportArgs:
    """What may be said to `forge export`."""

    checkpoint: str = option(
        help="A .ckpt, a name of the catalogue, a .policy of train-policy, or policy: the shipped "
        "one.",
        metavar="PATH",
        reads=_find,
    )
    onnx: Path = option(
        help="The fp32 file, X.onnx. Beside it go X.fp16.onnx, X.int8.onnx, X.md and X.json.",
        metavar="X.onnx",
        reads=writable_file,
    )
    variants: str | None = option(
        None, "A comma list of fp32, fp16 and int8. [default: all; fp32 and fp16 of a policy]"
    )
    opset: int = option(18, "ONNX opset, 18..22.", least=18, most=22)
    positions: int = option(
        10_000, "Positions to check and measure on, at most.", least=1, most=MOST_LISTED
    )
    data: Path | None = option(
        None,
        "Take them from the val split of a tokenised folder, for Stage 2 of E[Q] files. "
        "[default: the reference protocol; for Stage 2 and policies games of random play]",
        metavar="DIR",
        reads=values.existing,
    )
    as_json: bool = option(False, "Print the card as JSON instead of a table.", "--json")


@command()
def export(args: ExportArgs) -> None:
    """Write a checkpoint as ONNX, for any batch size.

    Stage 1: tokens and masks in, scores and value out. Stage 2: tokens in, mean, error and spread
    of E[Q] out. A policy: the features of forge.ops.policy_features in, logits out.

    Every variant runs in onnxruntime on the positions and is compared with PyTorch; an fp32 file
    that differs by more than 0.001 points is not written.
    """
    need("export", *EXTRAS["export"])
    from forge.learn.onnx.export import export as export_checkpoint
    from forge.learn.onnx.variants import parse_variants

    path = _find("--checkpoint", args.checkpoint)
    with Bars() as bars:
        load, open_rows = _reader(path, args, bars)
        result = export_checkpoint(
            path,
            args.onnx,
            open_rows,
            variants=None if args.variants is None else parse_variants(args.variants),
            opset=args.opset,
            n_positions=args.positions,
            load=load,
        )
    if args.as_json:
        print(json.dumps(read_json(args.onnx.parent / f"{result.name}.json"), allow_nan=False))
    else:
        _show(result, args.onnx.parent)


def _reader(
    path: Path, args: ExportArgs, bars: Bars
) -> tuple[Callable[[Path], Exportable], Callable[[], tuple[RowSource, str]]]:
    """How a file is read, and what opens the rows that it is checked on."""
    from forge.models.stages import stage_of_file
    from forge.policy.numbers import is_policy

    if not is_policy(path):
        stage = stage_of_file(path)
        return stage.exportable, lambda: stage.open_export_rows(
            args.data, args.positions, bars.mover(SOLVING)
        )
    if args.data is not None:
        raise ForgeError("a policy is checked on games of random play: no --data")
    from forge.policy.export import RandomDecisions, load_policy_exportable

    def random_decisions() -> tuple[RowSource, str]:
        rows = RandomDecisions(args.positions)
        return rows, rows.source

    return load_policy_exportable, random_decisions


def _show(result: Export, folder: Path) -> None:
    screen = console()
    table = Table(title=f"{result.n_positions:,} {result.rows}: {result.measured_on}")
    for name in ("file", "MB", f"max difference, {result.unit}", "same move", "q_gap"):
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
