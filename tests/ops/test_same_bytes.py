"""Every op gives the same bytes on any number of threads and on every device."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

import forge.ops
from forge.ops.lanes import LANES_PER_MULTIPROCESSOR
from support import world_sets
from support.batches import FIRST_STATE, Batch, first_leads, random_games
from support.seen import random_seen, random_weights

Arguments = tuple[Any, ...]

OPS = (
    "enumerate_states",
    "expand_states",
    "backward_induction",
    "solve",
    "search",
    "search_at_least",
    "search_value",
    "search_made",
    "policy_logits",
    "legal_slots",
    "tokenize_states",
    "play",
    "count_worlds",
    "sample_worlds",
    "sample_worlds_mrv",
    "enumerate_worlds",
)


def outputs_of(op: str, arguments: Arguments) -> tuple[Tensor, ...]:
    """Return the outputs of an op as a tuple on the CPU."""
    out = getattr(torch.ops.forge, op.removesuffix("_mrv"))(*arguments)
    return tuple(x.cpu() for x in ((out,) if isinstance(out, Tensor) else out))


def on(device: torch.device, arguments: Arguments) -> Arguments:
    """Return the arguments with the tensors on another device."""
    return tuple(x.to(device) if isinstance(x, Tensor) else x for x in arguments)


def assert_same(got: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    """Fail unless all outputs are equal, bytes and types."""
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == b.dtype
        assert torch.equal(a, b)


def first_legal_plays(positions: Batch) -> Arguments:
    """Return the positions that are no end of a hand, and the lowest legal slot of each."""
    legal = torch.ops.forge.search(*positions) > -128
    rows = legal.any(dim=1)
    slots = legal[rows].int().argmax(dim=1).to(torch.int8)
    return (*(x[rows] for x in positions), slots)


@pytest.fixture
def n_threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Run the test on so many threads of torch."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def cases(
    small_deal: Tensor, small_decl: int, small_solution: tuple[Tensor, Tensor, Tensor]
) -> dict[str, Arguments]:
    """Arguments of every op: a whole tablebase; whole games under all declarations."""
    batch = random_games(10, min_plays=4)
    leads = first_leads(10)
    positions = Batch(*(torch.cat(pair) for pair in zip(batch, leads, strict=True)))
    n = len(positions.states)
    targets = (torch.arange(n) * 5 % 87 - 43).to(torch.int8)
    states = small_solution[0]
    # More rows than a launch has tables, so few worlds of each; and one row that threads share.
    allowed, sizes = world_sets.tensors(world_sets.random_questions(5000))
    keys = torch.arange(5000) * 0x1E3779B97F4A7C15
    one = tuple(x[0] for x in world_sets.tensors([world_sets.EMPTY_BOARD]))
    return {
        "enumerate_states": (small_deal, small_decl),
        "solve": (small_deal, small_decl),
        "expand_states": (small_deal, small_decl, states),
        "backward_induction": (small_deal, small_decl, states),
        "search": positions,
        "search_at_least": (*positions, targets),
        "search_value": positions,
        "search_made": (*positions, targets),
        "legal_slots": positions,
        "tokenize_states": positions,
        "play": first_legal_plays(positions),
        "policy_logits": (*random_seen(20), random_weights()),
        "count_worlds": (allowed, sizes),
        "sample_worlds": (allowed, sizes, keys, 7),
        "sample_worlds_mrv": (allowed[:1], sizes[:1], keys[:1], 30_001, "mrv"),
        "enumerate_worlds": (*one, 1_000_000, 1_020_001),
    }


@pytest.fixture(scope="module")
def expected(cases: dict[str, Arguments]) -> dict[str, tuple[Tensor, ...]]:
    """Return what one thread of the CPU gives."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    outputs = {op: outputs_of(op, arguments) for op, arguments in cases.items()}
    torch.set_num_threads(before)
    return outputs


def test_every_op_has_a_case(cases: dict[str, Arguments]) -> None:
    assert set(OPS) == set(cases)
    assert {op.removesuffix("_mrv") for op in OPS} == set(forge.ops.schemas.SCHEMAS)


@pytest.mark.parametrize("n_threads", [1, 2, 5], indirect=True)
@pytest.mark.parametrize("op", OPS)
def test_any_number_of_threads(
    op: str,
    n_threads: int,
    cases: dict[str, Arguments],
    expected: dict[str, tuple[Tensor, ...]],
) -> None:
    assert torch.get_num_threads() == n_threads
    assert_same(outputs_of(op, cases[op]), expected[op])


