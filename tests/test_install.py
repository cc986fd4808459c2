"""What an install brings: commands run with the plain one, or name the extra that they need."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from forge.extras import EXTRAS, extra, need
from forge.models.catalog import list_models
from forge.work.yaml_files import read_yaml
from support.commands import importing_tests

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT: Final = Path(__file__).parents[1]
# Module -> the name to install, where they differ.
DISTRIBUTIONS: Final = {"PIL": "pillow", "yaml": "pyyaml", "pyspiel": "open_spiel"}
# Modules of other libraries' games, which no command imports: (extra, what is absent, module).
ADAPTERS: Final = [
    ("openspiel", "pyspiel", "forge.adapters.open_spiel"),
    ("openspiel", "open_spiel", "forge.adapters.open_spiel_bots"),
    ("openspiel", "open_spiel", "forge.adapters.open_spiel_player"),
    ("pettingzoo", "gymnasium", "forge.adapters.pettingzoo"),
    ("pettingzoo", "pettingzoo", "forge.adapters.pettingzoo"),
]
HAND: Final = ["--hand", "6-4,5-5,4-2,3-1,2-0,1-1,0-0", "--samples", "1"]
DEAL: Final = (
    "6-6,6-5,5-2,5-1,4-1,3-0,2-2 / 6-2,6-1,5-4,5-0,4-2,3-3,2-1 / "
    "6-4,6-3,5-5,4-4,3-2,1-1,0-0 / 6-0,5-3,4-3,4-0,3-1,2-0,1-0"
)
MODEL: Final = next(model.name for model in list_models() if model.loss_mode == "qvalue")

# Runs command lines, each in a copy of a process that has loaded torch, where some packages cannot
# be imported: [modules, words of the line] each. Prints [exit code, stderr] of each.
PROGRAM: Final = """
import json, os, sys
import forge.ops
from forge.cli.main import main

