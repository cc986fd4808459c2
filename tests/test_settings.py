"""Settings of the Python API are held to their types and bounds, all of them by one test."""

import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import numpy as np
import pytest

import forge
from forge import ForgeError
from forge.arena.builtin import ORACLE
from forge.arena.series import ArenaOptions
from forge.bidding.deals import deals_around
from forge.bidding.plan import Plan
from forge.bidding.simulate import Simulator
from forge.eq.settings import AdaptiveConfig, ExplorationConfig, PolicyPosterior
from forge.options import option_of

HAND = (0, 1, 2, 3, 4, 5, 6)
ROOMS = ("eq", "bidding", "policy", "learn", "flywheel")
# What a field of one type does not take.
WRONG: dict[str, tuple[Any, ...]] = {
    "int": (None, "x", "1", 1.5, math.nan, True, b"1", [1]),
    "float": (None, "x", "1", math.nan, math.inf, True, [1]),
    "bool": (None, "x", 1, 0.0),
    "str": (None, 1, True, b"x"),
}
# Fields without a default, by what stands for them.
GIVEN: dict[str, Any] = {"policy": "p", "sha256": "0"}


def checked_kinds() -> list[type]:
    """Dataclasses with options that hold them themselves."""
    found: set[type] = set()
    for room in ROOMS:
        package = importlib.import_module(f"forge.{room}")
        for each in pkgutil.walk_packages(package.__path__, f"forge.{room}."):
            for kind in vars(importlib.import_module(each.name)).values():
                if (
                    inspect.isclass(kind)
                    and is_dataclass(kind)
                    and "__post_init__" in vars(kind)
                    and any(map(option_of, fields(kind)))
                ):
                    found.add(kind)
    return sorted(found, key=lambda kind: kind.__name__)


def given(kind: type) -> dict[str, Any]:
    return {
        each.name: GIVEN[each.name]
        for each in fields(kind)
        if each.init and each.default is MISSING and each.default_factory is MISSING
        if each.name in GIVEN
    }


def type_name(each: Field[Any]) -> str:
    return each.type.__name__ if isinstance(each.type, type) else str(each.type)


CASES = [
    (kind, each.name, value)
    for kind in checked_kinds()
    for each in fields(kind)
    if each.init
    for value in WRONG.get(type_name(each), ())
]


def test_there_are_settings_to_check() -> None:
    assert {AdaptiveConfig, ExplorationConfig, Plan, PolicyPosterior} <= {each[0] for each in CASES}


@pytest.mark.parametrize(
    ("kind", "name", "value"), CASES, ids=lambda each: getattr(each, "__name__", repr(each))
)
def test_a_setting_of_another_type(kind: type, name: str, value: Any) -> None:
    with pytest.raises(ForgeError, match=name) as error:
        kind(**(given(kind) | {name: value}))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "number", [np.int8(7), np.int64(7), np.float32(7), np.float64(7)], ids=repr
)
def test_numbers_of_numpy(number: Any) -> None:
    assert ExplorationConfig(temperature=number).temperature == 7
    if isinstance(number, np.integer):
        assert Plan(number).n_deals == 7  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, "x", 1.5, True, -1, 2**63], ids=repr)
def test_seeds(value: Any) -> None:
    for call in (
        lambda: Simulator(seed=value),
        lambda: ArenaOptions(ORACLE, ORACLE, value),
        lambda: deals_around(HAND, value, 0, 1),
        lambda: forge.advise(HAND, seed=value),
        lambda: forge.advise(HAND, "ones", seed=value),
    ):
        with pytest.raises(ForgeError, match=r"seed must be"):
            call()


@pytest.mark.parametrize("value", [None, "x", 1.5, True, -1], ids=repr)
def test_other_arguments(value: Any) -> None:
    calls: dict[str, Callable[[], object]] = {
        "n_workers": lambda: Simulator(n_workers=value),
        "player": lambda: Simulator(value),
        "bid": lambda: Plan(bid=value),
        "a domino": lambda: deals_around((value, *HAND[1:]), 0, 0, 1),
        "stop": lambda: deals_around(HAND, 0, 0, value),
    }
    for name, call in calls.items():
        if value == -1 and name == "stop":
            continue
        with pytest.raises(ForgeError, match=f"^{name} must be"):
            call()
