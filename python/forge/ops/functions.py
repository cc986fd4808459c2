"""The operators as functions. Each is `torch.ops.forge.NAME` and runs where its arguments are.

A *deal* is int8 [4, 7] domino ids in slot order; in batches a leading dimension of 1 of deals,
decls and targets broadcasts. States are packed int64 (`forge.game.state`). Values are points of
value-to-go in the **team-0 frame**, -128 where a slot is not legal.

Every function raises ForgeError where a shape, type or device is not what is said here. On the CPU
values are checked too (dominoes of a deal, packed states, declarations 0..9); on CUDA, where that
would have to wait for the device, rows that are no positions come back as illegal.
"""

import functools
from typing import Any

import torch
from torch import Tensor

from forge.errors import ForgeError, brief
from forge.game.whole_numbers import whole_number
from forge.ops.schemas import check_dense


def solve(deal: Tensor, decl: int) -> tuple[Tensor, Tensor, Tensor]:
    """Every state of a deal with its exact values.

    Args:
        deal: int8 [4, 7].
        decl: declaration 0..9.

    Returns:
        states: int64 [N], all reachable ones, ascending.
        values: int8 [N], V.
        q: int8 [N, 7], after each slot.
    """
    solved: tuple[Tensor, Tensor, Tensor] = _op("solve")(deal, decl)
    return solved


def enumerate_states(deal: Tensor, decl: int) -> Tensor:
    """All reachable states of a deal.

    Args:
        deal: int8 [4, 7].
        decl: declaration 0..9.

    Returns:
        int64 [N], ascending.
    """
    return _tensor("enumerate_states", deal, decl)


def expand_states(deal: Tensor, decl: int, states: Tensor) -> Tensor:
    """The states after each slot.

    Args:
        deal: int8 [4, 7].
        decl: declaration 0..9.
        states: int64 [N], of the deal.

    Returns:
        int64 [N, 7], -1 where the slot is not legal.
    """
    return _tensor("expand_states", deal, decl, states)


def backward_induction(deal: Tensor, decl: int, states: Tensor) -> tuple[Tensor, Tensor]:
    """Exact values of some states of a deal.

    Args:
        deal: int8 [4, 7].
        decl: declaration 0..9.
        states: int64 [N], reachable ones, ascending.

    Returns:
        values: int8 [N], V.
        q: int8 [N, 7].
    """
    found: tuple[Tensor, Tensor] = _op("backward_induction")(deal, decl, states)
    return found