class Absent:
    def __init__(self, modules):
        self.modules = modules

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.modules:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def run(modules, words):
    if words[0] == "view" and "--text" not in words:
        for end in (0, 1):  # a terminal
            os.dup2(os.openpty()[1], end)
    else:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open("stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    sys.meta_path.insert(0, Absent(set(modules)))
    sys.argv = ["forge", *words]
    try:
        main()
    except SystemExit as ended:
        sys.stderr.flush()
        os._exit(ended.code)  # spares the end of torch, which takes as long as its start

ends = []
for modules, words in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        run(modules, words)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    ends.append([code, open("stderr").read()])
print(json.dumps(ends))
"""


class End(NamedTuple):
    """How a command line ended."""

    code: int
    stderr: str


def run_without(lines: Sequence[tuple[Sequence[str], Sequence[str]]], folder: Path) -> list[End]:
    """Command lines where modules are absent: (modules, words) each, one after the other."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(lines),
        cwd=folder,
        env=importing_tests(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [End(*end) for end in json.loads(done.stdout)]


def project() -> Mapping[str, Any]:
    """What pyproject.toml says of the package."""
    table: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def names_of(requirements: Sequence[str]) -> set[str]:
    """The distributions that requirements name."""
    return {canonicalize_name(Requirement(each).name) for each in requirements}


def distribution_of(module: str) -> str:
    """The name to install for a module."""
    return canonicalize_name(DISTRIBUTIONS.get(module, module))


def test_extras_install_what_they_say() -> None:
    written = project()["optional-dependencies"]
    for name, modules in EXTRAS.items():
        assert names_of(written[name]) == set(map(distribution_of, modules)), name
    assert [Requirement(each).extras for each in written["all"]] == [set(EXTRAS)]
    assert "crystal-forge[all]" in written["test"]
    assert "crystal-forge[test]" in written["dev"]


def guarded(tree: ast.Module) -> Iterator[tuple[str | None, str]]:
    """Yield (extra that stands around it, module) of each import at run time."""

    def walk(node: ast.AST, name: str | None) -> Iterator[tuple[str | None, str]]:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.With):
            call = node.items[0].context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "extra":
                name = ast.literal_eval(call.args[0])
        if isinstance(node, ast.Import):
            yield from ((name, alias.name.partition(".")[0]) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield name, str(node.module).partition(".")[0]
        for child in ast.iter_child_nodes(node):
            yield from walk(child, name)

    return walk(tree, None)


def test_every_import_is_of_a_package_that_is_declared() -> None:
    plain = names_of(project()["dependencies"])
    faults = []
    for path in sorted((ROOT / "python").glob("forge/**/*.py")):
        for name, module in guarded(ast.parse(path.read_text())):
            if module == "forge" or module in sys.stdlib_module_names:
                continue
            allowed = distribution_of(module) in plain if name is None else module in EXTRAS[name]
            if not allowed:
                faults.append(f"{path.relative_to(ROOT)} imports {module} within extra {name}")
    assert faults == []


FIT: Final = ["bid-calibrate", "fit", "--data", ".", "--validate", ".", "--output", "x.json"]
# (extra, module that is absent, command line)
NEEDS: Final = [
    *(("train", module, ["train", "--stream"]) for module in ("lightning", "torchmetrics")),
    ("train", "matplotlib", ["train", "--stream"]),
    ("train", "lightning", ["train-eq", "--data", "."]),
    ("train", "lightning", ["eval", "--checkpoint", MODEL]),
    ("train", "matplotlib", ["eval", "--checkpoint", MODEL]),
    ("train", "lightning", ["promote", "--checkpoint", __file__, "--to", "."]),
    ("train", "lightning", ["arena", f"model:{MODEL}", "random", "--games", "2"]),
    ("train", "lightning", ["generate-eq", "--checkpoint", MODEL, "--output", "x.pt"]),
    ("train", "lightning", ["generate-eq-continuous", "--checkpoint", MODEL]),
    ("train", "lightning", ["bid-evaluate", *HAND, "--player", f"model:{MODEL}"]),
    ("train", "lightning", ["analyze-eq", "--data", ".", "--checkpoint", MODEL]),
    ("train", "pandas", FIT),
    ("train", "statsmodels", FIT),
    ("look", "matplotlib", [*FIT, "--plot", "y.png"]),
    ("look", "matplotlib", ["analyze-eq", "--data", "."]),
    ("look", "matplotlib", ["render-eq", "--dataset", ".", "--overload"]),
    ("look", "PIL", ["render-eq", "--dataset", ".", "--overload"]),
    ("look", "matplotlib", ["bid-poster", *HAND]),
    ("look", "matplotlib", ["bid-convergence", *HAND[:2]]),
    ("look", "textual", ["view", "."]),
    *(
        ("export", module, ["export", "--checkpoint", MODEL, "--onnx", "x.onnx"])
        for module in EXTRAS["export"]
    ),
    *(
        ("wandb", "wandb", [*line, "--wandb"])
        for line in (
            ["generate"],
            ["campaign", "--seed-range", "0:1"],
            ["generate-continuous"],
            ["generate-eq-continuous"],
            ["tokenize", "--from-seeds", "0:1"],
            ["train", "--stream"],
            ["train-eq", "--data", "."],
        )
    ),
    ("wandb", "wandb", ["generate", "--wandb-group", "nightly"]),
    *(
        ("ray", "ray", [*line, "--ray", "local"])
        for line in (
            ["campaign", "--seed-range", "0:1"],
            ["generate-continuous"],
            ["generate-eq-continuous"],
            ["tokenize", "--from-seeds", "0:1"],
            ["bid-continuous"],
            ["bid-parallel", "--seeds", "0:1"],
            ["arena", "random", "random", "--out", "x.jsonl"],
        )
    ),
]


def test_a_command_names_the_extra_that_it_needs(tmp_path: Path) -> None:
    ends = run_without([([module], line) for _, module, line in NEEDS], tmp_path)
    for (name, module, line), end in zip(NEEDS, ends, strict=True):
        said = (
            f"error: this needs {module}, which is not installed: "
            f'pip install "crystal-forge[{name}]"\n'
        )
        assert end == (2, said), (line, module)
    assert [path.name for path in tmp_path.iterdir()] == ["stderr"]  # before any work
    told = {module for _, module, _ in (*NEEDS, *ADAPTERS)}
    assert told == {m for modules in EXTRAS.values() for m in modules}


IMPORTS: Final = """
import json, sys
from importlib import import_module
from forge.extras import MissingExtraError

class Absent:
    def __init__(self, module):
        self.module = module

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == self.module:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

told = []
for absent, module in json.load(sys.stdin):
    sys.meta_path.insert(0, Absent(absent))
    try:
        import_module(module)
    except MissingExtraError as error:
        told.append(str(error))
    sys.meta_path.pop(0)
print(json.dumps(told))
"""


def test_a_module_names_the_extra_that_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS],
        input=json.dumps([(absent, module) for _, absent, module in ADAPTERS]),
        env=importing_tests(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        f'this needs {absent}, which is not installed: pip install "crystal-forge[{name}]"'
        for name, absent, _ in ADAPTERS
    ]


def closure(names: set[str]) -> set[str]:
    """Distributions and all that they require, as far as they are installed."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        try:
            more = [Requirement(each) for each in requires(name) or ()]
        except PackageNotFoundError:  # of another platform
            continue
        todo += [
            canonicalize_name(each.name)
            for each in more
            if each.marker is None or each.marker.evaluate({"extra": ""})
        ]
    return found


def test_plain_dependencies_suffice(tmp_path: Path) -> None:
    plain = closure(names_of(project()["dependencies"])) | {"crystal-forge"}
    absent = [
        module
        for module, owners in packages_distributions().items()
        if not set(map(canonicalize_name, owners)) & plain
    ]
    assert {module for modules in EXTRAS.values() for module in modules} <= set(absent)
    lines = [
        ["quickstart"],
        ["solve", "--deal", DEAL, "--decl", "sixes"],
        ["generate", "--seed", "30", "--out", "shards"],
        ["verify", "shards"],
        ["tokenize", "--input", "shards", "--output", "tokens", "--max-samples-per-shard", "100"],
        ["generate-eq", "--n-games", "1", "--samples", "2", "--output", "games.pt"],
        ["view", "games.pt", "--text", "--decision", "3"],
        ["arena", "make:n=2", "greedy-points", "--games", "2", "--workers", "1"],
        ["bid-evaluate", *HAND],
        ["auction", *HAND],
        ["catalog"],
        ["info"],
    ]
    ends = run_without([(absent, line) for line in lines], tmp_path)
    for line, end in zip(lines, ends, strict=True):
        assert end.code == 0, (line, end.stderr)


def test_another_module_that_is_not_there_is_our_defect() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"), extra("look"):
        import no_such_module  # type: ignore[import-not-found]  # noqa: F401
    need("look", "PIL")  # is there


def test_the_citation_names_this_version() -> None:
    citation = read_yaml(ROOT / "CITATION.cff") or {}
    scm = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools_scm"]
    assert citation["version"] == scm["fallback_version"] and citation["license"] == "MIT"
