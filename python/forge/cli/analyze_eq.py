"""`forge analyze-eq`: how wrong sampling is, and whether a network is good enough."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forge.cli import values
from forge.cli.command import command
from forge.cli.shared_options import device_option
from forge.cli.values import console
from forge.eq.analysis.config import AnalysisConfig
from forge.extras import need
from forge.options import MOST_LISTED, again, option
from forge.work.paths import writable_folder
from forge.work.progress import progress_bar
from forge.work.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

    from forge.eq.analysis.decisions import Decisions
    from forge.eq.analysis.measurements import Measurements
    from forge.eq.analysis.report import Analysis
    from forge.eq.oracle import Oracle
    from forge.eq.records import EqRecord


class Split(str, Enum):
    """A split of generated games."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True)
class AnalyzeEqArgs:
    """What may be said to `forge analyze-eq`."""

    data: Path = option(
        Path("data/eq-games"),
        "E[Q] games: a folder of splits, or one file.",
        metavar="PATH",
        stores=True,
        reads=values.existing,
    )
    split: Split = option(Split.VAL, "Of a folder: train, val or test.", metavar="SPLIT")
    games: int = option(200, "At most so many games.", metavar="N", least=1, most=MOST_LISTED)
    worlds: str = option(
        "10,50,200,1000", "Sizes of the samples.", metavar="N,N,...", reads=values.sizes
    )
    checkpoint: Path | None = option(
        None,
        "Q-value network to compare with the exact search: a file, or a name of "
        "`forge catalog`. Without it that part is left out.",
        metavar="PATH",
        reads=values.network,
    )
    network_worlds: int = again(AnalysisConfig, "network_worlds")
    enum_limit: int = again(AnalysisConfig, "enum_limit")
    reference_samples: int = again(AnalysisConfig, "reference_samples")
    decisions_per_trick: int = again(AnalysisConfig, "decisions_per_trick")
    repeats: int = again(AnalysisConfig, "repeats")
    seed: int = again(AnalysisConfig, "seed")
    output: Path = option(
        Path("eq-analysis"),
        "Folder of analysis.json and the plots.",
        metavar="DIR",
        reads=writable_folder,
    )
    as_json: bool = option(False, "Print analysis.json instead of tables.", "--json")
    draw: bool = option(True, "Draw PNG plots.", "--plots/--no-plots")
    device: str = device_option("auto")

    def __post_init__(self) -> None:
        _ = self.config

    @property
    def config(self) -> AnalysisConfig:
        """What is measured."""
        return AnalysisConfig(
            n_worlds=values.sizes("--worlds", self.worlds),
            enum_limit=self.enum_limit,
            reference_samples=self.reference_samples,
            network_worlds=self.network_worlds,
            repeats=self.repeats,
            decisions_per_trick=self.decisions_per_trick,
            seed=self.seed,
        )


@command()
def analyze_eq(args: AnalyzeEqArgs) -> None:
    """Measure how wrong E[Q] of sampled worlds is, and of a network, on generated games.

    Decisions that have few enough worlds are judged by all of them and the exact search: that E[Q]
    is what samples aim at, uniform ones and those of mrv. The network is asked about the same
    worlds as the search. Values are in points, in the frame of the team to act; intervals are of
    95 %, from drawing whole games again. The row of all tricks weighs decisions by how many they
    stand for.

    Writes analysis.json and PNG plots.
    """
    if args.draw:
        need("look", "matplotlib")
    from forge.eq.analysis.by_trick import analyse
    from forge.eq.analysis.decisions import decisions_with_choice, read_games
    from forge.ops import resolve_device

    config = args.config
    on = resolve_device(args.device)
    network, about = _open_network(args.checkpoint, str(on))
    record = read_games(args.data, args.split.value, args.games)
    found = decisions_with_choice(record)
    screen = console(stderr=args.as_json)
    measured = _measure(record, found, network, config, str(on), screen)
    analysis = analyse(found, measured, config)
    about |= {"data": str(args.data), "split": args.split.value if args.data.is_dir() else None}
    about |= {"n_games": record.n_games, "device": str(on)}
    names = _save(analysis, measured, config, about, args.output, args.draw)
    if args.as_json:
        print((args.output / "analysis.json").read_text(encoding="utf-8"), end="")
        return
    from forge.cli.show.analysis_tables import show_analysis

    place = args.data / args.split.value if args.data.is_dir() else args.data
    lines = [
        f"{counted(record.n_games, 'game')} of {place}, {len(measured.decisions)} of "
        f"{counted(len(found), 'decision')} "
        f"with a choice measured, {args.repeats} samples each"
    ]
    if config.reference_samples:
        lines.append(
            f"ref: decisions with more than {args.enum_limit:,} worlds, of which "
            f"{args.reference_samples:,} stand for all"
        )
    if network is None:
        lines.append("no --checkpoint: the comparison with a network is left out")
    screen.print("\n".join(lines), highlight=False, soft_wrap=True, markup=False)
    show_analysis(analysis, screen)
    screen.print(
        f"wrote {args.output}: {', '.join(names)}", highlight=False, soft_wrap=True, markup=False
    )


def _open_network(checkpoint: Path | None, device: str) -> tuple[Oracle | None, dict[str, Any]]:
    """The network if there is one, and what the report says about it."""
    if checkpoint is None:
        return None, {"checkpoint": None, "checkpoint_sha256": None}
    import torch

    from forge.cli.eq_options import open_oracle

    network, sha256 = open_oracle(checkpoint, torch.device(device))
    return network, {"checkpoint": network.name, "checkpoint_sha256": sha256}


def _measure(
    record: EqRecord,
    found: Decisions,
    network: Oracle | None,
    config: AnalysisConfig,
    device: str,
    screen: Console,
) -> Measurements:
    from forge.eq.analysis.decisions import pick_decisions
    from forge.eq.analysis.measurements import measure
    from forge.eq.oracle import ExactOracle

    beyond = network is not None or config.reference_samples > 0
    picked = pick_decisions(found, config, beyond)
    with progress_bar(screen, transient=True) as progress:
        task = progress.add_task("decisions", total=len(picked), rate="")
        return measure(
            record,
            picked,
            ExactOracle(),
            network,
            config,
            device,
            lambda: progress.advance(task),
        )


def _save(
    found: Analysis,
    measured: Measurements,
    config: AnalysisConfig,
    about: dict[str, Any],
    folder: Path,
    draw: bool,
) -> list[str]:
    """Write the report; returns the names of its files."""
    from dataclasses import asdict

    from forge import __version__
    from forge.work.atomic import write_file

    report = {
        "forge_version": __version__,
        **about,
        "config": asdict(config),
        "interval_method": "95 %, percentile bootstrap over games",
        **found.to_json(),
    }
    text = json.dumps(report, indent=1, allow_nan=False)
    files = {"analysis.json": (text + "\n").encode()}
    if draw:
        from forge.look.plots.analysis import analysis_plots

        network = f" · {about['checkpoint']}" if about["checkpoint"] else ""
        footer = (
            f"{counted(about['n_games'], 'game')} of {about['data']} · "
            f"{counted(len(measured.decisions), 'decision')}"
            f"{network} · bars: 95 % intervals"
        )
        images = analysis_plots(found, measured, footer)
        files |= {f"{name}.png": image for name, image in images.items()}
    for name, content in files.items():
        write_file(folder / name, content)
    return list(files)


main = analyze_eq.main


if __name__ == "__main__":
    main()
