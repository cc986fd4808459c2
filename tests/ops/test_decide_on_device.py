"""Decisions on a device: the bytes of the CPU, whatever is decided, however much room there is."""

from typing import Any

import pytest
import torch

from forge import ForgeError, ops
from forge.arena.registry import parse_player
from forge.game.contract import Bid
from forge.game.deal import Deal
from forge.ops import cuda_policy
from forge.play.games import Games
from forge.play.keys import decision_keys
from support.seen import SeenRows, assert_same_bytes, on_cuda, random_seen, random_weights

SETTINGS: dict[str, dict[str, Any]] = {
    "seat": {"n_worlds": 30, "pool": 240},
    "by its own play": {"n_worlds": 30, "pool": 240, "prior": 0.05},
    "without rollouts": {"n_worlds": 30, "pool": 240, "rollouts": 0.0},
    "the last plays": {"n_worlds": 30, "pool": 240, "window": 6},
    "worlds alike": {"n_worlds": 30, "weigh": False},
    "all worlds": {"n_worlds": 200, "pool": 3000, "race": False},
    "for points": {"n_worlds": 30, "for_points": True},
    "for points, no race": {"n_worlds": 20, "for_points": True, "race": False},
}


@pytest.mark.gpu
@pytest.mark.parametrize("with_policy", [True, False])
@pytest.mark.parametrize("how", SETTINGS)
def test_same_bytes(how: str, with_policy: bool) -> None:
    seen = random_seen(10, min_plays=8 if "race" in SETTINGS[how] else 4)
    keys = torch.arange(len(seen.decls)) * 0x1E3779B97F4A7C15
    weights = random_weights() if with_policy else None
    settings = SETTINGS[how]
    wanted = ops.decide(*seen, keys, weights, **settings)
    on_device = None if weights is None else weights.cuda()
    found = ops.decide(*on_cuda(seen), keys.cuda(), on_device, **settings)
    assert all(column.is_cuda for column in found)
    assert_same_bytes(found, wanted)


@pytest.mark.gpu
def test_the_first_lead() -> None:
    seen = SeenRows(*(column[::28] for column in random_seen(8)))
    keys = torch.arange(8)
    weights = random_weights()
    wanted = ops.decide(*seen, keys, weights, n_worlds=20)
    assert_same_bytes(ops.decide(*on_cuda(seen), keys.cuda(), weights.cuda(), n_worlds=20), wanted)


@pytest.mark.gpu
def test_a_few_decisions_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = random_seen(4, min_plays=10)
    keys = torch.arange(len(seen.decls))
    weights = random_weights()
    wanted = ops.decide(*seen, keys, weights, n_worlds=20, pool=60)
    for work_bytes in (1, 150_000):
        monkeypatch.setattr(cuda_policy, "WORK_BYTES", work_bytes)
        found = ops.decide(*on_cuda(seen), keys.cuda(), weights.cuda(), n_worlds=20, pool=60)
        assert_same_bytes(found, wanted)


@pytest.mark.gpu
def test_rows_that_cannot_be_on_a_device() -> None:
    # The GPU cannot raise without waiting: such a row has no slot, the others stay right.
    seen = random_seen(2, min_plays=12)
    keys = torch.arange(len(seen.decls))
    wanted = ops.decide(*seen, keys, n_worlds=10)
    needed = seen.needed.clone()
    needed[3] = 0
    found = ops.decide(*on_cuda(seen._replace(needed=needed)), keys.cuda(), n_worlds=10)
    assert int(found.slots[3]) == -1
    others = torch.arange(len(keys)) != 3
    assert_same_bytes(
        ops.SeatDecisions(*(column[others.cuda()] for column in found)),
        ops.SeatDecisions(*(column[others] for column in wanted)),
    )


@pytest.mark.gpu
@pytest.mark.parametrize("player", ["seat:n=12", "policy", "make:n=12", "eq:n=12"])
def test_players_stay_on_the_device(player: str) -> None:
    games = Games.start([Deal.from_seed(s) for s in range(10)], list(range(10)))
    there = games.to(torch.device("cuda"))
    on_cpu, on_device = (parse_player(player).build(d, Bid.of(30)) for d in ("cpu", "cuda"))
    for n_plays in range(28):
        keys = decision_keys(torch.arange(10), n_plays, 1)
        slots = on_device.slots(there, keys.cuda())
        assert slots.is_cuda
        assert torch.equal(slots.cpu(), on_cpu.slots(games, keys))
        games, there = games.play(slots.cpu()), there.play(slots)


def test_devices_that_decide_nothing() -> None:
    seen = SeenRows(*(column.to("meta") for column in random_seen(1)))
    keys = torch.arange(28, device="meta")
    with pytest.raises(ForgeError, match=r"^decisions are made on the CPU or on CUDA, got meta$"):
        ops.decide(*seen, keys)
    with pytest.raises(ForgeError, match=r"^all arguments must be on one device"):
        ops.decide(*random_seen(1), keys)
