"""The `forge` command: a table of subcommands, each a module with a `main` of its own.

A module is imported when its command runs, so `forge --help` costs no torch.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import typer

from forge.cli.common import complain, run

# subcommand, module, one line of help
COMMANDS: Final = (
    ("quickstart", "forge.cli.quickstart", "Solve seed 0, show it, verify it, write a shard."),
    ("solve", "forge.cli.solve", "Exact Q of any position: four hands and the plays so far."),
    ("generate", "forge.cli.generate", "Solve seeds under chosen declarations; write shards."),
    ("campaign", "forge.cli.campaign", "Shards of a seed range under random declarations."),
    (
        "generate-continuous",
        "forge.cli.generate_continuous",
        "Fill the gaps of a shard directory, seed after seed.",
    ),
    (
        "generate-eq-continuous",
        "forge.cli.generate_eq_continuous",
        "Games by E[Q], one file a seed, gaps first.",
    ),
    ("analyze-eq", "forge.cli.analyze_eq", "How wrong E[Q] of samples, and of a network, is."),
    ("generate-eq", "forge.cli.generate_eq", "Games by E[Q] of a few seeds, in one file."),
    ("render-eq", "forge.cli.render_eq", "Pictures of the decisions of a game."),
    ("view", "forge.cli.view", "Step through E[Q] files in the terminal."),
    (
        "tokenize",
        "forge.cli.tokenize_data",
        "Training data from shards, or straight from seeds.",
    ),
    ("train", "forge.cli.train", "Train a network on data or on a stream of fresh positions."),
    (
        "train-eq",
        "forge.cli.train_eq",
        "Train a network that plays from transcripts, on E[Q] files.",
    ),
    ("eval", "forge.cli.eval", "Measure a checkpoint: figures, intervals, worst positions."),
    ("export", "forge.cli.export", "A checkpoint as ONNX: fp32, fp16 and int8, with a card."),
    ("catalog", "forge.cli.catalog", "The trained models there are, and whether they are whole."),
    ("promote", "forge.cli.promote", "Name, measure and document a checkpoint as a model."),
    ("arena", "forge.cli.arena", "Two players against each other on duplicate deals."),
    ("auction", "forge.cli.auction", "What to bid with a hand, given the bids so far."),
    ("bid-evaluate", "forge.cli.bid_evaluate", "The chance to make each bid with a hand."),
    ("bid-poster", "forge.cli.bid_poster", "A hand, its chances and what to bid, as a page."),
    ("bid-investigate", "forge.cli.bid_investigate", "How a hand loses, trick by trick."),
    ("bid-convergence", "forge.cli.bid_convergence", "How many deals an estimate needs."),
    ("bid-benchmark", "forge.cli.bid_benchmark", "How fast each kind of simulation is here."),
    ("bid-parallel", "forge.cli.bid_parallel", "Many hands, on all cores or one process a GPU."),
    (
        "bidding-continuous",
        "forge.cli.bidding_continuous",
        "The chances of hand after hand, one file a seed, gaps first.",
    ),
    ("bid-calibrate", "forge.cli.bid_calibrate", "From perfect play to the chance at a table."),
    ("verify", "forge.cli.verify", "Check shard files against the rules and themselves."),
    ("info", "forge.cli.info", "Versions, what was compiled, and the devices found."),
)
# Further names of subcommands, not listed.
ALIASES: Final = {"tokenize-data": "tokenize"}

app = typer.Typer(
    help="Exact oracle for the domino game Texas 42.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _add(name: str, module: str, help: str, hidden: bool = False) -> None:
    """Pass everything after the subcommand's name, `--help` included, to its module."""

    @app.command(
        name,
        help=help,
        hidden=hidden,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def subcommand(context: typer.Context) -> None:
        import_module(module).main(context.args, f"forge {name}")


for _name, _module, _help in COMMANDS:
    _add(_name, _module, _help)
    _aliases = [alias for alias, name in ALIASES.items() if name == _name]
    for _alias in _aliases:
        _add(_alias, _module, _help, hidden=True)
    for _spelling in (_name, *_aliases):
        if "-" in _spelling:  # the module's own spelling works too
            _add(_spelling.replace("-", "_"), _module, _help, hidden=True)


def main() -> None:
    """Entry point of the `forge` script."""
    names = [name for name, _, _ in COMMANDS]
    asked_for = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if not asked_for.startswith("-") and asked_for.replace("_", "-") not in {*names, *ALIASES}:
        sys.exit(complain(f"no command {asked_for!r}: valid are {', '.join(names)}"))
    run(app, prog="forge")


if __name__ == "__main__":
    main()
