"""A layer uses only the layers below it; files stay short; nothing unpickles."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge.doors import DOORS
from forge.game import constants

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / "python"
CSRC = ROOT / "csrc"
MODULES = sorted(PYTHON.glob("forge/**/*.py"))
SOURCES = sorted(p for p in CSRC.glob("**/*") if p.suffix in {".h", ".cpp", ".cu", ".cuh"})

# Lowest first. A name is a module or a package of forge. Doors, wherever they lie, are the top:
# they may hand on to anything, and nothing uses them.
PYTHON_LAYERS = (
    "_native",
    "errors",
    "extras",
    "options",
    "build",
    "game",
    "stats",
    "work",
    "ops",
    "oracle",
    "play",
    "eq",
    "learn",
    "ml",
    "policy",
    "stage2",
    "arena",
    "bidding",
    "advice",
    "look",
    "models",
    "flywheel",
    "web",
    "adapters",
    "cli",
    "doors",
    "__main__",
)

CSRC_BELOW = {
    "core": set(),
    "game": {"core"},
    "tablebase": {"core", "game"},
    "search": {"core", "game"},
    "worlds": {"core", "game"},
    "tokens": {"core", "game", "tablebase", "search"},
    "play": {"core", "game", "tablebase", "search", "worlds", "tokens"},
    "policy": {"core", "game", "tablebase", "search", "worlds", "tokens", "play"},
    "decide": {"core", "game", "tablebase", "search", "worlds", "tokens", "play", "policy"},
    "bindings": {
        "core",
        "game",
        "tablebase",
        "search",
        "worlds",
        "tokens",
        "play",
        "policy",
        "decide",
    },
}

MODULE_NAME = re.compile(r"forge(\.\w+)+")


def name_of(path: Path) -> str:
    """Return the dotted name of a module under python/."""
    parts = path.relative_to(PYTHON).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str) -> bool:
    """Whether a dotted name is a file or folder under python/, or the native module."""
    path = PYTHON.joinpath(*name.split("."))
    return name == "forge._native" or path.is_dir() or path.with_suffix(".py").is_file()


def lazy_homes() -> dict[str, str]:
    """Return where `forge.NAME` comes from, as forge/__init__.py has it."""
    for node in ast.walk(parsed(PYTHON / "forge" / "__init__.py")):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES":
            homes: dict[str, str] = ast.literal_eval(node.value)
            return homes
    raise AssertionError("forge/__init__.py has no _HOMES")


def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def imports(tree: ast.AST, module: str) -> Iterator[str]:
    """Yield the modules of forge that a tree imports, wherever the statement stands."""
    homes = lazy_homes()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "forge")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            if node.module is None or node.module.split(".")[0] != "forge":
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if node.module == "forge" and alias.name in homes:
                    yield homes[alias.name]
                else:
                    yield full if is_module(full) else node.module
        elif isinstance(node, ast.Constant):  # a module named in a string, for import_module
            text = str(node.value)
            yield from [text] if MODULE_NAME.fullmatch(text) and is_module(text) else []


def layer_of(module: str) -> int:
    """Return the place of a module in PYTHON_LAYERS."""
    return PYTHON_LAYERS.index("doors" if module in DOORS else module.split(".")[1])


def test_the_files_are_found() -> None:
    assert {"forge.ops.cpu", "forge.cli.main"} | set(DOORS) < {name_of(path) for path in MODULES}
    assert {"core/macros.h", "game/state.h", "search/search_cuda.cu"} < {
        path.relative_to(CSRC).as_posix() for path in SOURCES
    }


def test_python_imports_only_from_below() -> None:
    faults = []
    for path in MODULES:
        module = name_of(path)
        if module == "forge":
            continue
        for used in imports(parsed(path), module):
            upwards = used != "forge" and layer_of(used) > layer_of(module)
            around = used == "forge._native" and module != "forge.build"
            if upwards or around:
                faults.append(f"{module} imports {used}")
    assert faults == []


def test_an_import_upwards_is_noticed() -> None:
    for line in (
        "from forge.cli import main",
        "def f():\n    import forge.models.catalog",
        "import_module('forge.cli.train')",
        "from forge.oracle import generate",  # a door
    ):
        used = set(imports(ast.parse(line), "forge.eq.estimate"))
        assert any(layer_of(name) > PYTHON_LAYERS.index("eq") for name in used), line


def test_importing_forge_loads_nothing_heavy() -> None:
    # What the facade imports at once; everything else goes through _HOMES.
    at_once = [
        node
        for node in parsed(PYTHON / "forge" / "__init__.py").body
        if not isinstance(node, ast.If)
    ]
    used = {name for node in at_once for name in imports(node, "forge")} - set(
        lazy_homes().values()
    )
    assert used == {"forge.errors"}


def includes(path: Path) -> list[tuple[str, str]]:
    """Return the includes of a file as (quote or bracket, path)."""
    return re.findall(r'^\s*#\s*include\s*(["<])([^">]+)[">]', path.read_text(), re.MULTILINE)


def test_csrc_includes_only_from_below() -> None:
    for path in SOURCES:
        folder = path.relative_to(CSRC).parts[0]
        for mark, included in includes(path):
            layer = included.split("/")[0]
            if mark == '"':
                assert (CSRC / included).is_file(), f"{path}: {included} is not a path from csrc/"
                assert layer == folder or layer in CSRC_BELOW[folder], f"{path}: {included}"
            else:
                assert not (CSRC / included).exists(), f'{path}: write "{included}" with quotes'


def test_csrc_sees_python_in_the_bindings_only_and_torch_never() -> None:
    for path in SOURCES:
        for _, included in includes(path):
            first = included.split("/")[0]
            assert first not in {"torch", "ATen", "c10", "caffe2"}, path
            if first in {"pybind11", "Python.h"}:
                assert path.relative_to(CSRC).parts[0] == "bindings", path
            if first.startswith(("cuda", "cub", "thrust", "cooperative_groups")):
                assert path.suffix in {".cu", ".cuh"}, path


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in [*MODULES, *SOURCES]}
    assert {path: n for path, n in lengths.items() if n > 500} == {}


UNPICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def unpickles(tree: ast.AST) -> Iterator[str]:
    """Yield what in a syntax tree could run the code of a foreign file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in UNPICKLERS | {"torch", "numpy"}:
            names = {alias.name for alias in node.names}
            if names & {"load", "loads", "Unpickler"}:
                yield ast.unparse(node)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in UNPICKLERS:
            yield from [ast.unparse(node)] if node.attr != "UnpicklingError" else []
        if isinstance(node, ast.Call):
            keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
            default = "False" if ast.unparse(node.func) == "torch.load" else "True"
            safe = keywords.get("weights_only", default) == "True"
            safe = safe and keywords.get("allow_pickle", "False") == "False"
            yield from [] if safe else [ast.unparse(node)]


def test_nothing_unpickles() -> None:
    assert {name_of(path): list(unpickles(parsed(path))) for path in MODULES} == {
        name_of(path): [] for path in MODULES
    }


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=1 - 1)",
        "Module.load_from_checkpoint(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "pickle.load(file)",
        "from pickle import loads",
        "from torch import load",
    ],
)
def test_unpickling_is_noticed(line: str) -> None:
    assert list(unpickles(ast.parse(line)))


def test_constants_of_the_rules_are_written_once() -> None:
    # forge/game/constants.py reads them from the core; nobody else assigns to their names.
    home = PYTHON / "forge" / "game" / "constants.py"
    names = {name for name in vars(constants) if name.isupper()}
    assert {"N_SEATS", "ILLEGAL", "N_TOKENS"} < names
    for path in MODULES:
        for node in ast.walk(parsed(path)) if path != home else ():
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            again = {ast.unparse(t).lstrip("_") for t in targets} & names
            # Tokens of transcripts have features of their own.
            again -= {"N_FEATURES"} if name_of(path) == "forge.play.transcript" else set()
            assert not again, f"{name_of(path)} defines {again}"
