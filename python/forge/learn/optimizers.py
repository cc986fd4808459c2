"""Optimisers of `forge train`, by name."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer

from forge.errors import ForgeError
from forge.learn.settings import OPTIMIZERS


class JoinedOptimizer(Optimizer):
    """Several optimisers that step as one, as Lightning's automatic optimisation wants it.

    Args:
        parts: optimisers over different parameters. Their parameter groups are shared, so a
            schedule that sets a learning rate here sets it there.
    """

    def __init__(self, parts: Iterable[Optimizer]) -> None:
        self.parts = list(parts)
        super().__init__([group for part in self.parts for group in part.param_groups], {})
        self._share()

    def _share(self) -> None:
        self.param_groups = [group for part in self.parts for group in part.param_groups]
        self.state.clear()
        for part in self.parts:
            self.state.update(part.state)

    def step(self, closure: Any = None) -> Any:
        """One step of each part; `closure` computes the loss and its gradients first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part in self.parts:
            part.step()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """The states of the parts, in order."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Undo `state_dict`; raises ValueError if it is of other optimisers."""
        states = state_dict.get("parts", [])
        if len(states) != len(self.parts):
            raise ValueError(f"expected the state of {len(self.parts)} optimisers")
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
        self._share()


def make_optimizer(network: nn.Module, name: str, lr: float, weight_decay: float) -> Optimizer:
    """An optimiser over the parameters that train.

    Args:
        network: whose parameters. Matrices inside `blocks`, `layers` or `input` count as hidden:
            `muon` orthogonalises their updates (scaled so that `lr` means what it means to AdamW);
            embeddings, heads, norms and biases stay with AdamW.
        name: one of `OPTIMIZERS`.
        lr: learning rate.
        weight_decay: on matrices; biases and norms are left alone.

    Raises:
        ForgeError: on another name.
    """
    check_optimizer(name)
    named = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
    hidden = [p for n, p in named if name == "muon" and p.ndim == 2 and _is_hidden(n)]
    ids = {id(p) for p in hidden}
    rest = [p for _, p in named if id(p) not in ids]
    adamw = AdamW(
        [
            {"params": [p for p in rest if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=lr,
    )
    if not hidden:
        return adamw
    muon = Muon(hidden, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
    return JoinedOptimizer([muon, adamw])


def regrouped(
    saved: Mapping[str, Any], names: Iterable[str], network: nn.Module, ours: Optimizer
) -> Mapping[str, Any]:
    """The state of an AdamW that had all parameters in one group, in the groups of ours.

    Args:
        saved: of another's training; one of as many groups as ours comes back as it is.
        names: of the parameters, in its order.
        network: whose parameters.
        ours: an optimiser over them.
    """
    groups = saved.get("param_groups", [])
    if not isinstance(ours, AdamW) or len(groups) != 1 or len(ours.param_groups) == 1:
        return saved
    by_name = dict(network.named_parameters())
    place = {id(by_name[name]): i for i, name in enumerate(n for n in names if n in by_name)}
    order = [place.get(id(each)) for group in ours.param_groups for each in group["params"]]
    state = {i: saved["state"][k] for i, k in enumerate(order) if k in saved["state"]}
    return {"state": state, "param_groups": ours.state_dict()["param_groups"]}


def check_optimizer(name: str) -> None:
    """Raises ForgeError unless `name` is one of `OPTIMIZERS`."""
    if name not in OPTIMIZERS:
        raise ForgeError(f"optimizer must be {' or '.join(OPTIMIZERS)}, got {name!r}")


def _is_hidden(name: str) -> bool:
    return not {"blocks", "layers", "input"}.isdisjoint(name.split("."))
