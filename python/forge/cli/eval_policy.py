"""`forge eval-policy`: how well a policy says what was played, by declaration and bid."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forge.cli import values
from forge.cli.command import command
from forge.cli.values import console
from forge.options import again, option
from forge.policy import SHIPPED
from forge.policy.settings import PolicyFiles

if TYPE_CHECKING:
    from rich.table import Table

    from forge.policy.measuring import PolicyReport


@dataclass(frozen=True)
class EvalPolicyArgs:
    """What may be said to `forge eval-policy`."""

    policy: Path = option(SHIPPED, "The policy.", metavar="FILE", reads=values.existing)
    data: str = again(PolicyFiles, "data")
    every: bool = option(
        False, "On all hands, not only on those that training holds out.", "--all-hands"
    )
    as_json: bool = option(False, "Print JSON.", "--json")


@command()
def eval_policy(args: EvalPolicyArgs) -> None:
    """Say how well a policy foretells the plays of hands, over all, by declaration and by bid.

    Of each hundred hands the last five are measured on: those that forge train-policy holds out.
    Columns: minus the logarithm of the probability of the play that was made (`nats`), and what it
    would be if any play were as likely; how often the likeliest play was made; and how much chance
    of winning the hand the likeliest play loses beside the one made, points of 100.
    """
    from forge.extras import need

    need("train", "lightning")
    from forge.policy.folders import rows_in
    from forge.policy.learning import split_hands
    from forge.policy.measuring import measure_policy
    from forge.policy.numbers import load_policy

    policy = load_policy(args.policy)
    rows = rows_in(args.data)
    found = measure_policy(policy, rows if args.every else split_hands(rows)[1])
    if args.as_json:
        print(json.dumps(asdict(found), indent=1, allow_nan=False))
        return
    console().print(report_table(found))


def report_table(found: PolicyReport) -> Table:
    """Figures as a table that fits 80 columns."""
    from rich.table import Table

    table = Table()
    table.add_column("")
    for column in ("decisions", "nats", "any play", "as played", "chance lost"):
        table.add_column(column, justify="right")
    parts = ((("all", found.overall),), found.by_declaration.items(), found.by_bid.items())
    for part in parts:
        for name, each in part:
            table.add_row(
                name,
                f"{each.rows:,}",
                f"{each.nll:.3f}",
                f"{each.uniform:.3f}",
                f"{each.agreement:.1%}",
                f"{100 * each.regret:.2f}",
            )
        table.add_section()
    return table


main = eval_policy.main

if __name__ == "__main__":
    main()
