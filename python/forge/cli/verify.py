"""`forge verify`: check any file that forge writes, or everything in a directory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from forge.cli import values
from forge.cli.command import command
from forge.cli.values import console
from forge.errors import ForgeError
from forge.extras import MissingExtraError
from forge.options import option
from forge.work.wording import counted

_MOST_NAMED = 10
_BAD = "BAD"


@dataclass(frozen=True)
class VerifyArgs:
    """What may be said to `forge verify`."""

    paths: list[Path] = option(
        help="Files that forge writes, or directories of them.", is_argument=True, stores=True
    )
    deal: str | None = option(
        None,
        "The deal of a shard that does not say its own.",
        metavar='"6-6,... / ... / ... / ..."',
        reads=values.deal,
    )
    as_json: bool = option(False, "Print JSON, a file an entry, instead of a table.", "--json")


@command()
def verify(args: VerifyArgs) -> None:
    """Check everything in files: shards, E[Q] files, bidding files, played hands, tokenised data,
    results, checkpoints, weights, policies, catalogues, ONNX exports and records.

    Checksums, what values may be, and what rows must have to do with each other and with the name
    of their file; of shards every row against the rules. Nothing is solved again. What a file is,
    its content tells. Exit code 0 if all is well, 2 if anything is not.
    """
    from forge.cli.file_kinds import Verified, files_in, verify_file
    from forge.game.deal import Deal

    given_deal = None if args.deal is None else Deal.from_text(args.deal)
    files = list(files_in(args.paths))
    screen = console(stderr=args.as_json)
    rows: list[dict[str, str]] = []
    problems: list[str] = []
    unchecked: dict[str, int] = {}  # how many files, by what is missing
    unknown: list[Path] = []
    for path in track(files, "verifying", console=screen, disable=not screen.is_terminal):
        try:
            found = verify_file(path, given_deal)
        except MissingExtraError as error:
            unchecked[str(error)] = unchecked.get(str(error), 0) + 1
            found = Verified("", "", "not checked")
        except (ForgeError, OSError) as error:
            problems.append(str(error))
            found = Verified("", "", _BAD)
        if found is None:
            unknown.append(path)
        else:
            rows.append({"file": str(path), **vars(found)})
    known = len(files) - len(unknown)
    if args.as_json:
        report = {"files": rows, "unknown": list(map(str, unknown)), "problems": problems}
        print(json.dumps(report))
    elif known:
        screen.print(_table(rows, args.paths))
    if unknown:
        named = ", ".join(map(str, unknown[:_MOST_NAMED])) + ", ..." * (len(unknown) > _MOST_NAMED)
        _say(screen, f"of no kind that forge writes, not looked at ({len(unknown)}): {named}")
    if not known:
        raise ForgeError(
            f"no files of forge in {', '.join(map(str, args.paths))}: give files that it wrote, "
            "or directories of them"
        )
    for why, n in unchecked.items():
        problems.append(f"{counted(n, 'file')} not checked: {why}")
    _conclude(screen, known, problems)


def _table(rows: Sequence[dict[str, str]], given: Sequence[Path]) -> Table:
    table = Table()
    table.add_column("file", overflow="fold")
    table.add_column("kind")
    table.add_column("rows", justify="right")
    table.add_column("result")
    for row in rows:
        result = Text(row["result"], style="red" if row["result"] == _BAD else "")
        table.add_row(Text(_named(Path(row["file"]), given)), row["kind"], row["rows"], result)
    return table


def _named(path: Path, given: Sequence[Path]) -> str:
    """A file by its place below the directory that was given, if one was."""
    for each in given:
        if each.is_dir() and path.is_relative_to(each):
            return str(path.relative_to(each))
    return path.name


def _say(screen: Console, line: str) -> None:
    screen.print(line, markup=False, highlight=False, soft_wrap=True)


def _conclude(screen: Console, n_files: int, problems: Sequence[str]) -> None:
    """Say how many are good; the problems beyond the first go to stdout, one line each."""
    if not problems:
        line = "the file is verified" if n_files == 1 else f"all {n_files} verified"
        screen.print(line)
        return
    for problem in problems[1:]:
        _say(screen, problem)
    share = f" ({len(problems)} of {n_files} files are bad)" if n_files > 1 else ""
    raise ForgeError(problems[0] + share)


main = verify.main


if __name__ == "__main__":
    main()
