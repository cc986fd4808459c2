"""Ctrl+C ends a long call, and other Python threads run during one."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import forge.ops  # noqa: F401  (registers the ops)
from support.batches import first_leads

# Half a minute on two threads of a very fast machine, minutes on others. The child counts the calls
# it finished: none may have, so it was the call that was ended.
N_POSITIONS = 20_000
REPEAT = 5
PATIENCE_S = 30.0

CHILD = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job may inherit "ignore"
import torch
import forge.ops
from support.batches import first_leads

torch.set_num_threads(2)
batch = [x.repeat(({REPEAT}, *[1] * (x.dim() - 1))) for x in first_leads({N_POSITIONS})]
deal = batch[0][0]
n_finished = 0
try:
    print("ready", flush=True)
    while True:
        CALL
        n_finished += 1
except KeyboardInterrupt:
    print("interrupted", n_finished, flush=True)
    sys.exit(3)
"""


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Calls take their time on machines of many cores too."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def interrupted_child(call: str) -> tuple[int, float]:
    """Interrupt a child in the midst of a call.

    Returns how many calls it had finished, and the seconds from the signal to its end.
    """
    code = CHILD.replace("CALL", call)
    path = [entry for entry in sys.path if entry]
    child = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path[:] = {path!r}\n{code}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(1.0)
        start = time.monotonic()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE_S)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 3, err
    assert err == ""
    verdict, n_finished = out.split()
    assert verdict == "interrupted"
    return int(n_finished), time.monotonic() - start


def test_ctrl_c_ends_a_long_batch() -> None:
    n_finished, elapsed_s = interrupted_child("torch.ops.forge.search(*batch)")
    assert n_finished == 0
    assert elapsed_s < PATIENCE_S


def test_ctrl_c_ends_sampling() -> None:
    # Forty million worlds of the slower sampler: 6 s on two threads of a machine of 2026.
    call = """torch.ops.forge.sample_worlds(
            torch.tensor([[(1 << 21) - 1] * 3] * 2, dtype=torch.int32),
            torch.full((2, 3), 7, dtype=torch.int8),
            torch.arange(2),
            20_000_000,
            "mrv",
        )"""
    n_finished, elapsed_s = interrupted_child(call)
    assert n_finished == 0
    assert elapsed_s < PATIENCE_S


def test_ctrl_c_ends_repeated_solves() -> None:
    assert interrupted_child("torch.ops.forge.solve(deal, 9)")[1] < PATIENCE_S


LOOKS = """
import signal, time
from forge import Deal, Tablebase

looks = []
def look(signum, frame):
    looks.append(time.monotonic())

deal = Deal.from_seed(96)
signal.signal(signal.SIGALRM, look)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
look(0, None)
Tablebase.solve(deal, 9)
look(0, None)
signal.setitimer(signal.ITIMER_REAL, 0)
print(max(after - before for before, after in zip(looks, looks[1:])))
"""


def test_a_solve_looks_for_signals_more_than_once_a_second() -> None:
    # 38 million states in memory that was never touched: clearing its pages alone took seconds.
    done = subprocess.run(
        [sys.executable, "-c", LOOKS], capture_output=True, text=True, check=True, timeout=300
    )
    assert float(done.stdout) < 1.0


@pytest.mark.parametrize("op", ["search", "search_at_least"])
def test_ctrl_c_leaves_the_library_usable(op: str) -> None:
    # In this process, with the signal raised by another thread.
    batch = [x.repeat((REPEAT, *[1] * (x.dim() - 1))) for x in first_leads(N_POSITIONS)]
    targets = torch.tensor([18], dtype=torch.int8)

    def ask(n: int) -> Tensor:
        arguments = [x[:n] for x in batch]
        arguments += [targets] if op == "search_at_least" else []
        answer: Tensor = getattr(torch.ops.forge, op)(*arguments)
        return answer

    def interrupt_soon() -> None:
        time.sleep(0.3)
        signal.raise_signal(signal.SIGINT)

    expected = ask(3)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=interrupt_soon)
    start = time.monotonic()
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            ask(len(batch[0]))
        elapsed_s = time.monotonic() - start
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert elapsed_s < PATIENCE_S  # else it may have been raised after the call
    assert torch.equal(ask(3), expected)


@pytest.mark.parametrize("op", ["search", "solve"])
def test_other_threads_run_during_a_call(op: str) -> None:
    # With the GIL held, the other thread could not tick between start and end.
    batch = first_leads(120)
    arguments = (*batch,) if op == "search" else (batch.deals[0], 9)
    ticks: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.005):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        start = time.monotonic()
        getattr(torch.ops.forge, op)(*arguments)
        end = time.monotonic()
    finally:
        stop.set()
        thread.join()
    assert sum(start < at < end for at in ticks) >= 5
