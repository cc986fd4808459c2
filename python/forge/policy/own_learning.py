"""A policy that learns from how the hands come out that it plays against itself.

In a round it plays hands, each played to its end after every legal play of every decision, and
follows the gradient of what its plays win: that of the chance by its own probabilities, over all
plays of a decision at once, with what everybody really held. No value is estimated and nobody is
taken to see hidden hands. Beside that it goes on foretelling the plays of a better player, so that
it stays a model of how others play.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.learn.from_plays import chance_lost, imitation_loss
from forge.policy.choices import PolicyRows
from forge.policy.numbers import PolicyNumbers
from forge.policy.own_play import Outcomes, play_outcomes
from forge.policy.refine_settings import Refining
from forge.policy.sparse_network import PolicyNetwork
from forge.work.file_schema import in_file
from forge.work.processes import one_thread

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


class OwnLearner:
    """Rounds of play and learning; a round depends on its number and the numbers before it alone.

    Args:
        start: the policy to go on from.
        how: it learns.
        others: plays to go on foretelling; None: of nobody.
    """

    def __init__(self, start: PolicyNumbers, how: Refining, others: PolicyRows | None) -> None:
        self.how, self.n_done = how, 0
        self._others = others if how.imitate else None
        with torch.random.fork_rng(devices=[]):
            self.network = PolicyNetwork()
        self.network.start_from(start)
        self._optimizer = torch.optim.Adam(self.network.parameters(), lr=how.lr, betas=_BETAS)

    @property
    def policy(self) -> PolicyNumbers:
        """What was learnt so far."""
        return self.network.numbers()

    @property
    def is_over(self) -> bool:
        """Whether there is no round to come."""
        return self.n_done >= self.how.rounds

    def next(self) -> RefinedRound:
        """One round more.

        Raises:
            ForgeError: if numbers cease to be finite.
        """
        how = self.how
        first = self.n_done * how.hands
        outcomes = play_outcomes(
            self.policy,
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
        if not self._is_sound():
            raise self._no_longer_finite()
        self.n_done += 1
        return RefinedRound(self.n_done, len(outcomes), lost, nll)

    def state(self) -> dict[str, Any]:
        """All that the next round depends on."""
        return {
            "rounds": self.n_done,
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }

    def restore(self, state: Any) -> None:
        """Go on from a `state`.

        Raises:
            KeyError, TypeError, ValueError, RuntimeError: if it is none.
        """
        n_done = state["rounds"]
        if type(n_done) is not int:
            raise TypeError(n_done)
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        if not self._is_sound():
            raise ValueError("numbers that are not finite, or not as many as there are")
        self.n_done = n_done

    def _is_sound(self) -> bool:
        """Whether all numbers are finite and have their place, those of the network in a policy."""
        try:
            self.network.numbers()
        except ForgeError:
            return False
        return all(
            bool(torch.isfinite(torch.as_tensor(each)).all())
            and (name == "step" or each.shape == parameter.shape)
            for parameter, moments in self._optimizer.state.items()
            for name, each in moments.items()
        )

    def _no_longer_finite(self) -> ForgeError:
        return ForgeError(
            f"round {self.n_done + 1}: numbers are no longer finite; a lower learning rate may help"
        )

    def _learn(self, outcomes: Outcomes) -> tuple[float, float]:
        """Mean chance lost and loss of foretelling."""
        how = self.how
        lost = nll = 0.0
        n_steps = -(-len(outcomes) // how.batch_size)
        for step, (rows, others) in enumerate(self._batches(len(outcomes))):
            self._set_rate((self.n_done + step / n_steps) / how.rounds)
            some = outcomes.take(rows)
            logits = self.network(some.context, some.candidates) / how.temperature
            of_hands = chance_lost(logits, some.won)
            loss = how.lost * of_hands
            if others is not None:
                of_others = self._foretelling(others)
                loss = loss + how.imitate * of_others
                nll += float(of_others.detach())
            if not bool(torch.isfinite(loss)):
                raise self._no_longer_finite()
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            lost += float(of_hands.detach())
        return lost / n_steps, nll / n_steps

    def _batches(self, n: int) -> Iterator[tuple[Tensor, PolicyRows | None]]:
        """Rows of a round, and half as many of what others played."""
        how = self.how
        order = torch.Generator().manual_seed((how.seed << 16 ^ self.n_done) & (1 << 62) - 1)
        for rows in torch.split(torch.randperm(n, generator=order), how.batch_size):
            if self._others is None:
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