def search(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    """Exact Q of any positions, without a tablebase.

    Args:
        deals: int8 [B or 1, 4, 7].
        decls: int8 [B or 1].
        states: int64 [B].

    Returns:
        int8 [B, 7], value-to-go after each slot in points, **team-0 frame**; -128 where it is
        not legal.
    """
    return _tensor("search", deals, decls, states)


def search_at_least(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    """Whether the value after each slot is at least a target: a fraction of the price of `search`.

    Args:
        deals: int8 [B or 1, 4, 7].
        decls: int8 [B or 1].
        states: int64 [B].
        targets: int8 [B or 1], **team-0 frame**.

    Returns:
        int8 [B, 7]: 1 yes, 0 no, -1 not legal.
    """
    return _tensor("search_at_least", deals, decls, states, targets)


def search_value(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    """V of any positions: one node instead of seven slots.

    Args:
        deals: int8 [B or 1, 4, 7].
        decls: int8 [B or 1].
        states: int64 [B].

    Returns:
        int8 [B], value-to-go in points, **team-0 frame**; 0 where the hand is over.
    """
    return _tensor("search_value", deals, decls, states)


def search_made(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    """Whether V is at least a target: is the contract made?

    Args:
        deals: int8 [B or 1, 4, 7].
        decls: int8 [B or 1].
        states: int64 [B].
        targets: int8 [B or 1], **team-0 frame**; 18 at the first lead is a bid of 30.

    Returns:
        bool [B].
    """
    return _tensor("search_made", deals, decls, states, targets)


def legal_slots(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    """Which slots the seats to act may play.

    Args:
        deals: int8 [B or 1, 4, 7].
        decls: int8 [B or 1].
        states: int64 [B].

    Returns:
        bool [B, 7]; none where the hand is over.
    """
    return _tensor("legal_slots", deals, decls, states)


def play(deals: Tensor, decls: Tensor, states: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
    """One play in each hand.

    Args:
        deals: int8 [B or 1, 4, 7].
        decls: int8 [B or 1].
        states: int64 [B].
        slots: int8 [B].

    Returns:
        states: int64 [B], the next ones; on CUDA -1 where the slot is not legal.
        points: int8 [B], of the trick that ends with the play, **team-0 frame**; 0 inside a trick.

    Raises:
        ForgeError: on the CPU for a slot that is not legal, saying which are.
    """
    played: tuple[Tensor, Tensor] = _op("play")(deals, decls, states, slots)
    return played


def tokenize_states(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    """Stage 1 tokens of positions.

    Args:
        deals: int8 [N or 1, 4, 7].
        decls: int8 [N or 1].
        states: int64 [N].

    Returns:
        tokens: int8 [N, 32, 12].
        masks: int8 [N, 32], 1 = there is a token.
    """
    made: tuple[Tensor, Tensor] = _op("tokenize_states")(deals, decls, states)
    return made


def count_worlds(allowed: Tensor, sizes: Tensor) -> Tensor:
    """In how many ways the unseen dominoes fit the three hidden hands.

    Args:
        allowed: int32 [B, 3], masks of 28 bits of the dominoes that each hidden seat may hold.
        sizes: int8 [B, 3], how many it holds, 0..7.

    Returns:
        int64 [B], 0..399,072,960.
    """
    return _tensor("count_worlds", allowed, sizes)


def sample_worlds(
    allowed: Tensor, sizes: Tensor, keys: Tensor, n_samples: int, sampler: str = "uniform"
) -> Tensor:
    """Hidden hands at random.

    Args:
        allowed, sizes: see `count_worlds`.
        keys: int64 [B], of the random numbers; sample j of a row depends on (key, j) alone.
        n_samples: of each row.
        sampler: `uniform`, every world alike, or `mrv`, most constrained first, with a bias.

    Returns:
        int32 [B, n_samples, 3], masks.

    Raises:
        ForgeError: on the CPU for a row without a world.
    """
    return _tensor("sample_worlds", allowed, sizes, keys, n_samples, sampler)


def enumerate_worlds(allowed: Tensor, sizes: Tensor, start: int, stop: int) -> Tensor:
    """Hidden hands by number, in a fixed order.

    Args:
        allowed: int32 [3].
        sizes: int8 [3].
        start, stop: numbers of the first world and of the one behind the last.

    Returns:
        int32 [stop - start, 3], masks.
    """
    return _tensor("enumerate_worlds", allowed, sizes, start, stop)


def policy_logits(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    """How much a policy network likes each play of a seat, from what that seat may see.

    Args:
        hands: int8 [B, 7], dominoes dealt to the seat to act, in slot order.
        decls: int8 [B].
        plays: int8 [B, 28], dominoes played so far, the declarer's lead first, then -1.
        needed: int8 [B], points that the declarer's side needs of the 42.
        weights: float32 [N], see `forge.policy.numbers`.

    Returns:
        float32 [B, 7], -inf where illegal; softmax gives probabilities.

    Raises:
        ForgeError: on the CPU for a row that no seat can be looking at, saying why.
    """
    return _tensor("policy_logits", hands, decls, plays, needed, weights)


@functools.cache
def _arguments(name: str) -> tuple[tuple[str, str], ...]:
    """Name and type of each argument of an operator, as its schema has them."""
    schema = getattr(torch.ops.forge, name).default._schema
    return tuple((argument.name, str(argument.type)) for argument in schema.arguments)


def _op(name: str) -> Any:
    """The operator, with an error that names what is no tensor; the dispatcher's names none."""
    if torch.compiler.is_compiling():  # whose graph has no place for checks in Python
        return getattr(torch.ops.forge, name)
    operator, arguments = getattr(torch.ops.forge, name), _arguments(name)

    def checked(*args: Any) -> Any:
        for given, (wanted, kind) in zip(args, arguments, strict=False):
            if kind == "Tensor":
                if not isinstance(given, Tensor):
                    raise ForgeError(
                        f"{wanted} must be a tensor, got {type(given).__name__}; "
                        f"see help(forge.ops.{name})"
                    )
                check_dense(wanted, given)
            if kind == "int" and not isinstance(given, torch.SymInt):
                whole_number(wanted, given, -(2**63), 2**63 - 1)
            if kind == "str" and not isinstance(given, str):
                raise ForgeError(f"{wanted} must be text, got {brief(given)}")
        return operator(*args)

    return checked


def _tensor(name: str, *args: Any) -> Tensor:
    found: Tensor = _op(name)(*args)
    return found
