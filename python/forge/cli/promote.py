"""`forge promote`: a checkpoint of a run into the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from forge.cli.common import DeviceOption, command, console, run
from forge.cli.measuring import Bars, open_rows
from forge.errors import ForgeError

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
            help="Measure on the val split of a tokenised folder (with --to). "
            "[default: the reference protocol]",
            metavar="DIR",
        ),
    ] = None,
    device: DeviceOption = "auto",
) -> None:
    """Copy, measure, name and document a checkpoint; weights only, as .ckpt and .safetensors."""
    if to is None and (no_limit or data is not None):
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
        model = promote_checkpoint(
            checkpoint,
            folder,
            lambda: open_rows(data, bars),
            options,
            device,
            on_batch=bars.mover("measuring"),
        )
    figures = {name: model.metrics[name] for name in ("q_gap", "q_mae") if name in model.metrics}
    screen = console()
    screen.print(f"{folder / model.name}.ckpt", highlight=False, soft_wrap=True)
    screen.print(
        f"{model.title}: {model.n_params:,} parameters, "
        + ", ".join(f"{name} {figure:.3f}" for name, figure in figures.items())
        + f", accuracy {model.metrics['accuracy']:.2%} on {model.n_positions:,} positions",
        highlight=False,
        soft_wrap=True,
    )


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
