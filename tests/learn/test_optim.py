"""Optimisers by name, and several that step as one."""

import copy

import pytest
import torch
from torch.optim import AdamW, Muon

from forge.learn.optimizers import JoinedOptimizer, make_optimizer
from forge.ml.networks.architectures import build_network
from support.synthetic_rows import synthetic_arrays


def network(arch: str = "mlp") -> torch.nn.Module:
    torch.manual_seed(0)
    return build_network(arch, embed_dim=24, n_heads=2, n_layers=1, ff_dim=16, dropout=0.0)


def step(net: torch.nn.Module, optimizer: torch.optim.Optimizer, seed: int) -> None:
    batch = {name: torch.from_numpy(a) for name, a in synthetic_arrays(8, seed).items()}
    optimizer.zero_grad()
    scores, value = net(batch["tokens"], batch["masks"], batch["players"])
    (scores.square().mean() + value.square().mean()).backward()
    optimizer.step()


@pytest.mark.parametrize("arch", ["mlp", "transformer"])
@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_every_parameter_is_in_one_group(arch: str, name: str) -> None:
    net = network(arch)
    optimizer = make_optimizer(net, name, lr=1e-3, weight_decay=0.1)
    grouped = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in net.parameters())
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            assert group["weight_decay"] == (0.1 if parameter.ndim > 1 else 0.0)


def test_muon_takes_hidden_matrices_alone() -> None:
    net = network()
    optimizer = make_optimizer(net, "muon", lr=1e-3, weight_decay=0.0)
    assert isinstance(optimizer, JoinedOptimizer)
    muon, adamw = optimizer.parts
    assert isinstance(muon, Muon) and isinstance(adamw, AdamW)
    hidden = {id(p) for group in muon.param_groups for p in group["params"]}
    named = {n for n, p in net.named_parameters() if id(p) in hidden}
    assert named == {"input.weight", "blocks.0.linear1.weight", "blocks.0.linear2.weight"}


def test_joined_steps_as_its_parts_would() -> None:
    joined_net, parts_net = network(), network()
    joined = make_optimizer(joined_net, "muon", lr=1e-2, weight_decay=0.1)
    apart = make_optimizer(parts_net, "muon", lr=1e-2, weight_decay=0.1)
    assert isinstance(apart, JoinedOptimizer)
    for seed in range(3):
        step(joined_net, joined, seed)
        batch = {n: torch.from_numpy(a) for n, a in synthetic_arrays(8, seed).items()}
        parts_net.zero_grad()
        scores, value = parts_net(batch["tokens"], batch["masks"], batch["players"])
        (scores.square().mean() + value.square().mean()).backward()
        for part in apart.parts:
            part.step()
    for one, other in zip(joined_net.parameters(), parts_net.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_learning_rate_set_on_the_groups_counts() -> None:
    net = network()
    before = copy.deepcopy(net.state_dict())
    optimizer = make_optimizer(net, "muon", lr=1e-2, weight_decay=0.1)
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    step(net, optimizer, 0)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_state_goes_on_bit_for_bit(tmp_path: object) -> None:
    straight, resumed = network(), network()
    one = make_optimizer(straight, "muon", lr=1e-2, weight_decay=0.1)
    for seed in range(4):
        step(straight, one, seed)
    first = make_optimizer(resumed, "muon", lr=1e-2, weight_decay=0.1)
    for seed in range(2):
        step(resumed, first, seed)
    second = make_optimizer(resumed, "muon", lr=1e-2, weight_decay=0.1)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for seed in range(2, 4):
        step(resumed, second, seed)
    for a, b in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_state_of_another_optimiser_is_refused() -> None:
    joined = make_optimizer(network(), "muon", lr=1e-2, weight_decay=0.1)
    adamw = make_optimizer(network(), "adamw", lr=1e-2, weight_decay=0.1)
    with pytest.raises(ValueError, match="2 optimisers"):
        joined.load_state_dict(adamw.state_dict())
