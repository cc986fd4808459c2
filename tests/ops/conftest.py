"""The device fixture, and one solved deal that is small enough to look at from all sides."""

import os

import pytest
import torch
from torch import Tensor

import forge
import forge.ops
from support.batches import n_held

SMALL_SEED, SMALL_DECL = 158, 6  # 1,940,440 states; the average is 23 million


def no_gpu_reason() -> str | None:
    """Return why the tests marked ``gpu`` cannot run here, or None."""
    if not forge.build_info()["cuda"]:
        return "this build has no CUDA"
    return None if torch.cuda.is_available() else "torch sees no CUDA device"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked ``gpu`` where there is none; with FORGE_REQUIRE_GPU=1, fail it."""
    if item.get_closest_marker("gpu") is None or (reason := no_gpu_reason()) is None:
        return
    if os.environ.get("FORGE_REQUIRE_GPU") == "1":
        pytest.fail(f"FORGE_REQUIRE_GPU=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> torch.device:
    """Every device there is a kernel for."""
    return torch.device(request.param)


@pytest.fixture(scope="session")
def small_deal() -> Tensor:
    """Return the deal int8 [4, 7] with few states."""
    return forge.Deal.from_seed(SMALL_SEED).tensor


@pytest.fixture(scope="session")
def small_decl() -> int:
    """Return the declaration that goes with ``small_deal``."""
    return SMALL_DECL


@pytest.fixture(scope="session")
def small_solution(small_deal: Tensor, small_decl: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return states, V and q of ``small_deal``; not to be changed."""
    states, values, q = forge.ops.solve(small_deal, small_decl)
    return states, values, q


@pytest.fixture(scope="session")
def last_trick(small_solution: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Return the states of ``small_deal`` in the last trick: closed under play, a few thousand."""
    states = small_solution[0]
    return states[n_held(states) <= 4]
