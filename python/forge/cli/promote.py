"""`forge promote`: a checkpoint of a run into the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forge.cli import values
from forge.cli.command import command
from forge.cli.measuring import SOLVING, Bars
from forge.cli.shared_options import device_option
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import option
from forge.work.paths import writable_folder

if TYPE_CHECKING:
    from forge.learn.batches import RowSource
    from forge.models.catalog import Model


@dataclass(frozen=True)
class PromoteArgs:
    """What may be said to `forge promote`."""

    checkpoint: Path = option(help="A .ckpt of a run.", metavar="RUN.ckpt", reads=values.existing)
    size_name: str | None = option(
        None, "A word for the size. [default: by the number of parameters]"
    )
    name: str | None = option(None, "Of the files. [default: by the naming convention]")
    title: str | None = option(None, "What tables call it. [default: kind and size]")
    notes: str = option("", "Where it comes from.")
    to: Path | None = option(
        None,
        "Folder of the catalogue. [default: the package's]",
        metavar="DIR",
        reads=writable_folder,
    )
    dtype: str = option("float32", "Of the stored parameters: float32 or float16.")
    no_limit: bool = option(False, "Allow files above 8 MB (with --to).")
    data: Path | None = option(
        None,
        "Measure on the val split of a tokenised folder (with --to), for Stage 2 of "
        "E[Q] files. [default: the reference protocol, which Stage 2 has none of]",
        metavar="DIR",
        reads=values.existing,
    )
    device: str = device_option("auto")


@command()
def promote(args: PromoteArgs) -> None:
    """Copy, measure, name and document a checkpoint; weights only, as .ckpt and .safetensors."""
    from forge.models.stages import stage_of_file

    stage = stage_of_file(args.checkpoint)
    if args.to is None and (args.no_limit or (stage.has_protocol and args.data is not None)):
        raise ForgeError(
            "models of the package stay within the limit and are measured by the reference "
            "protocol: give --to DIR with --no-limit or --data"
        )
    from forge.models.catalog import SHIPPED
    from forge.models.promote import MAX_SHIPPED_BYTES, PromoteOptions
    from forge.models.promote import promote as promote_checkpoint

    options = PromoteOptions(
        size_name=args.size_name,
        name=None if args.name is None else args.name.removesuffix(".ckpt"),
        title=args.title,
        notes=args.notes,
        dtype=args.dtype,
        max_bytes=None if args.no_limit else MAX_SHIPPED_BYTES,
    )
    folder = SHIPPED if args.to is None else args.to
    writable_folder("--to", folder)
    with Bars() as bars:
        solving = bars.mover(SOLVING)

        def open_rows() -> tuple[RowSource, str]:
            if args.to is None:
                return stage.open_shipped_rows(args.data, solving)
            return stage.open_rows(args.data, on_deal=solving)

        model = promote_checkpoint(
            args.checkpoint,
            folder,
            open_rows,
            options,
            args.device,
            on_batch=bars.mover("measuring"),
        )
    screen = console()
    screen.print(f"{folder / model.name}.ckpt", highlight=False, soft_wrap=True)
    screen.print(
        f"{model.title}: {model.n_params:,} parameters, {_figures(model)}",
        highlight=False,
        soft_wrap=True,
    )


def _figures(model: Model) -> str:
    """What was measured, in one line."""
    from forge.models.stages import STAGES

    figures = [
        f"{name} {model.metrics[name]:.3f}" for name in ("q_gap", "q_mae") if name in model.metrics
    ]
    figures += [
        f"{name} {model.metrics[name]:.2%}"
        for name in ("accuracy", "agreement")
        if name in model.metrics
    ]
    return f"{', '.join(figures)} on {model.n_positions:,} {STAGES[model.stage].rows}"


main = promote.main


if __name__ == "__main__":
    main()
