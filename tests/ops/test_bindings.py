"""The native module: arrays are checked where they come in, and its types on file are its types."""

import ast
import contextlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

import forge
import forge.ops
from forge.build import native
from forge.ops import cuda, cuda_policy, device, schemas
from forge.ops.policy_schemas import empty_decisions
from support.seen import random_seen, random_weights

ROOT = Path(__file__).parents[2]
STUB = ROOT / "python" / "forge" / "_native.pyi"

N = 3
DEAL = forge.Deal.from_seed(158)
FIRST = forge.Position(DEAL, 6).state


def arguments(**replaced: Any) -> list[Any]:
    """Return what `native.search` takes for the first lead, thrice, some of it replaced."""
    good = {
        "deals": DEAL.array[None],
        "decls": np.array([6], dtype=np.int8),
        "states": np.full(N, FIRST),
        "q": np.zeros((N, 7), dtype=np.int8),
        "memories": native.SearchMemories(),
        "n_threads": 1,
    }
    assert replaced.keys() <= good.keys()
    return list((good | replaced).values())


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array, not to be written to."""
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"decls": np.full(N, FIRST)}, r"expected int8 \[\*\], contiguous, got int64 \[3\]$"),
        ({"states": np.zeros(N, np.int8)}, r"expected int64 \[\*\], contiguous, got int8 \[3\]$"),
        (
            {"states": np.full(N, FIRST, ">i8")},
            r"expected int64 \[\*\], contiguous, got >i8 \[3\]$",
        ),
        ({"deals": DEAL.array}, r"expected int8 \[\*, 4, 7\], contiguous, got int8 \[4, 7\]$"),
        (
            {"deals": np.zeros((1, 7, 4), np.int8)},
            r"\[\*, 4, 7\], contiguous, got int8 \[1, 7, 4\]",
        ),
        ({"states": np.full(2 * N, FIRST)[::2]}, r"got int64 \[3\], not contiguous$"),
        (
            {"q": read_only(np.zeros((N, 7), np.int8))},
            r"and writeable, got int8 \[3, 7\], read-only$",
        ),
        ({"q": [0] * 7}, r"expected a NumPy array int8 \[\*, 7\], got list$"),
        ({"q": 1 << 40}, r"expected a NumPy array int8 \[\*, 7\], got int$"),
        ({"q": torch.zeros(N, 7)}, r"expected a NumPy array int8 \[\*, 7\], got Tensor$"),
    ],
    ids=str,
)
def test_arrays_of_another_kind(replaced: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message) as error:
        native.search(*arguments(**replaced))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"q": np.zeros((N + 1, 7), np.int8)}, r"^q has 4 rows, the batch 3$"),
        ({"decls": np.zeros(2, np.int8)}, r"^decls has 2 rows, the batch 3$"),
        ({"deals": DEAL.array[None][:0]}, r"^deals has 0 rows, the batch 3$"),
    ],
    ids=str,
)
def test_numbers_of_rows_that_differ(replaced: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        native.search(*arguments(**replaced))


def test_arrays_that_are_only_read_may_be_read_only_and_of_one_row() -> None:
    q = np.zeros((N, 7), dtype=np.int8)
    fixed = {"deals": read_only(DEAL.array[None]), "states": read_only(np.full(N, FIRST))}
    native.search(*arguments(q=q, **fixed))
    assert q.tolist() == [list(forge.Position(DEAL, 6).q())] * N
    row = q[:1].repeat(N, axis=0)
    every = {"deals": DEAL.array[None].repeat(N, axis=0), "decls": np.full(N, 6, dtype=np.int8)}
    native.search(*arguments(q=row, **every))
    assert (row == q).all()


@pytest.mark.parametrize("rows", [0, 1])
def test_empty_batch(rows: int) -> None:
    deals, decls = DEAL.array[None][:rows], np.zeros(rows, dtype=np.int8)
    none = np.zeros(0, dtype=np.int64)
    q = np.zeros((0, 7), dtype=np.int8)
    native.search(*arguments(deals=deals, decls=decls, states=none, q=q))
    assert native.positions_error(deals, decls, none) == ""


def test_states_are_emitted_where_there_is_room_for_all() -> None:
    work = native.TablebaseWork(native.HostPool(0))
    few = np.zeros(N, dtype=np.int64)
    with pytest.raises(ValueError, match=r"^reach_states comes first$"):
        native.emit_states(work, few, 1)
    n_states = native.reach_states(DEAL.array, 6, work, 1)
    for emit in (
        lambda: native.emit_states(work, few, 1),
        lambda: native.emit_solution(work, few, few.astype(np.int8), np.zeros((N, 7), np.int8), 1),
    ):
        with pytest.raises(ValueError, match=rf"^states has 3 rows, there are {n_states} states$"):
            emit()
    # What is known of the deal is gone once the scratch is used for something else.
    values, q = np.zeros(N, dtype=np.int8), np.zeros((N, 7), dtype=np.int8)
    native.backward_induction(DEAL.array, 6, np.full(N, FIRST), work, values, q, 1)
    with pytest.raises(ValueError, match=r"^reach_states comes first$"):
        native.emit_states(work, few, 1)


def test_declaration_of_a_single_deal() -> None:
    for decl in (-1, 10):
        with pytest.raises(ValueError, match=rf"^decl must be 0\.\.9, got {decl}$"):
            native.legal_mask(DEAL.array, decl, FIRST)
        with pytest.raises(ValueError, match=r"^decl must be 0\.\.9"):
            native.SearchMemory().search(DEAL.array, decl, FIRST)


def test_slot_that_is_not_legal() -> None:
    assert native.play_slot(DEAL.array, 6, FIRST, 7) == (-1, 0)
    assert native.play_slot(DEAL.array, 6, FIRST, -1) == (-1, 0)


def functions() -> Iterator[ast.FunctionDef]:
    """Yield the functions and methods of the types on file."""
    for node in ast.walk(ast.parse(STUB.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


def test_calls_are_short_and_named() -> None:
    found = list(functions())
    assert len(found) > 40
    for node in found:
        names = [arg.arg for arg in node.args.args]
        numbers = [a for a in node.args.args if a.annotation and ast.unparse(a.annotation) == "int"]
        assert len(numbers) <= 3, f"{node.name} takes {len(numbers)} bare numbers"
        assert not any(re.fullmatch(r"arg\d+", name) for name in names), node.name


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff, which lays out the types, is missing")
def test_types_on_file() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "cmake" / "stub.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors of the CPU pass for those of a device, up to the launch."""
    properties = type("Properties", (), {"multi_processor_count": 2})
    monkeypatch.setattr(torch.cuda, "device", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    for module in (forge.ops.cuda, forge.ops.cuda_policy, forge.ops.cuda_worlds):
        monkeypatch.setattr(module, "current_stream", lambda _: native.cuda.Stream(0))


def device_cases() -> dict[str, tuple[Any, ...]]:
    """Return arguments for the kernels of a device."""
    deal = DEAL.tensor
    states = torch.full((N,), FIRST)
    batch = deal[None], torch.tensor([6], dtype=torch.int8), states
    targets = torch.tensor([18], dtype=torch.int8)
    slots = torch.zeros(N, dtype=torch.int8)
    allowed = torch.full((2, 3), 0xFFF, dtype=torch.int32)
    sizes = torch.full((2, 3), 4, dtype=torch.int8)
    return {
        "enumerate_states": (deal, 6),
        "solve": (deal, 6),
        "expand_states": (deal, 6, states),
        "backward_induction": (deal, 6, states),
        "search": batch,
        "search_at_least": (*batch, targets),
        "search_value": batch,
        "search_made": (*batch, targets),
        "legal_slots": batch,
        "tokenize_states": batch,
        "play": (*batch, slots),
        "policy_logits": (*random_seen(1), random_weights()),
        "count_worlds": (allowed, sizes),
        "sample_worlds": (allowed, sizes, torch.arange(2), 4),
        "sample_worlds mrv": (allowed, sizes, torch.arange(2), 4, "mrv"),
        "enumerate_worlds": (allowed[0], sizes[0], 0, 4),
    }


@pytest.mark.skipif(
    not native.build()["cuda"] or torch.cuda.is_available(),
    reason="for builds with CUDA where there is no device",
)
@pytest.mark.parametrize("op", device_cases())
def test_arguments_reach_the_launch(op: str, no_device: None) -> None:
    # Machines that build for CUDA mostly have no device: what can be seen there is that the
    # arguments have the types and shapes that the native side wants.
    kernel: Callable[..., Any] = cuda._KERNELS[op.split()[0]]
    with pytest.raises(RuntimeError, match=r"^(kernel launch|memset): "):
        kernel(*device_cases()[op])


@pytest.mark.skipif(
    not native.build()["cuda"] or torch.cuda.is_available(),
    reason="for builds with CUDA where there is no device",
)
@pytest.mark.parametrize("with_policy", [True, False])
def test_a_decision_reaches_the_launch(with_policy: bool, no_device: None) -> None:
    seen = random_seen(1)
    keys, weights = torch.arange(28), random_weights() if with_policy else None
    settings = native.DecideSettings(10, 80, 0.35, 0.02, True, False, True, 28, 0.02)
    with pytest.raises(RuntimeError, match=r"^(kernel launch|memset): "):
        cuda_policy.decide_on_cuda(seen, keys, weights, settings, empty_decisions(seen.hands))


def test_every_op_reaches_the_launch() -> None:
    assert {op.split()[0] for op in device_cases()} == set(schemas.SCHEMAS)


@pytest.mark.skipif(not native.build()["cuda"], reason="this build has no CUDA")
def test_memory_of_another_kind_on_a_device() -> None:
    on = device.on_device
    states, decls = torch.full((N,), FIRST), torch.zeros(1, dtype=torch.int8)
    legal = torch.zeros((N, 7), dtype=torch.bool)
    stream = native.cuda.Stream(0)
    with pytest.raises(TypeError, match=r"^expected int8 \[\*\] on a device, got int64 \[3\]$"):
        native.cuda.mark_legal_slots(
            on(DEAL.tensor[None]), on(states), on(states), on(legal), stream
        )
    with pytest.raises(ValueError, match=r"^legal has 2 rows, the batch 3$"):
        native.cuda.mark_legal_slots(
            on(DEAL.tensor[None]), on(decls), on(states), on(legal[:2]), stream
        )