@pytest.mark.parametrize("n_threads", [1, 2, 5], indirect=True)
def test_helpers_on_any_number_of_threads(
    n_threads: int,
    small_deal: Tensor,
    small_decl: int,
    small_solution: tuple[Tensor, Tensor, Tensor],
) -> None:
    states, values, q = small_solution
    assert forge.ops.count_states(small_deal, small_decl) == len(states)
    assert forge.ops.verify_tablebase(small_deal, small_decl, states, values, q)[0] == 0

    wrong = values.clone()
    wrong[[5, 1_000_000, -1]] += 1
    verdict = forge.ops.verify_tablebase(small_deal, small_decl, states, wrong, q)
    assert verdict[0] >= 3
    assert verdict[1] == 5


@pytest.mark.parametrize("op", OPS)
def test_every_device(
    op: str,
    device: torch.device,
    cases: dict[str, Arguments],
    expected: dict[str, tuple[Tensor, ...]],
) -> None:
    assert_same(outputs_of(op, on(device, cases[op])), expected[op])


@pytest.mark.parametrize("n_threads", [1], indirect=True)
def test_more_hands_than_the_table_numbers(n_threads: int) -> None:
    # Every row is another hand than the one before it; a table numbers 131,071 hands, then wraps.
    games = random_games(50, min_plays=16)
    batch = Batch(*(x.reshape(50, 13, *x.shape[1:])[:, 0] for x in games))
    times = 131_071 // 50 + 100
    many = Batch(*(x.repeat((times, *[1] * (x.dim() - 1))) for x in batch))
    q = torch.ops.forge.search(*many).reshape(times, 50, 7)
    assert torch.equal(q, torch.ops.forge.search(*batch).expand(times, 50, 7))


@pytest.mark.gpu
@pytest.mark.parametrize("op", OPS)
def test_stream_that_is_not_the_default(
    op: str, cases: dict[str, Arguments], expected: dict[str, tuple[Tensor, ...]]
) -> None:
    # The arguments arrive late on the stream of the call: a kernel on any other reads zeros.
    ready = on(torch.device("cuda"), cases[op])
    late = tuple(torch.zeros_like(x) if isinstance(x, Tensor) else x for x in ready)
    torch.cuda.synchronize()
    with torch.cuda.stream(torch.cuda.Stream()):
        torch.cuda._sleep(100_000_000)
        for empty, full in zip(late, ready, strict=True):
            if isinstance(empty, Tensor):
                empty.copy_(full)
        got = outputs_of(op, late)
    assert_same(got, expected[op])


@pytest.mark.gpu
@pytest.mark.parametrize("op", OPS)
def test_second_device(
    op: str, cases: dict[str, Arguments], expected: dict[str, tuple[Tensor, ...]]
) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("one CUDA device only")
    arguments = on(torch.device("cuda:1"), cases[op])
    with torch.cuda.device(0):  # the op follows its arguments, not the current device
        assert_same(outputs_of(op, arguments), expected[op])


@pytest.mark.gpu
@pytest.mark.parametrize("ask", ["search", "search_at_least"])
def test_more_positions_than_lanes(ask: str) -> None:
    # Small batches share a position between seven lanes; those beyond the lanes do not.
    properties = torch.cuda.get_device_properties(torch.device("cuda"))
    n_lanes = properties.multi_processor_count * LANES_PER_MULTIPROCESSOR
    games = random_games(50, min_plays=16)
    times = n_lanes // len(games.states) + 2
    batch = Batch(*(x.repeat((times, *[1] * (x.dim() - 1))) for x in games))
    targets = (torch.arange(len(batch.states)) % 43 - 21).to(torch.int8)
    arguments = (*batch, targets) if ask == "search_at_least" else (*batch,)
    assert len(batch.states) > n_lanes
    assert_same(outputs_of(ask, on(torch.device("cuda"), arguments)), outputs_of(ask, arguments))


@pytest.mark.gpu
@pytest.mark.parametrize("op", ["search", "search_at_least", "expand_states", "tokenize_states"])
def test_impossible_states_in_a_batch(op: str, cases: dict[str, Arguments]) -> None:
    # The GPU cannot raise without waiting: such a row has no legal slot, the others stay right.
    none = {"search": -128, "search_at_least": -1, "expand_states": -1, "tokenize_states": 0}[op]
    arguments = list(cases[op])
    states = arguments[2][:20].clone()
    states[3], states[11] = FIRST_STATE & ~1, -1
    if op == "expand_states":
        arguments[2] = states
    else:
        arguments = [x[:20] for x in arguments]
        arguments[2] = states
    got = outputs_of(op, on(torch.device("cuda"), tuple(arguments)))[-1]
    arguments[2] = cases[op][2][:20]
    right = outputs_of(op, tuple(arguments))[-1]
    right[[3, 11]] = none
    assert torch.equal(got, right)
