"""The Python API says in a line what is valid, whatever it is given; its objects can be copied."""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import forge
import forge.ops
from forge import Deal, ForgeError, Position, SearchContext

DEAL = Deal.from_seed(0)
CONTEXT = SearchContext(DEAL, 6)
NOT_NUMBERS = [None, 1.5, "1", math.nan, True, b"1", [1], 2**63, -(2**70)]
CALLS: dict[str, Callable[[Any], object]] = {
    "seed": Deal.from_seed,
    "opp_seed": lambda x: Deal.marginalized(0, x),
    "domino": lambda x: Deal.from_hands([[x, 1, 2, 3, 4, 5, 6], *DEAL.hands[1:]]),
    "hand": lambda x: Deal.with_p0_hand([x, 1, 2, 3, 4, 5, 6], 0),
    "decl of a context": lambda x: SearchContext(DEAL, x),
    "decl of a position": lambda x: Position(DEAL, x),
    "play": lambda x: Position(DEAL, 6, (x,)),
    "state": CONTEXT.q,
    "decl of an operator": lambda x: forge.ops.solve(DEAL.tensor, x),
}


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_number(call: str, value: Any) -> None:
    if call in ("seed", "opp_seed") and value == 2**63:
        pytest.skip("a seed may be as large as it likes")
    with pytest.raises(ForgeError, match=r"must be|is not a packed state|\b0\.\.27, got") as error:
        CALLS[call](value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [None, 1.5, "1", math.nan, True], ids=repr)
def test_targets(value: Any) -> None:
    with pytest.raises(ForgeError, match="target must be a whole number"):
        CONTEXT.at_least(value)


@pytest.mark.parametrize("number", [np.int8(6), np.int64(6), torch.tensor(6)], ids=repr)
def test_numbers_of_libraries(number: Any) -> None:
    assert Deal.from_seed(number) == Deal.from_seed(6)
    assert SearchContext(DEAL, number).q() == CONTEXT.q()
    assert CONTEXT.at_least(number) == CONTEXT.at_least(6)


def test_a_seed_below_zero() -> None:
    with pytest.raises(ForgeError, match=r"^seed must be 0 or more, got -1$"):
        Deal.from_seed(-1)


@pytest.mark.parametrize("deal", [None, 3, DEAL.hands])
def test_no_deal(deal: Any) -> None:
    for call in (SearchContext, Position):
        with pytest.raises(ForgeError, match="deal must be a Deal"):
            call(deal, 6)


def test_no_positions() -> None:
    with pytest.raises(ForgeError, match="must be of Position, got NoneType"):
        forge.search([None])  # type: ignore[list-item]


@pytest.mark.parametrize("op", ["search", "legal_slots", "count_worlds", "policy_logits", "solve"])
def test_no_tensors(op: str) -> None:
    function = getattr(forge.ops, op)
    with pytest.raises(ForgeError, match=r"must be a tensor, got NoneType; see help\(forge\.ops"):
        function(*[None] * function.__code__.co_argcount)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies(copied: Callable[[Any], Any]) -> None:
    context = SearchContext(DEAL, 6)
    assert context.q() == copied(context).q()
    assert copied(DEAL) == DEAL
    position = Position(DEAL, 6, (DEAL.hands[0][0],))
    assert copied(position) == position and copied(position).state == position.state
