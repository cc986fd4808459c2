"""Who trains together, and how they share it: what Lightning's trainer is told of processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.optim import Optimizer

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.run import Hardware
from forge.learn.settings import FSDP, Training
from forge.work.ray_group import this_member
from forge.work.tensor_files import not_finite

with extra("train"):
    import lightning.pytorch as pl
    from lightning.pytorch.strategies import ModelParallelStrategy

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
            "strategy": _strategy(training),
        }
    check_on_ray(training.strategy)
    with extra("ray"):
        from ray.train import lightning as helpers
    ray: Any = helpers  # without types
    # Ray has started the processes, and knows the device of each.
    return {
        "accelerator": hardware.accelerator,
        "devices": "auto" if hardware.accelerator == "cuda" else 1,
        "strategy": ray.RayDDPStrategy(),
        "plugins": [ray.RayLightningEnvironment()],
    }


def _strategy(training: Training) -> Any:
    if training.strategy != FSDP:
        return training.strategy
    return ShardedStrategy(training.n_processes, 1, save_distributed_checkpoint=False)


def check_on_ray(strategy: str) -> None:
    """Raises ForgeError for a strategy that is not for processes of a Ray cluster."""
    if strategy not in ON_RAY:
        raise ForgeError(f"with --ray --strategy must be {' or '.join(ON_RAY)}, got {strategy!r}")


class ShardedStrategy(ModelParallelStrategy):
    """Weights, gradients and moments in as many shares as there are processes (PyTorch's FSDP2).

    Checkpoints are whole and ordinary: what is written here goes on without shares, and what was
    written without goes on here. (Lightning's own numbers the moments in another order than an
    optimiser of several groups does.)
    """

    def optimizer_state(self, optimizer: Optimizer) -> dict[str, Any]:
        """The state of an optimiser, in the first process; empty in others."""
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        inner = getattr(optimizer, "_optimizer", optimizer)  # Lightning's wrapper
        assert self.model is not None
        named: dict[str, Any] = get_optimizer_state_dict(self.model, inner, options=options)
        if self.global_rank != 0:
            return named
        names = [name for group in named["param_groups"] for name in group["params"]]
        return _renamed(named, {name: number for number, name in enumerate(names)})

    def load_checkpoint(self, checkpoint_path: Any, weights_only: bool | None = None) -> Any:
        """Read a checkpoint, nothing unpickled, and take up this process's share of it."""
        found = self.checkpoint_io.load_checkpoint(checkpoint_path, weights_only=True)
        assert self.model is not None
        options = StateDictOptions(full_state_dict=True)
        set_model_state_dict(self.model, found["state_dict"], options=options)
        names = {id(each): name for name, each in self.model.named_parameters()}
        for optimizer, saved in zip(self.optimizers, found["optimizer_states"], strict=True):
            n_ours, n_theirs = len(optimizer.param_groups), len(saved["param_groups"])
            if n_ours != n_theirs:
                raise ValueError(f"{n_theirs} groups of parameters where {n_ours} are needed")
            order = [names[id(p)] for group in optimizer.param_groups for p in group["params"]]
            numbers = [number for group in saved["param_groups"] for number in group["params"]]
            named = _renamed(saved, dict(zip(numbers, order, strict=True)))
            set_optimizer_state_dict(self.model, optimizer, named, options=options)
        return found


def _renamed(state: Mapping[str, Any], names: Mapping[Any, Any]) -> dict[str, Any]:
    """The state of an optimiser whose parameters are called otherwise."""
    return {
        "state": {names[old]: each for old, each in state["state"].items()},
        "param_groups": [
            {**group, "params": [names[old] for old in group["params"]]}
            for group in state["param_groups"]
        ],
    }


def shard(network: nn.Module, strategy: object) -> None:
    """Keep a share of a network here, where that is the strategy: of each layer apart, so that one
    layer at a time is whole."""
    if not isinstance(strategy, ModelParallelStrategy):
        return
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    mesh = strategy.device_mesh["data_parallel"]
    for name, part in [*network.named_modules()]:
        if name and isinstance(part, nn.ModuleList):
            for layer in part:
                fully_shard(layer, mesh=mesh)
    fully_shard(network, mesh=mesh)
    if hasattr(network, "with_logits"):  # asked instead of `forward`
        register_fsdp_forward_method(network, "with_logits")


def not_finite_anywhere(trainer: pl.Trainer) -> str | None:
    """A weight that is not finite, by its name where this process has it; None where all are. All
    processes have to ask."""
    weights = trainer.lightning_module.state_dict()
    name = not_finite({name: share(tensor) for name, tensor in weights.items()})
    if trainer.strategy.reduce_boolean_decision(name is None, all=True):
        return None
    return name or "a weight of another process"


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of which each process may have a share; all have to ask."""
    full = getattr(tensor, "full_tensor", None)
    return tensor if full is None else full()


def share(tensor: torch.Tensor) -> torch.Tensor:
    """What this process has of it."""
    local = getattr(tensor, "to_local", None)
    return tensor if local is None else local()
