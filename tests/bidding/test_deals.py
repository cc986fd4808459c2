"""Deals around a hand: which there are, and that they are even."""

import numpy as np
import pytest
import torch
from scipy import stats

from forge.bidding.deals import deals_around
from forge.bidding.hand import parse_hand
from forge.errors import ForgeError

HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")


def test_a_deal_is_the_hand_and_all_the_rest() -> None:
    deals = deals_around(HAND, 3, 0, 200)
    assert deals.shape == (200, 4, 7) and deals.dtype == torch.int8
    assert (deals[:, 0] == torch.tensor(HAND, dtype=torch.int8)).all()
    assert (deals.flatten(1).sort(dim=1).values == torch.arange(28)).all()
    assert (deals.diff(dim=2) > 0).all()  # slots are ascending


def test_a_deal_depends_on_its_number_alone() -> None:
    whole = deals_around(HAND, 3, 0, 50)
    assert torch.equal(deals_around(HAND, 3, 20, 50), whole[20:])
    assert torch.equal(deals_around(HAND[::-1], 3, 49, 50), whole[49:])
    assert len({bytes(deal.numpy().tobytes()) for deal in whole}) == 50
    assert not torch.equal(deals_around(HAND, 4, 0, 50), whole)


def test_every_seat_gets_every_domino_equally_often() -> None:
    n = 21_000
    deals = deals_around(HAND, 11, 0, n).numpy()
    others = [domino for domino in range(28) if domino not in HAND]
    counts = np.array([[(deals[:, seat] == d).sum() for d in others] for seat in (1, 2, 3)])
    assert counts.sum() == 21 * n
    # Of 63 cells 40 are free; the sum is a little below chi2 of those, since hands are drawn
    # without putting back.
    chi2 = float(((counts - n / 3) ** 2 / (n / 3)).sum())
    assert stats.chi2.ppf(1e-4, 40) * 0.5 < chi2 < stats.chi2.ppf(1 - 1e-4, 40)


@pytest.mark.parametrize(
    ("hand", "seed", "start", "stop", "part"),
    [
        (HAND[:6], 0, 0, 1, "a hand is seven different domino ids"),
        ((*HAND[:6], HAND[0]), 0, 0, 1, "a hand is seven different domino ids"),
        ((*HAND[:6], 28), 0, 0, 1, "a domino must be 0..27, got 28"),
        (HAND, -1, 0, 1, r"seed must be 0\.\."),
        (HAND, 2**63, 0, 1, r"seed must be 0\.\."),
        (HAND, 0, 0, 0, "at least one"),
        (HAND, 0, -1, 3, "numbered from 0"),
    ],
)
def test_what_cannot_be(hand: tuple[int, ...], seed: int, start: int, stop: int, part: str) -> None:
    with pytest.raises(ForgeError, match=part):
        deals_around(hand, seed, start, stop)
