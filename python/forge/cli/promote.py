"""`forge promote`: a checkpoint of a run into the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forge.cli.common import DeviceOption, command, console, run
from forge.cli.measuring import SOLVING, Bars
from forge.errors import ForgeError

if TYPE_CHECKING:
    from forge.learn.batches import RowSource
    from forge.models.catalog import Model

app = command()


@app.command()
def promote(
    checkpoint: Annotated[
        Path, typer.Option("--checkpoint", help="A .ckpt of a run.", metavar="RUN.ckpt")
    ],
    size_name: Annotated[
        str | None,
        typer.Option(
            "--size-name", help="A word for the size. [default: by the number of parameters]"
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Of the files. [default: by the naming convention]"),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option("--title", help="What tables call it. [default: kind and size]"),
    ] = None,
    notes: Annotated[str, typer.Option("--notes", help="Where it comes from.")] = "",
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", help="Folder of the catalogue. [default: the package's]", metavar="DIR"
        ),
    ] = None,
    dtype: Annotated[
        str, typer.Option("--dtype", help="Of the stored parameters: float32 or float16.")
    ] = "float32",
    no_limit: Annotated[
        bool, typer.Option("--no-limit", help="Allow files above 8 MB (with --to).")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Measure on the val split of a tokenised folder (with --to), for Stage 2 of "
            "E[Q] files. [default: the reference protocol, which Stage 2 has none of]",
            metavar="DIR",
        ),
    ] = None,
    device: DeviceOption = "auto",
) -> None:
    """Copy, measure, name and document a checkpoint; weights only, as .ckpt and .safetensors."""
    from forge.models.stages import stage_of_file

    stage = stage_of_file(checkpoint)
    if to is None and (no_limit or (stage.has_protocol and data is not None)):
        raise ForgeError(
            "models of the package stay within the limit and are measured by the reference "
            "protocol: give --to DIR with --no-limit or --data"
        )
    from forge.models.catalog import SHIPPED
    from forge.models.promote import MAX_SHIPPED_BYTES, PromoteOptions
    from forge.models.promote import promote as promote_checkpoint

    options = PromoteOptions(
        size_name=size_name,
        name=None if name is None else name.removesuffix(".ckpt"),
        title=title,
        notes=notes,
        dtype=dtype,
        max_bytes=None if no_limit else MAX_SHIPPED_BYTES,
    )
    folder = SHIPPED if to is None else to
    with Bars() as bars:
        solving = bars.mover(SOLVING)

        def open_rows() -> tuple[RowSource, str]:
            if to is None:
                return stage.open_shipped_rows(data, solving)
            return stage.open_rows(data, on_deal=solving)

        model = promote_checkpoint(
            checkpoint,
            folder,
            open_rows,
            options,
            device,
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


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
