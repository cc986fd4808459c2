"""The README and pages of docs/ are executed: Python examples and commands, these as printed.

The lines of a section run one after the other in a folder of their own. Those that are meant for
hours run with more options behind them that make them short (`SHORTER`): all of the line is read,
and what it prints is what it prints.
"""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import importing_tests, run_here

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (
    README,
    ROOT / "docs/pipeline.md",
    ROOT / "docs/notation.md",
    ROOT / "docs/scale.md",
    ROOT / "docs/cloud.md",
)

FORMATS = ROOT / "docs/formats.md"  # its Python reads what its commands made

_FEW_STATES = "--max-states 8000000"
_SMALL = "--num-workers 0 --arch mlp --embed-dim 32 --ff-dim 32 --batch-size 100"
SHORTER = {
    "campaign": "--seed-range 30:32 --decls-per-seed 1",
    "generate-continuous --limit 10": f"--limit 1 --start-seed 30 {_FEW_STATES}",
    "train --stream": f"--samples-per-epoch 200 --epochs 1 --mixture played --per-deal 56 "
    f"--mix-deals 2 --val-deals 1 --val-per-deal 50 {_SMALL}",
    "train --resume": "--epochs 2",
    "eval --checkpoint": "--limit 300",
    "arena make:n=300": "--games 4 --workers 1",
    "arena seat:n=100": "--games 4 --workers 1",
    "tournament policy": "--games 2 --workers 1",
    "bid-continuous --limit": "--workers 1",
}
# Pages that tell how their figures were made, by days of work: all lines in order, made short.
RESULTS = (ROOT / "docs/bidding.md", ROOT / "docs/seat.md", ROOT / "docs/eq_analysis.md")
FEW = {
    "bid-calibrate play": "--hands 300 --deals 2 --played 1 --player greedy-points --workers 1",
    "generate-eq-continuous": "--limit 1 --n-samples 4 --start-seed 900",
    "generate-eq ": "--n-games 1 --n-samples 4",
    "play-hands": "--hands 60 --worlds 1 --pool 1",
    "train-policy": "--epochs 1",
    "refine-policy": "--rounds 1 --hands 200",
    "policy-curve": "--hands 100,150 --epochs 1",
}
# Installing is run by .ci/run, a policy of one's own as printed by tests/cli/test_policy_commands,
# what ends with Ctrl+C by tests/cli/test_play_command.
_ELSEWHERE = re.compile(
    r"python3 -m venv|forge (play-hands|train-policy|arena policy:mine)|forge play( |$)"
)


def blocks(page: Path) -> dict[str, list[str]]:
    """Command lines by the heading they stand under; comments are none."""
    sections = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    found = {}
    for section in sections:
        text = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
        text = text.replace("\\\n", " ")
        lines = [each for each in text.splitlines() if each and not each.startswith("#")]
        if lines:
            found[section.partition("\n")[0]] = lines
    return found


SECTIONS = [(page, head) for page in PAGES for head in blocks(page)]


@pytest.mark.parametrize(
    "page",
    ["README.md", "docs/rules.md", "docs/adapters.md", "docs/values.md", "docs/torch_ops.md"],
)
def test_python_examples(page: str) -> None:
    result = doctest.testfile(str(ROOT / page), module_relative=False)
    assert result.attempted >= 15
    assert result.failed == 0


def test_two_commands_do_all_the_set_up() -> None:
    """Each is one line from nothing; .ci/run executes them in a fresh environment."""
    lines = [
        line for line in blocks(README)["Install and run"] if line.startswith("python3 -m venv")
    ]
    install, test = lines
    assert install.endswith("forge quickstart")
    assert test.endswith("-m pytest -n auto")  # on all cores


