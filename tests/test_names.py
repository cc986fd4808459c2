"""One name, one meaning: no two modules and no two public classes or functions share a name."""

import ast
from collections import defaultdict
from pathlib import Path

from forge.doors import DOORS

PACKAGE = Path(__file__).parents[1] / "python" / "forge"

# One job in several rooms: the stem says it, the folder for what.
ONE_JOB = {
    "actions",  # of a decision: in a picture, in a terminal
    "card",  # of an export, of a model
    "continuous",  # seed after seed, a file each: games, hands
    "data",  # of a stage, for training
    "decisions",  # to measure on: E[Q], networks of Stage 2
    "export",  # of a stage, of all, the command
    "inference",  # what plays told: found, in a picture, in a terminal
    "geometry",  # of suits, as inputs of a stage
    "metrics",  # of a stage
    "module",  # of a stage, for Lightning
    "pipeline",  # from seeds to what is recorded: games, shards
    "report",  # what a measurement found
    "schema",  # of a kind of file
    "settings",  # of a layer, for Python and for commands; torch-free
}
# What says nothing of what is inside.
EMPTY_WORDS = {"base", "common", "helpers", "misc", "stuff", "tools", "util", "utils"}


def modules() -> list[tuple[str, ast.Module]]:
    """All modules but the doors, by their dotted names from `forge.` on."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if path.name != "__init__.py" and f"forge.{name}" not in DOORS:
            found.append((name, ast.parse(path.read_text())))
    return found


def is_exempt(module: str) -> bool:
    """Commands are called as what they run, plots as what they show."""
    return module.startswith(("cli.", "look.plots."))


def shared(named: list[tuple[str, str]]) -> dict[str, set[str]]:
    """Names that stand in several modules, with those."""
    places = defaultdict(set)
    for name, module in named:
        places[name].add(module)
    return {name: places for name, places in places.items() if len(places) > 1}


def definitions(modules: list[tuple[str, ast.Module]]) -> list[tuple[str, str]]:
    """Public classes and functions at the level of a module, as (name, module)."""
    return [
        (node.name, module)
        for module, tree in modules
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    ]


def test_modules_of_one_name_do_one_job() -> None:
    stems = [(name.split(".")[-1], name) for name, _ in modules() if not is_exempt(name)]
    found = shared(stems)
    # A command or a plot may have the name of what it is about; a job has to be in two rooms.
    assert set(found) == ONE_JOB, found


def test_names_of_modules_say_something() -> None:
    parts = {part for name, _ in modules() for part in name.split(".")}
    assert not parts & EMPTY_WORDS
    assert not [part for part in parts if part[-1].isdigit() and part != "stage2"]


def test_classes_and_functions_of_one_name() -> None:
    # An operator is a function for people and a kernel for each device.
    ops = {name for name, module in definitions(modules()) if module == "ops.functions"}
    everything = [
        (name, "ops" if name in ops and module.startswith("ops.") else module)
        for name, module in definitions(modules())
    ]
    functions = [each for each in everything if not each[1].startswith("cli.") or is_class(*each)]
    assert shared(functions) == {
        # Of tensors and, as `forge.search`, of positions.
        "search": {"ops", "oracle.search"},
    }


def is_class(name: str, module: str) -> bool:
    """Whether a public name is of a class."""
    return name[0].isupper()


def test_a_second_meaning_is_noticed() -> None:
    trees = [
        ("a.rows", ast.parse("class Rows: ...\nclass _Own: ...")),
        ("b", ast.parse("Rows = 1")),
    ]
    assert shared(definitions(trees)) == {}
    trees.append(("c", ast.parse("def f(): ...\nclass Rows: ...\nclass _Own: ...")))
    assert shared(definitions(trees)) == {"Rows": {"a.rows", "c"}}
