"""What the ops on hidden hands, and `play`, promise: shapes, types, one-line errors with names."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from forge import ForgeError, build_info
from forge.ops.schemas import SCHEMAS
from reference import deals, game
from support import world_sets
from support.batches import random_games
from support.seen import random_seen, random_weights

Arguments = dict[str, Any]

B, N_SAMPLES = 12, 5
OPS = ("count_worlds", "sample_worlds", "enumerate_worlds", "play", "policy_logits")
BATCH_OPS = ("count_worlds", "sample_worlds", "play")
TENSORS = {op: re.findall(r"Tensor (\w+)", SCHEMAS[op].split("->")[0]) for op in OPS}
OP_TENSORS = [(op, name) for op in OPS for name in TENSORS[op]]


def legal_plays(n: int) -> Arguments:
    """Return n positions of different hands, and a legal slot of each."""
    games = random_games(n, min_plays=5, seed=4)
    rows = torch.arange(n) * 24 + torch.arange(n) % 23  # 24 states a game, the last is the end
    batch = {name: tensor[rows] for name, tensor in games._asdict().items()}
    slots = []
    for hands, decl, state in zip(*(x.tolist() for x in batch.values()), strict=True):
        deal = tuple(deals.hand_from_ids(hand) for hand in hands)
        slots.append(game.legal_slots(deal, decl, state)[-1])
    return batch | {"slots": torch.tensor(slots, dtype=torch.int8)}


@pytest.fixture(scope="module")
def arguments() -> Callable[..., Arguments]:
    """Return a maker of good arguments for an op, some of them replaced."""
    allowed, sizes = world_sets.tensors(world_sets.random_questions(B, seed=8))
    question = {"allowed": allowed, "sizes": sizes}
    sampling = {"keys": torch.arange(B) - 5, "n_samples": N_SAMPLES, "sampler": "mrv"}
    one_allowed, one_sizes = (x[0] for x in world_sets.tensors([world_sets.EMPTY_BOARD]))
    good: dict[str, Arguments] = {
        "count_worlds": question,
        "sample_worlds": question | sampling,
        "enumerate_worlds": {"allowed": one_allowed, "sizes": one_sizes, "start": 3, "stop": 9},
        "play": legal_plays(B),
        "policy_logits": {
            **{name: rows[::7][:B] for name, rows in random_seen(5)._asdict().items()},
            "weights": random_weights(),
        },
    }

    def make(op: str, **replaced: Any) -> Arguments:
        assert replaced.keys() <= good[op].keys()
        return good[op] | replaced

    return make


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
    """Return shape and type of every output for n rows."""
    by_op: dict[str, list[tuple[tuple[int, ...], torch.dtype]]] = {
        "count_worlds": [((n,), torch.int64)],
        "sample_worlds": [((n, N_SAMPLES, 3), torch.int32)],
        "enumerate_worlds": [((6, 3), torch.int32)],
        "play": [((n,), torch.int64), ((n,), torch.int8)],
        "policy_logits": [((n, 7), torch.float32)],
    }
    return by_op[op]


@pytest.mark.parametrize("op", OPS)
def test_opcheck(op: str, arguments: Callable[..., Arguments]) -> None:
    overload = getattr(torch.ops.forge, op).default
    verdicts = torch.library.opcheck(overload, (), arguments(op), raise_exception=False)
    assert len(verdicts) == 4
    assert set(verdicts.values()) == {"SUCCESS"}, verdicts


@pytest.mark.parametrize("op", OPS)
def test_shapes_and_types(op: str, arguments: Callable[..., Arguments]) -> None:
    outputs = call(op, arguments(op))
    assert signatures(outputs) == expected_signatures(op, B)
    assert all(out.is_contiguous() for out in outputs)


@pytest.mark.parametrize("op", OPS)
def test_meta_device(op: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    away = {k: v.to("meta") if isinstance(v, Tensor) else v for k, v in good.items()}
    outputs = call(op, away)
    assert {out.device.type for out in outputs} == {"meta"}
    assert signatures(outputs) == expected_signatures(op, B)


@pytest.mark.parametrize("op", BATCH_OPS)
def test_no_rows(op: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    none = {name: good[name][:0] for name in TENSORS[op]}
    assert signatures(call(op, good | none)) == expected_signatures(op, 0)


def test_no_worlds_asked_for(arguments: Callable[..., Arguments]) -> None:
    (worlds,) = call("enumerate_worlds", arguments("enumerate_worlds", start=4, stop=4))
    assert signatures([worlds]) == [((0, 3), torch.int32)]


def test_uniform_is_the_default(arguments: Callable[..., Arguments]) -> None:
    good = arguments("sample_worlds")
    positional = [good[name] for name in ("allowed", "sizes", "keys", "n_samples")]
    default = torch.ops.forge.sample_worlds(*positional)
    assert torch.equal(default, torch.ops.forge.sample_worlds(*positional, "uniform"))
    assert not torch.equal(default, torch.ops.forge.sample_worlds(*positional, "mrv"))


@pytest.mark.parametrize(("op", "name"), OP_TENSORS)
def test_wrong_type(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    right = arguments(op)[name]
    kind = str(right.dtype).removeprefix("torch.")
    with pytest.raises(ForgeError, match=rf"^{name} must be {kind} .*, got int16 \[") as error:
        call(op, arguments(op, **{name: right.to(torch.int16)}))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("op", "name"), OP_TENSORS)
def test_wrong_shape(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    right = arguments(op)[name]
    wrong = [right[None], right[..., None], right.flatten()[0], right[..., :2]]
    wrong += [torch.cat([right, right[:1]])] if name != "allowed" or right.dim() == 1 else []
    for tensor in wrong:
        with pytest.raises(ForgeError, match=r"^\w+ must be ") as error:
            call(op, arguments(op, **{name: tensor}))
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(("op", "name"), OP_TENSORS)
def test_two_devices(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    away = {name: arguments(op)[name].to("meta")}
    with pytest.raises(ForgeError, match=rf"must be on one device, got .*{name} on meta"):
        call(op, arguments(op, **away))


@pytest.mark.parametrize(("op", "name"), OP_TENSORS)
def test_strides_do_not_matter(op: str, name: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    wide = torch.stack([good[name], good[name].flip(0)], dim=-1)[..., 0]
    assert not wide.is_contiguous()
    assert same(call(op, good | {name: wide}), call(op, good))


@pytest.mark.parametrize("op", ["count_worlds", "sample_worlds"])
def test_masks_and_sizes_that_cannot_be(op: str, arguments: Callable[..., Arguments]) -> None:
    good = arguments(op)
    for mask in (1 << 28, -1, -(2**31)):
        allowed = good["allowed"].clone()
        allowed[4, 1] = mask
        with pytest.raises(ForgeError, match=r"^row 4: allowed must be masks of the 28 dominoes"):
            call(op, good | {"allowed": allowed})
    for size in (8, -1, 127):
        sizes = good["sizes"].clone()
        sizes[7, 2] = size
        with pytest.raises(ForgeError, match=r"^row 7: sizes must be 0\.\.7, got") as error:
            call(op, good | {"sizes": sizes})
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("sampler", ["uniform", "mrv"])
def test_rows_without_a_world(sampler: str, arguments: Callable[..., Arguments]) -> None:
    reasons = {
        ((7, 7, 7), (1, 1, 0)): "sizes must add up to the number of dominoes",
        ((3, 3, 12), (1, 0, 3)): "fewer dominoes are allowed to a seat than its size",
        ((15, 3, 3), (1, 2, 1)): "more dominoes are allowed to one seat alone than its size",
    }
    for (masks, held), reason in reasons.items():
        good = arguments("sample_worlds", sampler=sampler)
        allowed, sizes = good["allowed"].clone(), good["sizes"].clone()
        allowed[3], sizes[3] = torch.tensor(masks), torch.tensor(held)
        assert call("count_worlds", {"allowed": allowed, "sizes": sizes})[0][3] == 0
        with pytest.raises(ForgeError, match=rf"^row 3 has no world: {reason}") as error:
            call("sample_worlds", good | {"allowed": allowed, "sizes": sizes})
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("n_samples", [0, -1])
def test_no_samples(n_samples: int, arguments: Callable[..., Arguments]) -> None:
    with pytest.raises(ForgeError, match=rf"^n_samples must be 1 or more, got {n_samples}$"):
        call("sample_worlds", arguments("sample_worlds", n_samples=n_samples))


def test_unknown_sampler(arguments: Callable[..., Arguments]) -> None:
    with pytest.raises(ForgeError, match=r"^sampler must be uniform or mrv, got 'UNIFORM'$"):
        call("sample_worlds", arguments("sample_worlds", sampler="UNIFORM"))


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (4, 3), (0, 399_072_961)])
def test_range_of_worlds(start: int, stop: int, arguments: Callable[..., Arguments]) -> None:
    valid = r"0 <= start <= stop" if stop < 10 else r"at most the number of worlds, 399072960"
    with pytest.raises(ForgeError, match=rf"must be {valid}, got .*"):
        call("enumerate_worlds", arguments("enumerate_worlds", start=start, stop=stop))


@pytest.mark.parametrize("name", ["deals", "decls"])
def test_one_row_serves_the_plays_of_a_game(name: str) -> None:
    games = random_games(1, min_plays=0)
    batch = {key: tensor[:28] for key, tensor in games._asdict().items()}
    deal = tuple(deals.hand_from_ids(hand) for hand in batch["deals"][0].tolist())
    slots = [game.legal_slots(deal, 0, state)[0] for state in batch["states"].tolist()]
    good = batch | {"slots": torch.tensor(slots, dtype=torch.int8)}
    assert same(call("play", good | {name: good[name][:1]}), call("play", good))


@pytest.mark.parametrize("op", OPS)
def test_compiles_whole(op: str, arguments: Callable[..., Arguments]) -> None:
    torch.compiler.reset()

    def around_the_op(**kwargs: Any) -> list[Tensor]:
        return [out.long() + 1 for out in call(op, kwargs)]

    compiled = torch.compile(around_the_op, fullgraph=True, backend="aot_eager")
    good = arguments(op)
    for n in (B, 7):  # the second length is compiled for any
        rows = {name: good[name][:n] for name in TENSORS[op]} if op in BATCH_OPS else {}
        assert same(compiled(**good | rows), around_the_op(**good | rows))
    torch.compiler.reset()


@pytest.mark.skipif(build_info()["cuda"], reason="this build has CUDA")
@pytest.mark.parametrize("op", OPS)
def test_cuda_kernel_of_a_build_without_cuda(op: str, arguments: Callable[..., Arguments]) -> None:
    cuda = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    with pytest.raises(ForgeError, match=r"has no CUDA: .*FORGE_CUDA=on pip install"):
        getattr(torch.ops.forge, op).default.redispatch(cuda, *arguments(op).values())


@pytest.mark.gpu
@pytest.mark.parametrize("sampler", ["uniform", "mrv"])
def test_rows_without_a_world_on_a_device(
    sampler: str, arguments: Callable[..., Arguments]
) -> None:
    # The GPU cannot raise without waiting: such a row is -1, the others stay right.
    good = arguments("sample_worlds", sampler=sampler)
    (expected,) = call("sample_worlds", good)
    allowed, sizes = good["allowed"].clone(), good["sizes"].clone()
    sizes[3, 0] += 1
    allowed[6] = -1
    expected[[3, 6]] = -1
    bad = good | {"allowed": allowed, "sizes": sizes}
    there = {k: v.to("cuda") if isinstance(v, Tensor) else v for k, v in bad.items()}
    assert torch.equal(call("sample_worlds", there)[0].cpu(), expected)
    counts = torch.ops.forge.count_worlds(there["allowed"], there["sizes"])
    assert (counts == 0).nonzero().flatten().tolist() == [3, 6]


@pytest.mark.gpu
def test_beyond_the_last_world_on_a_device() -> None:
    allowed, sizes = (x[0].cuda() for x in world_sets.tensors([world_sets.all_small(2)[-1]]))
    assert torch.ops.forge.enumerate_worlds(allowed, sizes, 0, 9)[-1].tolist() == [-1, -1, -1]


@pytest.mark.gpu
def test_illegal_plays_on_a_device(arguments: Callable[..., Arguments]) -> None:
    good = arguments("play")
    after, points = call("play", good)
    slots, states = good["slots"].clone(), good["states"].clone()
    slots[2], states[5] = 7, 1 << 41
    after[[2, 5]], points[[2, 5]] = -1, 0
    bad = good | {"slots": slots, "states": states}
    there = [x.cpu() for x in call("play", {k: v.cuda() for k, v in bad.items()})]
    assert same(there, [after, points])
