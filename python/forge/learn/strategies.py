"""Who trains together, and how they share it: what Lightning's trainer is told of processes."""

from __future__ import annotations

from typing import Any, Final

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.run import Hardware
from forge.learn.settings import Training
from forge.work.ray_group import this_member

# On a Ray cluster; the first is the second by another name.
ON_RAY: Final = ("auto", "ddp")


def processes_of(training: Training, hardware: Hardware) -> dict[str, Any]:
    """The arguments of Lightning's trainer that say which processes there are.

    Raises:
        ForgeError: for a strategy that is not for such processes.
    """
    if this_member() is None:
        return {
            "accelerator": hardware.accelerator,
            "devices": training.devices,
            "num_nodes": training.num_nodes,
            "strategy": training.strategy,
        }
    check_on_ray(training.strategy)
    with extra("ray"):
        from ray.train.lightning import RayDDPStrategy, RayLightningEnvironment
    # Ray has started the processes, and knows the device of each.
    return {
        "accelerator": hardware.accelerator,
        "devices": "auto" if hardware.accelerator == "cuda" else 1,
        "strategy": RayDDPStrategy(),
        "plugins": [RayLightningEnvironment()],
    }


def check_on_ray(strategy: str) -> None:
    """Raises ForgeError for a strategy that is not for processes of a Ray cluster."""
    if strategy not in ON_RAY:
        raise ForgeError(f"with --ray --strategy must be {' or '.join(ON_RAY)}, got {strategy!r}")
