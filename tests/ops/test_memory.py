"""The pool that host outputs come from: blocks in use are never handed out twice."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import forge
import forge.ops
from forge.build import native
from forge.ops import memory


@pytest.fixture(autouse=True, scope="module")
def _quick_collections() -> Iterator[None]:
    """What other tests have left is not looked through again and again."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def empty_pool(_quick_collections: None) -> Iterator[None]:
    """Start and end with nothing kept."""
    memory.release_memory()
    yield
    gc.collect()
    memory.release_memory()


def span(tensor: Tensor) -> range:
    """Return the addresses a contiguous tensor occupies."""
    return range(tensor.data_ptr(), tensor.data_ptr() + tensor.numel() * tensor.element_size())


def overlap(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors share a byte."""
    return max(span(a).start, span(b).start) < min(span(a).stop, span(b).stop)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32, torch.int64])
@pytest.mark.parametrize("n", [0, 1, 1000, 3_000_000])
def test_empty(n: int, dtype: torch.dtype) -> None:
    tensor = memory.empty(n, dtype)
    assert tensor.shape == (n,)
    assert tensor.dtype == dtype
    assert tensor.fill_(1).eq(1).all()  # all of it can be written


def test_solutions_alive_at_once_are_apart(small_deal: Tensor, small_decl: int) -> None:
    first = forge.ops.solve(small_deal, small_decl)
    copies = [tensor.clone() for tensor in first]
    others = [
        *forge.ops.solve(small_deal, small_decl),
        forge.ops.enumerate_states(small_deal, small_decl),
        *forge.ops.solve(forge.Deal.from_seed(31).tensor, 8),
    ]
    every = [*first, *others]
    assert not any(overlap(a, b) for i, a in enumerate(every) for b in every[:i])
    for tensor in others:
        tensor.zero_()
    assert all(torch.equal(a, b) for a, b in zip(first, copies, strict=True))


def test_a_view_keeps_its_block(small_deal: Tensor, small_decl: int) -> None:
    states, values, q = forge.ops.solve(small_deal, small_decl)
    tail = q[-1000:]
    array = states[:1000].numpy()
    expected = tail.clone(), array.copy()
    del states, values, q
    gc.collect()
    for _ in range(3):
        for tensor in forge.ops.solve(small_deal, small_decl):
            assert not overlap(tensor, tail)
            tensor.zero_()
    assert torch.equal(tail, expected[0])
    assert (array == expected[1]).all()


def test_blocks_are_used_again_and_released(small_deal: Tensor, small_decl: int) -> None:
    assert memory.kept_bytes() == 0
    solution = forge.ops.solve(small_deal, small_decl)
    in_use = sum(tensor.numel() * tensor.element_size() for tensor in solution)
    while_in_use = memory.kept_bytes()  # the workspace alone
    pointers = {tensor.data_ptr() for tensor in solution}
    del solution
    assert memory.kept_bytes() >= while_in_use + in_use

    again = forge.ops.solve(small_deal, small_decl)
    assert {tensor.data_ptr() for tensor in again} & pointers
    del again
    memory.release_memory()
    assert memory.kept_bytes() == 0


def test_release_leaves_what_is_in_use_alone(small_deal: Tensor, small_decl: int) -> None:
    solution = forge.ops.solve(small_deal, small_decl)
    copies = [tensor.clone() for tensor in solution]
    memory.release_memory()
    assert memory.kept_bytes() == 0
    assert all(torch.equal(a, b) for a, b in zip(solution, copies, strict=True))


def test_no_more_is_kept_than_promised() -> None:
    # Pages that are never touched cost nothing, so this asks for 6 GiB and uses none.
    assert memory.KEEP_BYTES == 1 << 30
    size = 200_000_000
    blocks = [memory.empty(size, torch.int8) for _ in range(30)]
    assert memory.kept_bytes() == 0
    while blocks:
        blocks.pop()
        assert memory.kept_bytes() <= memory.KEEP_BYTES
    assert memory.kept_bytes() > memory.KEEP_BYTES - 2 * size

    memory.release_memory()
    too_large = memory.empty(memory.KEEP_BYTES + 1, torch.int8)
    del too_large
    assert memory.kept_bytes() == 0


# Sums and writes by NumPy: torch's own threads do not survive a fork, those of forge need not.
CHILD = """
import os
import forge
import forge.ops

def sums(tensors):
    return [int(x.numpy().sum()) for x in tensors]

deal = forge.Deal.from_seed(158).tensor
states, values, q = forge.ops.solve(deal, 6)
expected = sums((states, values, q))
del states
position = forge.Position(forge.Deal.from_seed(158), 6)
lead = position.q()
child = os.fork()
if child == 0:
    ok = sums((values, q)) == expected[1:]
    ok = ok and sums(forge.ops.solve(deal, 6)) == expected and position.q() == lead
    values.numpy().fill(99)
    forge.ops.release_memory()
    os._exit(0 if ok else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0, status
assert sums((values, q)) == expected[1:]
assert sums(forge.ops.solve(deal, 6)) == expected
"""


def test_a_large_block_used_for_little_counts_in_full() -> None:
    """What was touched stays resident, however little of it is used again."""
    pool = native.HostPool(100 << 20)
    small = []
    for _ in range(4):
        large = torch.frombuffer(native.PooledBuffer(pool, 60 << 20), dtype=torch.int8)
        large.fill_(1)
        del large
        small.append(native.PooledBuffer(pool, 9 << 20))
    small.clear()
    assert 0 < pool.kept_bytes <= 100 << 20
    assert pool.kept_bytes % (60 << 20) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_fork() -> None:
    code = f"import sys; sys.path[:] = {[p for p in sys.path if p]!r}\n"
    code += "import torch; torch.set_num_threads(2)\n" + CHILD
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