@pytest.mark.parametrize(
    ("page", "head"), SECTIONS, ids=[f"{page.stem}: {head}" for page, head in SECTIONS]
)
def test_commands(
    page: Path,
    head: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for before in _needed(page, head):
        _run(before, capsys)
    for line in blocks(page)[head]:
        if not _ELSEWHERE.match(line):
            _run(line, capsys)


def test_the_page_of_formats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of its lines, in a folder of their own; then what the files hold is as printed."""
    monkeypatch.chdir(tmp_path)
    ((_, lines),) = blocks(FORMATS).items()
    for line in lines:
        _run(line, capsys)
    result = doctest.testfile(str(FORMATS), module_relative=False)
    assert result.attempted >= 75
    assert result.failed == 0


def test_the_page_of_formats_names_every_field_of_results() -> None:
    from dataclasses import fields

    from forge.arena.results import ARENA
    from forge.bidding.calibration.hands import HANDS as CALIBRATION_HANDS
    from forge.bidding.hands_file import HANDS
    from forge.flywheel.policy_rounds import ROUNDS
    from forge.policy.refining import ROUNDS as REFINING

    lines = FORMATS.read_text().splitlines()
    for kind in (ARENA, HANDS, CALIBRATION_HANDS, ROUNDS, REFINING):
        (line,) = [each for each in lines if each.startswith(f"| `{kind.name}` |")]
        assert {each.name for each in fields(kind.row)} <= set(re.findall(r"`(\w+)`", line))


@pytest.mark.parametrize("page", RESULTS, ids=[page.stem for page in RESULTS])
def test_pages_of_results(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for start, more in FEW.items():
        monkeypatch.setitem(SHORTER, start, more)
    lines = [each for part in blocks(page).values() for each in part]
    # One takes a policy that lines further down make.
    for line in sorted(lines, key=lambda each: "--posterior-policy" in each):
        if "bench/" not in line:  # .ci/run runs the benchmarks
            _run(line.replace("--samples 500", "--samples 20"), capsys)


def _needed(page: Path, head: str) -> list[str]:
    """Sections of the working page go on from the first one, which makes data and a network."""
    sections = list(blocks(page))
    return [] if page == README or head == sections[0] else blocks(page)[sections[0]]


def _run(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, _, rest = line.partition(" ")
    if name != "forge" or "--ray" in rest:  # Ray is for processes of its own
        shown = _in_a_shell(line)
    else:
        command, _, options = rest.partition(" ")
        more = next((v for start, v in SHORTER.items() if f"{rest} ".startswith(f"{start} ")), "")
        code = run_here(command, options, more)
        shown, errors = capsys.readouterr()
        assert code == 0, f"{line}\n{errors}"
    assert shown.strip(), line


def _in_a_shell(line: str) -> str:
    """Of this Python, whatever is installed elsewhere."""
    here = str(Path(sys.executable).parent)
    environment = importing_tests(PATH=os.pathsep.join([here, os.environ["PATH"]]))
    done = subprocess.run(
        ["bash", "-c", line], env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    return done.stdout or "(nothing, as told)"


def test_lines_that_are_made_short_are_there() -> None:
    lines = [line for page in PAGES for part in blocks(page).values() for line in part]
    for start in SHORTER:
        assert any(f"{line} ".startswith(f"forge {start} ") for line in lines), start


def test_players_of_the_tables_can_be_typed() -> None:
    """Every player between backticks in the tables of docs/arena.md is one."""
    from forge.arena.registry import parse_player
    from forge.models.catalog import resolve

    rows = re.findall(r"^\|.*\|$", (ROOT / "docs/arena.md").read_text(), re.MULTILINE)
    cells = [cell.strip() for row in rows for cell in row.strip("|").split("|")[:2]]
    typed = [
        name
        for cell in cells
        for name in re.findall(r"`([^`]+)`", cell)
        if not name.startswith("--")
    ]
    assert len(typed) > 20 and any(name.startswith("stage2:") for name in typed)
    for name in typed:
        parse_player(name, resolve)


def test_paths_of_the_working_page_are_there() -> None:
    """What its table says may be changed."""
    text = (ROOT / "docs/pipeline.md").read_text().partition("## What to make again")[2]
    paths = re.findall(r"`((?:forge|csrc|docs)/[\w/.]+)`", text.partition("## Words")[0])
    assert len(paths) > 10
    for path in paths:
        where = ROOT / "python" / path if path.startswith("forge/") else ROOT / path
        assert where.exists(), path


def test_pages_that_are_linked_are_there() -> None:
    for page in (README, *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
