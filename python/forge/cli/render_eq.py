"""`forge render-eq`: pictures of the decisions in an E[Q] file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forge.cli import values
from forge.cli.command import command
from forge.cli.values import console
from forge.errors import ForgeError
from forge.extras import need
from forge.game.constants import N_PLAYS
from forge.game.contract import LOWEST_BID, Bid
from forge.look.frames import LEAST_FPS, MOST_FPS
from forge.options import MOST_SEED, option
from forge.work.paths import writable_folder
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.eq.records import EqRecord
    from forge.look.decision_view import DecisionView
    from forge.look.inference import Told


@dataclass(frozen=True)
class RenderVisualizationsArgs:
    """What may be said to `forge render-eq`."""

    dataset: Path = option(
        help="An E[Q] file.", metavar="FILE.pt|URI", stores=True, reads=values.existing
    )
    playthrough: bool = option(False, "A GIF of seat 0's decisions, one a trick.")
    all_players: bool = option(False, "All 28 decisions in it.")
    overload: bool = option(False, "A PNG of one decision with all hands and all numbers.")
    decision: int | None = option(
        None, "Which, 0 for the first, to 27. Default: 0.", metavar="K", least=0, most=N_PLAYS - 1
    )
    game: int | None = option(
        None,
        "Seed of a game in the file, or else its place there, 0 for the first. Default: the first.",
        metavar="SEED|I",
        least=0,
        most=MOST_SEED,
    )
    fps: float = option(
        2.0, "Frames a second, 0.1..50.", metavar="F", least=LEAST_FPS, most=MOST_FPS
    )
    policy: Path | None = option(
        None,
        "Policy that says what the plays told. Default: the shipped one.",
        metavar="FILE",
        reads=values.existing,
    )
    output_dir: Path = option(
        Path("renders"), "Where pictures go.", metavar="DIR", reads=writable_folder
    )

    def __post_init__(self) -> None:
        if not self.playthrough and not self.overload:
            raise ForgeError("nothing to draw: give --playthrough, --overload or both")
        if self.all_players and not self.playthrough:
            raise ForgeError("--all-players goes with --playthrough")
        if self.decision is not None and not self.overload:
            raise ForgeError("--decision goes with --overload")


@command()
def render_visualizations(args: RenderVisualizationsArgs) -> None:
    """Draw decisions of a game as the seat to act saw them.

    Each shows the hand in fixed places with ghosts for played dominoes, the distribution of Q of
    each play over the sampled worlds, the effective number of worlds, the gap from the best play to
    the second, the trick, the tricks before, the suits that seats have shown to be out of, and what
    the plays told: who may hold each hidden domino. --overload adds all hands and all numbers. A
    play without a choice has one distribution, drawn large.

    Files are game_SEED_playthrough.gif and game_SEED_decision_KK.png, the seed with eight digits.
    """
    need("look", "matplotlib", "PIL")
    from forge.eq.collate import check_record
    from forge.eq.records import read_record
    from forge.look.decision_view import game_views
    from forge.look.inference import what_plays_told

    shown = 0 if args.decision is None else args.decision
    record = read_record(args.dataset)
    index = _find(record, args.game, args.dataset)
    check_record(record.game(index))
    views = game_views(record, index)
    about = f"{args.dataset.name}{_settings(record)}"
    name = f"game_{record.seeds[index]:08d}"
    if args.overload:
        path = args.output_dir / f"{name}_decision_{shown:02d}.png"
        told = what_plays_told(views[shown], _bid(record), args.policy)
        _tell(path, _draw_overload(path, views[shown], about, told), "")
    if args.playthrough:
        path = args.output_dir / f"{name}_playthrough.gif"
        some = [view for view in views if args.all_players or view.player == 0]
        of_each = [what_plays_told(view, _bid(record), args.policy) for view in some]
        n_bytes = _draw_playthrough(path, some, of_each, about, args.fps)
        _tell(path, n_bytes, f"{counted(len(some), 'decision')}, ")


def _find(record: EqRecord, game: int | None, dataset: Path) -> int:
    """The place of a game, which is asked for by seed or else by place."""
    if game is None:
        return 0
    if game in record.seeds:
        return record.seeds.index(game)
    if 0 <= game < record.n_games:
        return game
    few = ", ".join(map(str, record.seeds[:5])) + (", ..." if record.n_games > 5 else "")
    raise ForgeError(
        f"no game {game} in {dataset}: --game takes a seed ({few}) "
        f"or a place 0..{record.n_games - 1}"
    )


def _settings(record: EqRecord) -> str:
    """How the numbers were made, as far as the file says."""
    from forge.eq.settings import GameSettings, weighing_of

    try:
        settings = GameSettings.from_dict(record.settings)
    except ForgeError:  # a file of others
        return ""
    estimate = settings.estimate
    parts = [
        f"{estimate.n_samples:,} worlds a decision, {estimate.sampler}",
        weighing_of(record.settings),
        "adaptive" if estimate.adaptive else "",
        f"oracle {settings.oracle}",
        f"forge {record.settings.get('forge_version', '')}".strip(),
    ]
    return "".join(f"   {part}" for part in parts if part)


def _bid(record: EqRecord) -> Bid:
    """What team 0 had promised, as far as the file says."""
    from forge.eq.settings import GameSettings

    try:
        return GameSettings.from_dict(record.settings).bid
    except ForgeError:  # a file of others
        return LOWEST_BID


def _draw_overload(path: Path, view: DecisionView, about: str, told: Told) -> int:
    """Returns the size of the file in bytes."""
    from forge.look.frames.frame import overload
    from forge.look.frames.images import indexed, picture, png_bytes
    from forge.work.atomic import write_file

    data = png_bytes(indexed(picture(overload(view, about, told))))
    write_file(path, data)
    return len(data)


def _draw_playthrough(
    path: Path, views: Sequence[DecisionView], told: Sequence[Told], about: str, fps: float
) -> int:
    """Returns the size of the file in bytes."""
    from forge.look.frames.frame import frame
    from forge.look.frames.images import gif_bytes, indexed, picture
    from forge.work.atomic import write_file
    from forge.work.progress import progress_bar

    frames = []
    with progress_bar(console(), transient=True) as progress:
        both = list(zip(views, told, strict=True))
        for view, each in progress.track(both, task_id=progress.add_task("frames", rate="")):
            frames.append(indexed(picture(frame(view, about, each))))
    data = gif_bytes(frames, fps)
    write_file(path, data)
    return len(data)


def _tell(path: Path, n_bytes: int, what: str) -> None:
    line = f"{path}: {what}{n_bytes / 1e3:,.0f} kB"
    console().print(line, markup=False, highlight=False, soft_wrap=True)


main = render_visualizations.main


if __name__ == "__main__":
    main()
