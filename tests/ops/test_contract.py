"""What the ops on deals and positions promise: shapes, types, errors that name the argument.

`test_hidden_contract.py` has the ops on hidden hands and `play`.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import forge.ops
from forge import ForgeError, build_info
from forge.ops.schemas import SCHEMAS
from support.batches import FIRST_STATE, Batch, random_games

Arguments = dict[str, Any]

DEAL_OPS = ("enumerate_states", "expand_states", "backward_induction", "solve")
SIZED_BY_VALUES = ("enumerate_states", "solve")  # what comes out is as long as the deal decides
BATCH_OPS = (
    "search",
    "search_at_least",
    "search_value",
    "search_made",
    "legal_slots",
    "tokenize_states",
)
WITH_TARGETS = ("search_at_least", "search_made")
OPS = DEAL_OPS + BATCH_OPS
SIZED_BY_STATES = tuple(op for op in OPS if op not in SIZED_BY_VALUES)
TENSORS = {op: re.findall(r"Tensor (\w+)", SCHEMAS[op].split("->")[0]) for op in OPS}
OP_TENSORS = [(op, name) for op in OPS for name in TENSORS[op]]

# Trailing dimensions and types of what comes out for N states.
OUTPUTS: dict[str, list[tuple[tuple[int, ...], torch.dtype]]] = {
    "enumerate_states": [((), torch.int64)],
    "expand_states": [((7,), torch.int64)],
    "backward_induction": [((), torch.int8), ((7,), torch.int8)],
    "solve": [((), torch.int64), ((), torch.int8), ((7,), torch.int8)],
    "search": [((7,), torch.int8)],
    "search_at_least": [((7,), torch.int8)],
    "search_value": [((), torch.int8)],
    "search_made": [((), torch.bool)],
    "legal_slots": [((7,), torch.bool)],
    "tokenize_states": [((32, 12), torch.int8), ((32,), torch.int8)],
}


def call(op: str, arguments: Arguments) -> list[Tensor]:
    """Return the outputs of an op as a list."""
    out = getattr(torch.ops.forge, op)(**arguments)
    return [out] if isinstance(out, Tensor) else list(out)


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    """Whether all outputs are equal."""
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def signatures(outputs: list[Tensor]) -> list[tuple[tuple[int, ...], torch.dtype]]:
    """Return shape and type of every output."""
    return [(tuple(out.shape), out.dtype) for out in outputs]


def expected_signatures(op: str, n: int) -> list[tuple[tuple[int, ...], torch.dtype]]:
    """Return shape and type of every output for n states."""
    return [((n, *trailing), dtype) for trailing, dtype in OUTPUTS[op]]


@pytest.fixture(scope="module")
def batch() -> Batch:
    """Positions of the last three tricks of ten games, all declarations."""
    return random_games(10, min_plays=16)


@pytest.fixture
def arguments(
    batch: Batch, small_deal: Tensor, small_decl: int, last_trick: Tensor
) -> Callable[..., Arguments]:
    """Return a maker of good arguments for an op, some of them replaced."""
    targets = (torch.arange(len(batch.states)) % 9 - 4).to(torch.int8)

    def make(op: str, **replaced: Any) -> Arguments:
        good: Arguments
        if op in BATCH_OPS:
            good = dict(batch._asdict())
            good |= {"targets": targets} if op in WITH_TARGETS else {}
        else:
            good = {"deal": small_deal, "decl": small_decl}
            good |= {} if op in SIZED_BY_VALUES else {"states": last_trick}
        assert replaced.keys() <= good.keys()
        return good | replaced

    return make


def test_every_op_is_looked_at() -> None:
    hidden = {"count_worlds", "sample_worlds", "enumerate_worlds", "play", "policy_logits"}
    assert {*OPS, *hidden} == SCHEMAS.keys()
    assert set(OPS) == OUTPUTS.keys()


@pytest.mark.parametrize("op", sorted(SCHEMAS))
def test_every_op_is_a_documented_function(op: str) -> None:
    function = getattr(forge.ops, op)
    taken = inspect.signature(function)
    names = [
        part.split()[-1].partition("=")[0] for part in SCHEMAS[op][1:].split(")")[0].split(", ")
    ]
    assert list(taken.parameters) == names
    assert taken.return_annotation is not inspect.Signature.empty
    text = inspect.getdoc(function) or ""
    assert "Returns:" in text and all(name in text for name in names)


@pytest.mark.parametrize("op", OPS)
def test_opcheck(op: str, arguments: Callable[..., Arguments]) -> None:
    # Schema (nothing is mutated or aliased), fake tensors, dynamic shapes: all of opcheck's tests.
    verdicts = torch.library.opcheck(
        getattr(torch.ops.forge, op).default, (), arguments(op), raise_exception=False
    )
    assert len(verdicts) == 4
    assert set(verdicts.values()) == {"SUCCESS"}, verdicts


@pytest.mark.parametrize("op", SIZED_BY_STATES)
def test_shapes_and_types(op: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    outputs = call(op, good)
    assert signatures(outputs) == expected_signatures(op, len(good["states"]))
    assert all(out.is_contiguous() for out in outputs)


@pytest.mark.parametrize("op", SIZED_BY_VALUES)
def test_shapes_and_types_of_a_deal(
    op: str,
    arguments: Callable[..., Arguments],
    small_solution: tuple[Tensor, Tensor, Tensor],
) -> None:
    outputs = call(op, arguments(op))
    assert signatures(outputs) == expected_signatures(op, len(small_solution[0]))
    assert bool((outputs[0] == FIRST_STATE).any())
    assert bool((outputs[0].diff() > 0).all())


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("op", SIZED_BY_STATES)
def test_no_states(op: str, rows: int, arguments: Callable[..., Arguments]) -> None:
    # Per-position arguments of a batch of none may have no row, or the one that broadcasts.
    none = {name: tensor[:rows] for name, tensor in arguments(op).items() if name != "decl"}
    if op in DEAL_OPS:
        none = {"deal": arguments(op)["deal"]}
    none["states"] = torch.empty(0, dtype=torch.int64)
    assert signatures(call(op, arguments(op, **none))) == expected_signatures(op, 0)


@pytest.mark.parametrize(("op", "name"), OP_TENSORS)
def test_wrong_type(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    right = arguments(op)[name]
    wrong = torch.int32 if right.dtype == torch.int64 else torch.int64
    kind = str(right.dtype).removeprefix("torch.")
    with pytest.raises(ForgeError, match=rf"^{name} must be {kind} .*, got int(32|64) \[") as error:
        call(op, arguments(op, **{name: right.to(wrong)}))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("op", "name"), OP_TENSORS)
def test_wrong_shape(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    right = arguments(op)[name]
    wrong = [right[None], right[..., None], right.flatten()[0]]
    wrong += (
        [right.mT, right[..., :6], right[..., :3, :], right.flatten()] if right.dim() > 1 else []
    )
    for tensor in wrong:
        with pytest.raises(ForgeError, match=rf"^{name} must be ") as error:
            call(op, arguments(op, **{name: tensor}))
        assert str(error.value).endswith(f"got {kind_of(tensor)} {list(tensor.shape)}")


def kind_of(tensor: Tensor) -> str:
    """Return the name of a type as the errors write it."""
    return str(tensor.dtype).removeprefix("torch.")


@pytest.mark.parametrize(
    ("op", "name"), [(op, name) for op in BATCH_OPS for name in TENSORS[op] if name != "states"]
)
def test_wrong_batch_size(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    right = arguments(op)[name]
    n = len(right)
    for wrong in (right[:-1], right[:2], right[:0], torch.cat([right, right[:1]])):
        with pytest.raises(ForgeError, match=rf"^{name} must be int8 \[{n} or 1.*got int8 \[\d+"):
            call(op, arguments(op, **{name: wrong}))


@pytest.mark.parametrize(
    ("op", "name"), [(op, name) for op, name in OP_TENSORS if len(TENSORS[op]) > 1]
)
def test_two_devices(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    away = {name: arguments(op)[name].to("meta")}
    with pytest.raises(ForgeError, match=rf"must be on one device, got .*{name} on meta"):
        call(op, arguments(op, **away))


@pytest.mark.parametrize("wrong", [0, 28, -1, 127], ids=["twice", "28", "negative", "127"])
@pytest.mark.parametrize("op", OPS)
def test_bad_deal(op: str, wrong: int, arguments: Callable[..., Arguments]) -> None:
    name = TENSORS[op][0]
    deals = arguments(op)[name].clone()
    where = 3 if op in BATCH_OPS else 0
    hand = deals.view(-1, 28)[where]
    assert hand[0] != 0
    hand[0] = wrong
    with pytest.raises(
        ForgeError, match=rf"^deal {where} must hold each domino id 0\.\.27 exactly"
    ):
        call(op, arguments(op, **{name: deals}))


@pytest.mark.parametrize("decl", [-1, 10, 2**40])
@pytest.mark.parametrize("op", DEAL_OPS)
def test_bad_declaration(op: str, decl: int, arguments: Callable[..., Arguments]) -> None:
    with pytest.raises(ForgeError, match=rf"^decl must be 0\.\.9, got {decl}$"):
        call(op, arguments(op, decl=decl))


@pytest.mark.parametrize("decl", [-1, 10, 127])
@pytest.mark.parametrize("op", BATCH_OPS)
def test_bad_declaration_in_a_batch(
    op: str, decl: int, arguments: Callable[..., Arguments]
) -> None:
    decls = arguments(op)["decls"].clone()
    decls[5] = decl
    with pytest.raises(ForgeError, match=rf"^decls must be 0\.\.9, got .*{decl}"):
        call(op, arguments(op, decls=decls))


BAD_STATES = {
    "negative": -1,
    "bit 41": FIRST_STATE | 1 << 41,
    "hands that do not add up": FIRST_STATE & ~1,
    "a play still in hand": FIRST_STATE & ~(7 << 32) | 1 << 30,
    "a play still in hand in the place of another": FIRST_STATE & ~2 & ~(7 << 32) | 1 << 30,
    "a play of no slot": FIRST_STATE & ~1 | 1 << 30,
    "a play of the future": FIRST_STATE & ~(7 << 38),
    "plays by empty hands": 1 << 30 | 0x1F8 << 32,
}


@pytest.mark.parametrize("state", BAD_STATES.values(), ids=BAD_STATES.keys())
@pytest.mark.parametrize("op", SIZED_BY_STATES)
def test_bad_state(op: str, state: int, arguments: Callable[..., Arguments]) -> None:
    states = arguments(op)["states"].clone()
    states[2] = state
    message = rf"^states\[2\] = {state} is not a packed state: [^\n]+$"
    with pytest.raises(ForgeError, match=message):
        call(op, arguments(op, states=states))


def strided(tensor: Tensor) -> Tensor:
    """Return equal values, spread over memory with other values between them."""
    wide = torch.stack([tensor, tensor.flip(0)], dim=-1).transpose(0, -2)
    narrow = wide[..., 0].transpose(0, -1)
    assert torch.equal(narrow, tensor)
    assert not narrow.is_contiguous()
    return narrow


@pytest.mark.parametrize(("op", "name"), OP_TENSORS)
def test_strides_do_not_matter(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    assert same(call(op, good | {name: strided(good[name])}), call(op, good))


@pytest.mark.parametrize(
    ("op", "name"), [(op, name) for op in BATCH_OPS for name in TENSORS[op] if name != "states"]
)
def test_one_row_serves_the_batch(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    if name != "targets":  # one deal and one declaration for all: the states of one game
        good = {key: tensor[26:39] for key, tensor in good.items()}
    # What lies behind the row in memory would be good too, but with other answers.
    others = {"deals": lambda x: x.flip(1), "decls": lambda x: 9 - x, "targets": lambda x: x + 9}
    one = torch.cat([good[name][:1], others[name](good[name])])[:1]
    every = one.expand(good[name].shape)  # stride 0
    assert len(every) > 5
    expected = call(op, good | {name: every.contiguous()})
    assert same(call(op, good | {name: one}), expected)
    assert same(call(op, good | {name: every}), expected)


@pytest.mark.parametrize("op", BATCH_OPS)
def test_rows_do_not_depend_on_the_batch(op: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    order = torch.randperm(len(good["states"]), generator=torch.Generator().manual_seed(1))
    shuffled = call(op, {name: tensor[order] for name, tensor in good.items()})
    assert same(shuffled, [out[order] for out in call(op, good)])


@pytest.mark.parametrize("op", SIZED_BY_STATES)
def test_meta_device(op: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    away = {k: v.to("meta") if isinstance(v, Tensor) else v for k, v in good.items()}
    outputs = call(op, away)
    assert {out.device.type for out in outputs} == {"meta"}
    assert signatures(outputs) == expected_signatures(op, len(good["states"]))
    with pytest.raises(ForgeError, match=r"^states must be"):
        call(op, away | {"states": away["states"].int()})


@pytest.mark.parametrize("op", SIZED_BY_VALUES)
def test_meta_device_has_no_number_of_states(op: str, arguments: Callable[..., Arguments]) -> None:
    with pytest.raises(RuntimeError, match="data-dependent shape"):
        call(op, arguments(op, deal=arguments(op)["deal"].to("meta")))


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("op", ["search", "search_at_least", "expand_states", "tokenize_states"])
def test_compiles_whole(op: str, backend: str, arguments: Callable[..., Arguments]) -> None:
    torch.compiler.reset()

    def around_the_op(**kwargs: Any) -> list[Tensor]:
        return [out.long() + 1 for out in call(op, kwargs)]

    compiled = torch.compile(around_the_op, fullgraph=True, backend=backend)
    good = arguments(op)
    for n in (30, 7):  # the second length is compiled for any
        shorter = good | {k: v[:n] for k, v in good.items() if k not in ("deal", "decl")}
        assert same(compiled(**shorter), around_the_op(**shorter))
    torch.compiler.reset()


@pytest.mark.parametrize("op", ["search", "search_value", "legal_slots"])
def test_functions_are_part_of_a_graph(op: str, arguments: Callable[..., Arguments]) -> None:
    """As docs/torch_ops.md says; what they check in Python the graph leaves to the operator."""
    torch.compiler.reset()
    function = getattr(forge.ops, op)
    compiled = torch.compile(function, fullgraph=True, backend="eager")
    given = list(arguments(op).values())
    assert torch.equal(compiled(*given), function(*given))
    torch.compiler.reset()


@pytest.mark.skipif(build_info()["cuda"], reason="this build has CUDA")
@pytest.mark.parametrize("op", OPS)
def test_cuda_kernel_of_a_build_without_cuda(op: str, arguments: Callable[..., Arguments]) -> None:
    # No CUDA tensor can be made here, so the dispatcher is told which kernel to take.
    cuda = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    with pytest.raises(ForgeError, match=r"has no CUDA: .*FORGE_CUDA=on pip install"):
        getattr(torch.ops.forge, op).default.redispatch(cuda, *arguments(op).values())


@pytest.mark.skipif(build_info()["cuda"], reason="this build has CUDA")
@pytest.mark.parametrize("text", ["cuda", "cuda:0", "cuda:17"])
def test_cuda_asked_for_in_a_build_without(text: str) -> None:
    with pytest.raises(ForgeError, match=r"has no CUDA: .*FORGE_CUDA=on pip install") as error:
        forge.ops.resolve_device(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["gpu", "cuda:", "cuda:x", "cuda0", "mps", "", "CPU"])
def test_unknown_device(text: str) -> None:
    with pytest.raises(ForgeError, match=r"valid are auto, cpu, cuda, cuda:N$"):
        forge.ops.resolve_device(text)


def test_devices_that_are_always_there() -> None:
    assert forge.ops.resolve_device("cpu") == torch.device("cpu")
    has_cuda = build_info()["cuda"] and torch.cuda.is_available()
    assert forge.ops.resolve_device("auto").type == ("cuda" if has_cuda else "cpu")
