"""Refining a policy in a folder: a line for each round, and the numbers after the last one.

A run that was cut short goes on with them, to the same bytes.
"""

import io
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from forge.errors import ForgeError, reason_of
from forge.game.whole_numbers import is_finite
from forge.policy.choices import rows_of
from forge.policy.folders import hand_files
from forge.policy.numbers import load_policy, policy_bytes
from forge.policy.own_learning import OwnLearner, RefinedRound
from forge.policy.played_hands import load_all
from forge.policy.refine_settings import RefineFiles, Refining
from forge.policy.sparse_network import PolicyNetwork
from forge.work.atomic import write_file
from forge.work.hashing import sha256_of
from forge.work.paths import check_own
from forge.work.results_file import ResultsFile, ResultsFormat
from forge.work.tensor_files import read_tensors

RECORD: Final = "rounds.jsonl"
REFINED: Final = "refined.policy"
STATE: Final = "state.pt"
_FORMAT: Final = "forge policy refining 1"


def _is_sound(values: Any) -> bool:
    whole = (values["number"], values["rows"])
    return all(type(each) is int and each > 0 for each in whole) and all(
        is_finite(values[name]) for name in ("lost", "nll")
    )


ROUNDS: Final = ResultsFormat(
    "forge policy refining", 1, RefinedRound, _is_sound, lambda row: {f"round {row.number}": row}
)


def rounds_behind(path: Path, content: Any) -> int:
    """How many rounds a state has behind it.

    Args:
        path: of the file, for the error.
        content: of it, as `read_tensors` has it.

    Raises:
        ForgeError: for what is no state of a refinement.
    """
    with torch.random.fork_rng(devices=[]):
        blank = PolicyNetwork().numbers()
    learner = OwnLearner(blank, Refining(), None)
    _put_back(learner, path, content)
    return learner.n_done


def _put_back(learner: OwnLearner, path: Path, content: Any) -> None:
    try:
        if content["format"] != _FORMAT:
            raise TypeError(content["format"])
        learner.restore(content)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        why = f": {reason_of(error)}" if isinstance(error, ValueError) else ""
        raise ForgeError(f"{path}: not a state of forge refine-policy{why}") from error


class Refinement:
    """The rounds in a folder, held by one process; use as a context manager.

    Args:
        files: what is read and written.
        how: the policy learns; a folder that has begun keeps it.

    Raises:
        ForgeError: for a folder of other settings or of another process, or one that cannot be
            read or written.
    """

    def __init__(self, files: RefineFiles, how: Refining) -> None:
        self.folder = files.output
        check_own(self.folder, RECORD, STATE, REFINED)
        start = load_policy(files.start)
        paths = [] if files.data is None else hand_files(files.data)
        lasting: dict[str, Any] = asdict(how) | {
            "start": sha256_of(files.start),
            "data": sha256_of(*paths) if paths else None,
        }
        with ExitStack() as stack:
            record = ResultsFile(self.folder / RECORD, ROUNDS, lasting)
            self._record = stack.enter_context(record)
            # Minutes of work, for whoever has the folder.
            self.learner = OwnLearner(start, how, rows_of(load_all(paths)) if paths else None)
            if self._record.rows:
                self._restore()
            self._held = stack.pop_all()

    def __enter__(self) -> "Refinement":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._held.close()

    @property
    def rounds(self) -> list[RefinedRound]:
        """Those that are over."""
        return self._record.rows[: self.learner.n_done]

    @property
    def refined(self) -> Path:
        """The file of the policy after the last round."""
        return self.folder / REFINED

    def next(self) -> RefinedRound:
        """One round more.

        Raises:
            ForgeError: if numbers cease to be finite, or a file cannot be written.
        """
        found = self.learner.next()
        # A line without its numbers is made again; numbers without their line would not be.
        if len(self._record.rows) < found.number:
            self._record.append(found)
        buffer = io.BytesIO()
        torch.save({"format": _FORMAT} | self.learner.state(), buffer)
        write_file(self.folder / STATE, buffer.getvalue())
        write_file(self.refined, policy_bytes(self.learner.policy))
        return found

    def _restore(self) -> None:
        path = self.folder / STATE
        if not path.exists():
            if len(self._record.rows) == 1:
                return  # cut short before the numbers of the first round were there
            raise ForgeError(
                f"{path} is gone, without which {self.folder} cannot go on: put it back, or begin "
                "another folder"
            )
        found = read_tensors(path, "state of forge refine-policy")
        _put_back(self.learner, path, found)
        if self.learner.n_done not in {each.number for each in self._record.rows}:
            raise ForgeError(f"{path}: not of the rounds beside it")
        # What a run that was cut short may have left behind.
        content = policy_bytes(self.learner.policy)
        if not self.refined.exists() or self.refined.read_bytes() != content:
            write_file(self.refined, content)
