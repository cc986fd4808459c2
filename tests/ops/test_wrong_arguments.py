"""Whatever an operator is given, it works or says in a line what is valid."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

import forge.ops
from forge.errors import ForgeError
from forge.game.constants import INITIAL_STATE, N_PLAYS
from forge.game.deal import Deal
from forge.policy import SHIPPED
from forge.policy.numbers import load_policy

DEAL = Deal.from_seed(0).tensor
HAND = DEAL[:1].clone()
DECL = torch.tensor([6], dtype=torch.int8)
STATE = torch.tensor([INITIAL_STATE])
PLAYS = torch.full((1, N_PLAYS), -1, dtype=torch.int8)
NEEDED = torch.tensor([30], dtype=torch.int8)
KEY = torch.tensor([7])
SEEN = {"hands": HAND, "decls": DECL, "plays": PLAYS, "needed": NEEDED}
ONE = {"deals": DEAL[None], "decls": DECL, "states": STATE}
ALLOWED = torch.full((1, 3), (1 << 28) - 1, dtype=torch.int32) & ~sum(
    1 << d for d in DEAL[0].tolist()
)
SIZES = torch.full((1, 3), 7, dtype=torch.int8)
NUMBERS = load_policy(SHIPPED).tensor
TARGET = torch.tensor([6], dtype=torch.int8)


# Arguments that are right, by the name of the function.
RIGHT: dict[str, dict[str, Any]] = {
    "count_states": {"deal": DEAL, "decl": 6},
    "expand_states": {"deal": DEAL, "decl": 6, "states": STATE},
    "search": ONE,
    "search_value": ONE,
    "search_at_least": {**ONE, "targets": TARGET},
    "search_made": {**ONE, "targets": TARGET},
    "legal_slots": ONE,
    "tokenize_states": ONE,
    "play": {**ONE, "slots": torch.tensor([0], dtype=torch.int8)},
    "count_worlds": {"allowed": ALLOWED, "sizes": SIZES},
    "sample_worlds": {"allowed": ALLOWED, "sizes": SIZES, "keys": KEY, "n_samples": 3},
    "enumerate_worlds": {"allowed": ALLOWED[0], "sizes": SIZES[0], "start": 0, "stop": 2},
    "policy_logits": {**SEEN, "weights": NUMBERS},
    "policy_features": SEEN,
    "world_values": {**SEEN, "worlds": torch.zeros((0, 3), dtype=torch.int32)},
    "play_out": {
        "deals": DEAL[None],
        "decls": DECL,
        "plays": PLAYS,
        "needed": NEEDED,
        "weights": NUMBERS,
    },
    "decide": {
        **SEEN,
        "keys": KEY,
        "weights": NUMBERS,
        "n_worlds": 3,
        "pool": 4,
        "rollouts": 0.5,
        "uniform": 0.02,
        "window": 28,
        "prior": 0.02,
    },
    "hidden_dominoes": {
        **SEEN,
        "keys": KEY,
        "weights": NUMBERS,
        "n_worlds": 3,
        "uniform": 0.1,
        "window": 28,
    },
    "estimate_decisions": {
        **SEEN,
        "keys": KEY,
        "n_samples": 3,
        "all_up_to": 2,
        "sampler": "uniform",
        "weighing": None,
        "adaptive": None,
        "for_chance": False,
    },
    "resolve_device": {"text": "cpu"},
}
# Named tuples that an operator takes, and their right values.
WEIGHING: dict[str, Callable[..., Any]] = {
    "oracle": lambda **x: forge.ops.OracleWeights(**{"window": 4, "tau": 0.1, "mix": 0.1, **x}),
    "policy": lambda **x: forge.ops.PolicyWeights(
        **{"numbers": NUMBERS, "pool": 2, "uniform": 0.1, "window": 28, **x}
    ),
}
WRONG: list[Any] = [
    None, "1", b"1", [1], {}, object(), 1.5, -1, 2**63, 10**400, math.nan, math.inf, True, 1j,
    np.zeros(3), np.float64(2.5), Deal.from_seed(0), torch.zeros(0), torch.zeros(1, 1, 1, 1),
    torch.tensor(3.5), torch.zeros(1, 7, dtype=torch.int8).to_sparse(),
    torch.empty(1, device="meta"),
]  # fmt: skip


def variants(tensor: torch.Tensor) -> dict[str, tuple[torch.Tensor, bool]]:
    """A right tensor in other clothes, and whether it is still right."""
    wide = torch.stack([tensor, tensor], dim=-1)[..., 0]
    found = {
        "strided": (wide, True),
        "negative": (torch._neg_view(torch._neg_view(tensor).clone()), True),
        "meta": (tensor.to("meta"), False),
        "other type": (tensor.to(torch.int16), False),
        "complex": (tensor.to(torch.complex64).conj(), False),
        "one more dimension": (tensor[None], False),
    }
    if tensor.dim() > 0:
        found["sparse"] = (tensor.to_sparse(), False)
        found["none of them"] = (tensor[:0], False)
    if tensor.is_floating_point():
        found["with gradient"] = (tensor.clone().requires_grad_(), True)
    return found


def told(call: Callable[[], Any], what: str) -> bool:
    """Whether it worked; an error has to be of the right kind and one line."""
    try:
        call()
    except (ForgeError, TypeError) as error:
        assert str(error).strip() and "\n" not in str(error), what
        assert isinstance(error, ForgeError) or "argument" in str(error), f"{what}: {error}"
        return False
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    return True


@pytest.mark.parametrize("name", RIGHT)
def test_wrong_arguments(name: str) -> None:
    function, right = getattr(forge.ops, name), RIGHT[name]
    assert told(lambda: function(**right), name)
    wrong = []
    for argument in right:
        for value in WRONG:
            given = {**right, argument: value}
            what = f"{name}({argument}={str(value)[:40]!r} of {type(value).__name__})"
            try:
                told(partial(function, **given), what)
            except AssertionError as error:
                wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", RIGHT)
def test_tensors_in_other_clothes(name: str) -> None:
    function, right = getattr(forge.ops, name), RIGHT[name]
    wrong = []
    for argument, tensor in right.items():
        if not isinstance(tensor, torch.Tensor):
            continue
        for kind, (value, is_right) in variants(tensor).items():
            given = {**right, argument: value}
            try:
                worked = told(partial(function, **given), f"{name}({argument} {kind})")
                assert worked or not is_right, f"{name}({argument} {kind}) is refused"
            except AssertionError as error:
                wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", WEIGHING)
def test_wrong_weighing(kind: str) -> None:
    right = RIGHT["estimate_decisions"]
    make = WEIGHING[kind]
    assert told(lambda: forge.ops.estimate_decisions(**{**right, "weighing": make()}), kind)
    wrong = []
    for field in make()._fields:
        for value in WRONG:
            given = {**right, "weighing": make(**{field: value})}
            what = f"{kind}.{field} = {str(value)[:40]!r} of {type(value).__name__}"
            try:
                told(partial(forge.ops.estimate_decisions, **given), what)
            except AssertionError as error:
                wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


def test_wrong_adaptive_sampling() -> None:
    right = RIGHT["estimate_decisions"]
    good = {"min_samples": 2, "max_samples": 4, "batch_size": 1, "sem_threshold": 1.0}
    wrong = []
    for field in (*good, "stop_when_certain"):
        for value in WRONG:
            sampling = forge.ops.AdaptiveSampling(**{**good, field: value})
            given = {**right, "adaptive": sampling}
            what = f"{field} = {str(value)[:40]!r} of {type(value).__name__}"
            try:
                told(partial(forge.ops.estimate_decisions, **given), what)
            except AssertionError as error:
                wrong.append(str(error))
    assert not wrong, "\n".join(wrong)
