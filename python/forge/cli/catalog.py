"""`forge catalog`: the models there are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forge.cli.command import command
from forge.cli.values import console
from forge.options import option

if TYPE_CHECKING:
    from forge.models.catalog import Model
    from forge.policy.card import PolicyCard


@dataclass(frozen=True)
class CatalogArgs:
    """What may be said to `forge catalog`."""

    folder: Path | None = option(
        None, "Folder of the catalogue. [default: the package's]", "--dir", metavar="DIR"
    )
    as_json: bool = option(False, "Print JSON.", "--json")


@command()
def catalog(args: CatalogArgs) -> None:
    """List the models of the catalogue and check their hashes."""
    from forge.errors import ForgeError
    from forge.models.catalog import SHIPPED, file_status, list_models
    from forge.policy import SHIPPED as POLICY
    from forge.policy.card import read_card

    if args.folder is not None and not args.folder.is_dir():
        raise ForgeError(f"no catalogue at {args.folder}: not a folder")
    place = SHIPPED if args.folder is None else args.folder
    models = list_models(place)
    status = {m.name: {suffix: file_status(m, suffix, place) for suffix in m.files} for m in models}
    # The policy of seats is no network of a stage, and comes with the package alone.
    policies = [read_card()] if args.folder is None else []
    if args.as_json:
        rows = [{**asdict(m), "status": status[m.name]} for m in models]
        rows += [{"name": POLICY.name, **asdict(p), "status": p.status()} for p in policies]
        print(json.dumps(rows, indent=2))
        return
    screen = console()
    if not models:
        screen.print(f"no models in {place}", highlight=False, soft_wrap=True)
        return
    for stage in sorted({m.stage for m in models}):
        screen.print(_table([m for m in models if m.stage == stage], status))
    for policy in policies:
        screen.print(_policy_table(policy))


def _table(models: list[Model], status: dict[str, dict[str, str]]) -> Table:
    """The models of one stage."""
    from forge.models.stages import STAGES

    figures = STAGES[models[0].stage].shown
    table = Table()
    table.add_column("name", overflow="fold", min_width=22)  # two lines on 80 columns
    for column in ("mode", "arch"):
        table.add_column(column)
    for column in ("params", *figures, "MB"):
        table.add_column(column, justify="right")
    table.add_column("hash")
    for m in models:
        worst = next((s for s in status[m.name].values() if s != "ok"), "ok")
        table.add_row(
            Text(m.name),
            m.loss_mode,
            Text(m.arch),
            f"{m.n_params:,}",
            *(
                f"{m.metrics[name]:{text}}" if name in m.metrics else ""
                for name, text in figures.items()
            ),
            f"{m.files['.ckpt'].size_bytes / 1e6:.2f}",
            _status(worst),
        )
    return table


def _policy_table(policy: PolicyCard) -> Table:
    """The policy of seats."""
    figures = policy.figures.overall
    table = Table("policy of seats")
    for column in ("params", "hands", "nats", "chance lost", "MB"):
        table.add_column(column, justify="right")
    table.add_column("hash")
    table.add_row(
        "seat.policy",
        f"{policy.n_params:,}",
        f"{policy.hands:,}",
        f"{figures.nll:.3f}",
        f"{100 * figures.regret:.2f}",
        f"{policy.size_bytes / 1e6:.2f}",
        _status(policy.status()),
    )
    return table


def _status(status: str) -> Text:
    return Text(status, style="green" if status == "ok" else "bold red")


main = catalog.main


if __name__ == "__main__":
    main()
