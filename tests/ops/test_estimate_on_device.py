"""Estimates on a device: the bytes of the CPU, however much room there is; what it does not do."""

from typing import Any

import pytest
import torch

from forge import ForgeError, ops
from forge.ops import cuda_estimate
from support.seen import SeenRows, assert_same_bytes, on_cuda, random_seen, random_weights

SETTINGS: dict[str, dict[str, Any]] = {
    "samples": {"n_samples": 20, "all_up_to": 0},
    "samples or all": {"n_samples": 20, "all_up_to": 200},
    "mrv": {"n_samples": 20, "sampler": "mrv"},
    "the chance": {"n_samples": 20, "for_chance": True},
}


@pytest.mark.gpu
@pytest.mark.parametrize("with_policy", [True, False])
@pytest.mark.parametrize("how", SETTINGS)
def test_same_bytes(how: str, with_policy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if with_policy and how == "mrv":
        pytest.skip("a policy weighs uniform worlds")
    seen = random_seen(6, min_plays=8)
    keys = torch.arange(len(seen.decls)) * 0x1E3779B97F4A7C15
    weights = random_weights()
    wanted = ops.estimate_decisions(
        *seen, keys, weighing=ops.PolicyWeights(weights) if with_policy else None, **SETTINGS[how]
    )
    for work_bytes in (1 << 30, 1):
        monkeypatch.setattr(cuda_estimate, "WORK_BYTES", work_bytes)
        found = ops.estimate_decisions(
            *on_cuda(seen),
            keys.cuda(),
            weighing=ops.PolicyWeights(weights.cuda()) if with_policy else None,
            **SETTINGS[how],
        )
        assert all(column.is_cuda for column in found)
        assert_same_bytes(found, wanted)


@pytest.mark.gpu
def test_rows_that_cannot_be_on_a_device() -> None:
    # The GPU cannot raise without waiting: such a row has no world, the others stay right.
    seen = random_seen(2, min_plays=12)
    keys = torch.arange(len(seen.decls))
    wanted = ops.estimate_decisions(*seen, keys, n_samples=10)
    needed = seen.needed.clone()
    needed[3] = 0
    found = ops.estimate_decisions(
        *on_cuda(seen._replace(needed=needed)), keys.cuda(), n_samples=10
    )
    assert int(found.n_possible[3]) == 0 and bool(found.mean[3].isnan().all())
    others = torch.arange(len(keys)) != 3
    assert_same_bytes(
        ops.DecisionEstimates(*(column[others.cuda()] for column in found)),
        ops.DecisionEstimates(*(column[others] for column in wanted)),
    )


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adaptive": ops.AdaptiveSampling(5, 10, 5, 1.0)}, "on a device worlds are drawn once"),
        ({"weighing": ops.OracleWeights()}, "worlds are weighed by the oracle on the CPU alone"),
        ({"n_samples": 70_000}, "a device draws at most 65,536 worlds of a decision, got 70,000"),
    ],
)
def test_what_a_device_does_not_do(options: dict[str, Any], message: str) -> None:
    seen = on_cuda(random_seen(1))
    with pytest.raises(ForgeError, match=f"^{message}"):
        ops.estimate_decisions(*seen, torch.arange(28).cuda(), **options)


def test_devices_that_estimate_nothing() -> None:
    seen = SeenRows(*(column.to("meta") for column in random_seen(1)))
    keys = torch.arange(28, device="meta")
    with pytest.raises(ForgeError, match=r"^decisions are estimated on the CPU or on CUDA, got me"):
        ops.estimate_decisions(*seen, keys)
    with pytest.raises(ForgeError, match=r"^all arguments must be on one device"):
        ops.estimate_decisions(*random_seen(1), keys)


def test_what_a_device_would_refuse() -> None:
    plain = {"by_oracle": False, "is_adaptive": False}
    assert ops.refused_on_a_device(8192, 65_536, 8, **plain) is None
    for n_samples, all_up_to, pool in ((8193, 0, 8), (1, 65_537, 1)):
        assert "at most 65,536" in (
            ops.refused_on_a_device(n_samples, all_up_to, pool, **plain) or ""
        )
    assert ops.refused_on_a_device(1, 1, by_oracle=True, is_adaptive=False) is not None
    assert ops.refused_on_a_device(1, 1, by_oracle=False, is_adaptive=True) is not None
