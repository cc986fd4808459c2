"""The `forge` command: a table of subcommands, each a module with a `main` of its own.

A module is imported when its command runs, so `forge --help` costs no torch. Here nothing heavy is
imported: Ctrl+C is answered from the first moment.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from forge.work.stop import listen

if TYPE_CHECKING:
    from forge.cli.command import Command, CommandGroup


class Entry(NamedTuple):
    """A subcommand: its name, its module, one line of help, and further names, not listed."""

    name: str
    module: str
    help: str
    aliases: tuple[str, ...] = ()


GROUPS: Final[dict[str, tuple[Entry, ...]]] = {
    "Solve and data": (
        Entry(
            "quickstart", "forge.cli.quickstart", "Solve seed 0, show it, verify it, write a shard."
        ),
        Entry("solve", "forge.cli.solve", "Exact Q of any position: four hands and the plays."),
        Entry("generate", "forge.cli.generate", "Solve seeds under declarations; write shards."),
        Entry("campaign", "forge.cli.campaign", "Shards of seeds under random declarations."),
        Entry(
            "campaign-marginalized",
            "forge.cli.campaign_marginalized",
            "Shards of several deals around each hand of a seed range.",
        ),
        Entry(
            "generate-continuous",
            "forge.cli.generate_continuous",
            "Fill the gaps of a shard directory, seed after seed.",
        ),
        Entry(
            "tokenize",
            "forge.cli.tokenize_data",
            "Training data from shards, or straight from seeds.",
            ("tokenize-data",),
        ),
    ),
    "Learning": (
        Entry("train", "forge.cli.train", "Train a network on data or a stream of positions."),
        Entry("train-eq", "forge.cli.train_eq", "Train a network that plays from transcripts."),
        Entry(
            "play-hands", "forge.cli.play_hands", "Hands over all contracts, for a policy to learn."
        ),
        Entry("train-policy", "forge.cli.train_policy", "Learn a policy from played hands."),
        Entry("improve-policy", "forge.cli.improve_policy", "Rounds of playing and learning."),
        Entry("refine-policy", "forge.cli.refine_policy", "Learning from own play."),
        Entry("flywheel", "forge.cli.flywheel", "Data, training and judging in turns, by itself."),
        Entry("eval-policy", "forge.cli.eval_policy", "How well a policy says what was played."),
        Entry("policy-curve", "forge.cli.policy_curve", "What more hands bring to a policy."),
        Entry("eval", "forge.cli.eval", "Measure a checkpoint: figures, intervals, worst."),
        Entry("export", "forge.cli.export", "A checkpoint as ONNX: fp32, fp16 and int8."),
    ),
    "At the table": (
        Entry("play", "forge.cli.play", "Play in the browser: a table, advice, review."),
        Entry("advise", "forge.cli.advise", "What to play or bid, from what you may know."),
        Entry("review", "forge.cli.review", "A hand that was played, each play graded."),
    ),
    "Playing": (
        Entry("arena", "forge.cli.arena", "Two players against each other on duplicate deals."),
        Entry("tournament", "forge.cli.tournament", "Every player against every other, ranked."),
        Entry("bridge", "forge.cli.bridge", "A player for other programs, line by line."),
        Entry("generate-eq", "forge.cli.generate_eq", "Games by E[Q] of a few seeds, in one file."),
        Entry(
            "generate-eq-continuous",
            "forge.cli.generate_eq_continuous",
            "Games by E[Q], one file a seed, gaps first.",
        ),
        Entry("analyze-eq", "forge.cli.analyze_eq", "How wrong E[Q] of samples or networks is."),
    ),
    "Bidding": (
        Entry("auction", "forge.cli.auction", "What to bid with a hand, given the bids so far."),
        Entry("bid-evaluate", "forge.cli.bid_evaluate", "The chance to make each bid with a hand."),
        Entry("bid-investigate", "forge.cli.bid_investigate", "How a hand loses, trick by trick."),
        Entry("bid-parallel", "forge.cli.bid_parallel", "Many hands, on all cores or GPUs."),
        Entry(
            "bid-continuous",
            "forge.cli.bidding_continuous",
            "The chances of hand after hand, one file a seed, gaps first.",
            ("bidding-continuous",),
        ),
        Entry("bid-convergence", "forge.cli.bid_convergence", "How many deals an estimate needs."),
        Entry("bid-benchmark", "forge.cli.bid_benchmark", "How fast simulations are here."),
        Entry(
            "bid-calibrate",
            "forge.cli.bid_calibrate",
            "From perfect play to the chance at a table.",
        ),
    ),
    "Looking": (
        Entry("view", "forge.cli.view", "Step through E[Q] files in the terminal."),
        Entry("render-eq", "forge.cli.render_eq", "Pictures of the decisions of a game."),
        Entry("bid-poster", "forge.cli.bid_poster", "A hand and what to bid with it, as a page."),
    ),
    "Upkeep": (
        Entry(
            "migrate-shards",
            "forge.cli.migrate_shards",
            "Sort a flat folder of shards by kind and split.",
        ),
        Entry("verify", "forge.cli.verify", "Check files of every kind, all that is in them."),
        Entry("catalog", "forge.cli.catalog", "The trained models there are; are they whole?"),
        Entry("build-page", "forge.cli.build_page", "The page of play, from a source checkout."),
        Entry("promote", "forge.cli.promote", "Name, measure and document a checkpoint."),
        Entry("info", "forge.cli.info", "Versions, what was compiled, and the devices found."),
    ),
}
COMMANDS: Final = tuple(entry for group in GROUPS.values() for entry in group)


def spellings(entry: Entry) -> tuple[str, ...]:
    """Every name of a subcommand, its own first; a module's own spelling works too."""
    names = (entry.name, *entry.aliases)
    return tuple(dict.fromkeys([*names, *(name.replace("-", "_") for name in names)]))


def command_of(entry: Entry) -> Command | CommandGroup:
    """The command itself, from its module."""
    found: Command | CommandGroup = import_module(entry.module).main.__self__
    return found


def main() -> None:
    """Entry point of the `forge` script."""
    listen()
    run_line()


def run_line() -> NoReturn:
    """Run the command line of this process and end with its exit code."""
    asked_for = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if asked_for == "--version":
        from forge import __version__

        print(f"crystal-forge {__version__}")
        sys.exit(0)
    from forge.cli.command import complain, run

    known = {name for entry in COMMANDS for name in spellings(entry)}
    if not asked_for.startswith("-") and asked_for not in known:
        from difflib import get_close_matches

        from forge.cli.command import first_line
        from forge.cli.plain_output import degrade_output

        degrade_output()
        names = [entry.name for entry in COMMANDS]
        alike = get_close_matches(asked_for, names, n=2, cutoff=0.7)
        meant = f" (did you mean {' or '.join(alike)}?)" if alike else ""
        line = f"no command {asked_for!r}{meant}: valid are {', '.join(names)}"
        sys.exit(complain(first_line(line)))
    from forge.cli.app import app

    run(app, prog="forge")


if __name__ == "__main__":
    main()
