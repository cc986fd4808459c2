"""A policy that learns from how the hands come out that it plays against itself.

In a round it plays hands, each played to its end after every legal play of every decision, and
follows the gradient of what its plays win: that of the chance by its own probabilities, over all
plays of a decision at once, with what everybody really held. No value is estimated and nobody is
taken to see hidden hands. Beside that it goes on foretelling the plays of a better player, so that
it stays a model of how others play.

A folder has a line for each round, and the numbers after the last one; a run that was cut short
goes on with them, to the same bytes.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.game.whole_numbers import is_finite
from forge.learn.from_plays import chance_lost, imitation_loss
from forge.policy.choices import PolicyRows, rows_of
from forge.policy.folders import hand_files
from forge.policy.numbers import load_policy, policy_bytes
from forge.policy.own_play import Outcomes, play_outcomes
from forge.policy.played_hands import load_all
from forge.policy.refine_settings import RefineFiles, Refining
from forge.policy.sparse_network import PolicyNetwork
from forge.work.atomic import write_file
from forge.work.file_schema import in_file
from forge.work.hashing import sha256_of
from forge.work.processes import one_thread
from forge.work.results_file import ResultsFile, ResultsFormat
from forge.work.tensor_files import read_tensors

RECORD: Final = "rounds.jsonl"
REFINED: Final = "refined.policy"
_STATE: Final = "state.pt"
_FORMAT: Final = "forge policy refining 1"
# Of the rounds, the share in which the rate rises, and from where on it falls, to a twentieth.
_RISE: Final = 0.05
_FALL: Final = 0.4
_LAST: Final = 0.05
_BETAS: Final = (0.9, 0.99)


@in_file()
@dataclass(frozen=True)
class RefinedRound:
    """What a round saw.

    Args:
        number: from 1.
        rows: decisions that decided their hands.
        lost: of them, the share lost by the policy's probabilities that another play won.
        nll: mean loss of foretelling the plays of others; 0 where there are none.
    """

    number: int
    rows: int
    lost: float
    nll: float


def _is_sound(values: Any) -> bool:
    whole = (values["number"], values["rows"])
    return all(type(each) is int and each > 0 for each in whole) and all(
        is_finite(values[name]) for name in ("lost", "nll")
    )


ROUNDS: Final = ResultsFormat(
    "forge policy refining", 1, RefinedRound, _is_sound, lambda row: {f"round {row.number}": row}
)


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
        self.folder, self.how = files.output, how
        start = load_policy(files.start)
        paths = [] if files.data is None else hand_files(files.data)
        lasting: dict[str, Any] = asdict(how) | {
            "start": sha256_of(files.start),
            "data": sha256_of(*paths) if paths else None,
        }
        self._others = rows_of(load_all(paths)) if paths else None
        torch.manual_seed(how.seed)  # of numbers that are replaced at once
        self.network = PolicyNetwork()
        self.network.start_from(start)
        self._optimizer = torch.optim.Adam(self.network.parameters(), lr=how.lr, betas=_BETAS)
        self.n_done = 0
        with ExitStack() as stack:
            record = ResultsFile(self.folder / RECORD, ROUNDS, lasting)
            self._record = stack.enter_context(record)
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
        return self._record.rows[: self.n_done]

    @property
    def refined(self) -> Path:
        """The file of the policy after the last round."""
        return self.folder / REFINED

    @property
    def is_over(self) -> bool:
        """Whether there is no round to come."""
        return self.n_done >= self.how.rounds

    def next(self) -> RefinedRound:
        """One round more.

        Raises:
            ForgeError: if numbers cease to be finite, or a file cannot be written.
        """
        how = self.how
        first = self.n_done * how.hands
        outcomes = play_outcomes(
            self.network.numbers(),
            how.seed,
            first,
            first + how.hands,
            how.explore,
            how.temperature,
        )
        if not len(outcomes):
            raise ForgeError(f"none of {how.hands} hands was decided by a play: play more a round")
        with one_thread():
            lost, nll = self._learn(outcomes)
        found = RefinedRound(self.n_done + 1, len(outcomes), lost, nll)
        self.n_done += 1
        # A line without its numbers is made again; numbers without their line would not be.
        if len(self._record.rows) < self.n_done:
            self._record.append(found)
        self._save()
        return found

    def _learn(self, outcomes: Outcomes) -> tuple[float, float]:
        """Mean chance lost and loss of foretelling."""
        how = self.how
        lost = nll = 0.0
        batches = list(self._batches(len(outcomes)))
        for step, (rows, others) in enumerate(batches):
            self._set_rate((self.n_done + step / len(batches)) / how.rounds)
            some = outcomes.take(rows)
            logits = self.network(some.context, some.candidates) / how.temperature
            of_hands = chance_lost(logits, some.won)
            loss = how.lost * of_hands
            if others is not None:
                of_others = self._foretelling(others)
                loss = loss + how.imitate * of_others
                nll += float(of_others.detach())
            if not bool(torch.isfinite(loss)):
                raise ForgeError(
                    f"round {self.n_done + 1}: numbers are no longer finite; "
                    "a lower learning rate may help"
                )
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            lost += float(of_hands.detach())
        return lost / len(batches), nll / len(batches)

    def _batches(self, n: int) -> Iterator[tuple[Tensor, PolicyRows | None]]:
        """Rows of a round, and half as many of what others played."""
        how = self.how
        order = torch.Generator().manual_seed((how.seed << 16 ^ self.n_done) & (1 << 62) - 1)
        for rows in torch.split(torch.randperm(n, generator=order), how.batch_size):
            if self._others is None or not how.imitate:
                yield rows, None
                continue
            size = max(1, how.batch_size // 2)
            chosen = torch.randint(len(self._others), (size,), generator=order)
            yield rows, self._others.take(chosen)

    def _foretelling(self, rows: PolicyRows) -> Tensor:
        logits = self.network(rows.context, rows.candidates)
        return imitation_loss(logits, rows.slots, rows.chances, self.how.soft, self.how.tau)

    def _set_rate(self, done: float) -> None:
        falls = max(0.0, (done - _FALL) / (1 - _FALL)) * (1 - _LAST)
        for group in self._optimizer.param_groups:
            group["lr"] = self.how.lr * min(1.0, done / _RISE) * (1 - falls)

    def _save(self) -> None:
        content = {
            "format": _FORMAT,
            "rounds": self.n_done,
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_file(self.folder / _STATE, buffer.getvalue())
        write_file(self.refined, policy_bytes(self.network.numbers()))

    def _restore(self) -> None:
        path = self.folder / _STATE
        if not path.exists() and len(self._record.rows) == 1:
            return  # cut short before the numbers of the first round were there
        found = read_tensors(path, "a state of forge refine-policy")
        try:
            told = (found["format"], found["rounds"])
            self.network.load_state_dict(found["network"])
            self._optimizer.load_state_dict(found["optimizer"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ForgeError(f"{path}: not a state of forge refine-policy") from error
        if told not in {(_FORMAT, each.number) for each in self._record.rows}:
            raise ForgeError(f"{path}: not of the rounds beside it")
        self.n_done = told[1]
        # What a run that was cut short may have left behind.
        content = policy_bytes(self.network.numbers())
        if not self.refined.exists() or self.refined.read_bytes() != content:
            write_file(self.refined, content)
