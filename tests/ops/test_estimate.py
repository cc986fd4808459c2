"""Estimates of the native core: what they refuse, and Ctrl+C."""

import os
import signal
import threading
import time
from typing import Any

import pytest
import torch

from forge import ForgeError, ops
from support.seen import SeenRows, random_seen, random_weights

ROW = SeenRows(*(each[9:10] for each in random_seen(1)))
KEY = torch.zeros(1, dtype=torch.int64)
SAMPLING = ops.AdaptiveSampling(5, 10, 5, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_samples": 0}, r"n_samples must be 1\.\."),
        ({"n_samples": 2.5}, "n_samples must be a whole number"),
        ({"all_up_to": -1}, r"all_up_to must be 0\.\."),
        ({"sampler": "best"}, "sampler must be uniform or mrv, got 'best'"),
        ({"weighing": ops.OracleWeights(window=0)}, r"window must be 1\.\.28, got 0"),
        ({"weighing": ops.OracleWeights(tau=0)}, "tau must be above 0"),
        ({"weighing": ops.OracleWeights(mix=1.5)}, r"mix must be 0\.\.1"),
        ({"weighing": ops.OracleWeights(min_ess_share=-1)}, r"min_ess_share must be 0\.\.1"),
        ({"weighing": ops.PolicyWeights(random_weights(), pool=0)}, r"pool must be 1\.\."),
        ({"weighing": ops.PolicyWeights(random_weights(), uniform=0)}, "uniform must be above 0"),
        ({"weighing": ops.PolicyWeights(torch.zeros(3))}, "weights must be float32"),
        (
            {"weighing": ops.PolicyWeights(random_weights()), "sampler": "mrv"},
            "worlds are weighed by a policy only where they are drawn uniformly",
        ),
        ({"adaptive": SAMPLING._replace(min_samples=0)}, r"min_samples must be 1\.\."),
        ({"adaptive": SAMPLING._replace(max_samples=4)}, r"max_samples must be 5\.\."),
        ({"adaptive": SAMPLING._replace(batch_size=0)}, r"batch_size must be 1\.\."),
        ({"adaptive": SAMPLING._replace(sem_threshold=0.0)}, "sem_threshold must be above 0"),
        ({"keys": torch.zeros(2, dtype=torch.int64)}, r"keys must be int64 \[1\]"),
        ({"plays": ROW.plays.clone().fill_(3)}, "row 0: plays must be different dominoes"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    given = {**ROW._asdict(), "keys": KEY} | options
    with pytest.raises(ForgeError, match=f"^{message}") as error:
        ops.estimate_decisions(**given)
    assert "\n" not in str(error.value)


def test_no_rows() -> None:
    none = SeenRows(*(each[:0] for each in ROW))
    found = ops.estimate_decisions(*none, KEY[:0])
    assert found.mean.shape == (0, 7) and found.pdf.shape == (0, 7, 85)


def test_the_first_row_without_a_world_is_named() -> None:
    # No trumps: nobody follows the lead of 1-1, and the other ones are not in the leader's hand.
    plays = torch.full((1, 28), -1, dtype=torch.int8)
    plays[0, :4] = torch.tensor([2, 0, 5, 9], dtype=torch.int8)
    hands = torch.tensor([[2, 20, 23, 24, 25, 26, 27]], dtype=torch.int8)
    bad = SeenRows(hands, torch.full_like(ROW.decls, 9), plays, ROW.needed)
    rows = SeenRows(*(torch.cat([a, b]) for a, b in zip(ROW, bad, strict=True)))
    with pytest.raises(ForgeError, match=r"^row 1: no hidden hands fit what was played"):
        ops.estimate_decisions(*rows, torch.arange(2))


# All worlds of a tempered decision are drawn before one is valued.
@pytest.mark.parametrize(
    ("n_rows", "n_samples", "weighing"),
    [(1, 300_000, None), (3, 300_000, None), (1, 30_000_000, ops.OracleWeights())],
)
def test_a_long_estimate_can_be_interrupted(n_rows: int, n_samples: int, weighing: Any) -> None:
    first = random_seen(1)
    rows = SeenRows(*(each[:1].repeat(n_rows, *[1] * (each.dim() - 1)) for each in first))
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        keys = torch.arange(n_rows)
        ops.estimate_decisions(*rows, keys, n_samples=n_samples, weighing=weighing)
    assert time.monotonic() - began < 20  # it would take minutes


def test_the_chance_alone_is_the_same() -> None:
    rows = random_seen(3, min_plays=12)
    keys = torch.arange(len(rows.decls))
    both = ops.estimate_decisions(*rows, keys, n_samples=9)
    alone = ops.estimate_decisions(*rows, keys, n_samples=9, for_chance=True)
    assert torch.allclose(alone.chances, both.chances, atol=1e-12, equal_nan=True)
    assert bool(alone.mean.isnan().all()) and not bool(alone.pdf.any())
    assert torch.equal(alone.n_worlds, both.n_worlds)
    some = both.chances[both.chances == both.chances]
    assert float(some.min()) == 0.0 and float(some.max()) == 1.0
