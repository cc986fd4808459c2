"""`forge policy-curve`: what more hands bring to a policy."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from forge.cli.command import command, end_if_stopped
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import again, option
from forge.policy.settings import PolicyFiles, PolicyTraining
from forge.work.paths import writable_file
from forge.work.wording import counted


def _sizes(name: str, text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        raise ForgeError(f"{name} must be numbers of hands separated by commas, got {text!r}")
    return [int(part) for part in parts]


def _report_files(name: str, path: Path) -> None:
    for suffix in (".json", ".png"):
        writable_file(name, path.with_name(path.name + suffix))


@dataclass(frozen=True)
class CurveArgs:
    """What may be said to `forge policy-curve`."""

    data: str = again(PolicyFiles, "data")
    hands: str = option(
        "100,300,1000", "Learn from the first so many hands.", metavar="N,N,...", reads=_sizes
    )
    out: Path = option(
        Path("policy-curve"),
        "FILE.json and FILE.png are written.",
        metavar="FILE",
        reads=_report_files,
    )


@command()
def policy_curve(args: CurveArgs, training: PolicyTraining) -> None:
    """Learn a new policy from fewer and from more hands, and say what the hands bring.

    All are measured on the same hands, which none learns from: by declaration and bid too, in the
    JSON file.
    """
    from forge.extras import need

    need("train", "lightning", "matplotlib")
    from forge.look.plots.policy_curve import policy_curve_png
    from forge.policy.folders import rows_in
    from forge.policy.measuring import HandsPoint, hands_curve
    from forge.work.atomic import write_file
    from forge.work.stop import StopSignal

    screen = console()
    rows = rows_in(args.data)

    def told(point: HandsPoint) -> None:
        found = point.report.overall
        screen.print(
            f"{counted(point.hands, 'hand')}: {found.nll:.4f} nats a decision, "
            f"{found.agreement:.1%} as "
            f"played, {100 * found.regret:.2f} points of chance lost, over {found.rows:,}",
            highlight=False,
            soft_wrap=True,
        )

    with StopSignal("step") as signal:
        sizes = _sizes("--hands", args.hands)
        points = hands_curve(rows, sizes, training, told, lambda: signal.requested)
    if points:
        report = {"training": asdict(training), "points": [asdict(each) for each in points]}
        args.out.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(report, indent=1, allow_nan=False)
        write_file(args.out.with_name(args.out.name + ".json"), (text + "\n").encode())
        footer = f"{args.data}: {training.epochs} passes, rate {training.lr}"
        write_file(args.out.with_name(args.out.name + ".png"), policy_curve_png(points, footer))
        screen.print(f"{args.out}.json and .png written", markup=False, soft_wrap=True)
    end_if_stopped(signal.signum)


main = policy_curve.main

if __name__ == "__main__":
    main()
