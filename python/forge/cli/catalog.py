"""`forge catalog`: the models there are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from forge.cli.command import command
from forge.cli.values import console
from forge.options import option

if TYPE_CHECKING:
    from rich.console import Console

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
        for mode in dict.fromkeys(m.loss_mode for m in models if m.stage == stage):
            _show(screen, [m for m in models if (m.stage, m.loss_mode) == (stage, mode)], status)
    for policy in policies:
        _show_policy(screen, policy)


def _show(screen: Console, models: list[Model], status: dict[str, dict[str, str]]) -> None:
    """The models of one mode: a name to copy on a line, and below it what it is."""
    from forge.learn.settings import STAGE_TEXTS
    from forge.models.stages import STAGES

    first = models[0]
    screen.print(Text(f"{first.loss_mode} networks, {STAGE_TEXTS[first.stage]}", style="bold"))
    for m in models:
        worst = next((s for s in status[m.name].values() if s != "ok"), "ok")
        figures = [
            f"{name} {m.metrics[name]:{text}}"
            for name, text in STAGES[m.stage].shown.items()
            if name in m.metrics
        ]
        size = f"{m.n_params:,} parameters", f"{m.files['.ckpt'].size_bytes / 1e6:.2f} MB"
        _show_one(screen, m.name, [m.arch, *size], figures, worst)


def _show_policy(screen: Console, policy: PolicyCard) -> None:
    """The policy of seats."""
    figures = policy.figures.overall
    screen.print(Text("policy of seats (it sees its own hand)", style="bold"))
    _show_one(
        screen,
        "seat.policy",
        [f"{policy.n_params:,} parameters", f"{policy.size_bytes / 1e6:.2f} MB"],
        [
            f"{policy.hands:,} hands",
            f"nats {figures.nll:.3f}",
            f"chance lost {100 * figures.regret:.2f} %",
        ],
        policy.status(),
    )


def _show_one(screen: Console, name: str, size: list[str], figures: list[str], status: str) -> None:
    # Whole on a line, however narrow the terminal is: it is there to be copied.
    screen.print(Text(f"  {name}"), soft_wrap=True)
    for parts in (size, figures):
        end = Text(", hash ") + _status(status) if parts is figures else Text("")
        screen.print(Padding(Text(", ").join(map(Text, parts)) + end, (0, 0, 0, 4)))


def _status(status: str) -> Text:
    return Text(status, style="green" if status == "ok" else "bold red")


main = catalog.main


if __name__ == "__main__":
    main()
