"""The policy: its fast and its slow twin, its file, and what it cannot see."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from forge import ForgeError, ops
from forge.game.contract import Bid
from forge.game.deal import Deal
from forge.ops import PolicyWeights
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.random_play import random_slots
from forge.play.seen import needed_by, seen_by
from forge.policy.numbers import MAX_WEIGHT, N_WEIGHTS, PolicyNumbers, load_policy, save_policy
from forge.policy.sparse_network import PolicyNetwork
from support.seen import SeenRows, random_seen, random_weights


def test_network_in_pytorch() -> None:
    seen = random_seen(30)
    policy = PolicyNumbers(random_weights())
    network = PolicyNetwork()
    network.start_from(policy)
    with torch.no_grad():
        slow = network(*ops.policy_features(*seen))
    fast = ops.policy_logits(*seen, policy.tensor)
    assert torch.equal(slow > -torch.inf, fast > -torch.inf)
    assert torch.allclose(slow.nan_to_num(neginf=0), fast.nan_to_num(neginf=0), atol=1e-4)
    assert torch.equal(network.numbers().tensor, policy.tensor)


def test_every_declaration_bid_and_seat_makes_a_difference() -> None:
    seen = random_seen(10)
    weights = random_weights()
    first = SeenRows(*(each[:1] for each in seen))
    start = ops.policy_logits(*first, weights)
    for needed in range(31, 43):
        other = first._replace(needed=torch.tensor([needed], dtype=torch.int8))
        assert not torch.equal(ops.policy_logits(*other, weights), start)
    for decl in range(1, 10):
        other = first._replace(decls=torch.tensor([decl], dtype=torch.int8))
        assert not torch.equal(ops.policy_logits(*other, weights), start)


def test_hidden_dominoes_change_nothing() -> None:
    deals = [Deal.from_seed(seed) for seed in range(40)]
    games = Games.start(deals, [seed % 10 for seed in range(40)])
    weights = random_weights()
    needed = needed_by(Bid.of(30), len(games))
    n_changed = 0
    for k in range(20):
        other, changed = with_hidden_hands_swapped(games)
        n_changed += int(changed.sum())
        for found in (games, other):
            logits = ops.policy_logits(*seen_by(found, needed), weights)
            if found is games:
                wanted = logits
        assert torch.equal(wanted, logits)
        keys = decision_keys(torch.arange(len(games)), k, 1)
        of_games, of_other = (
            ops.decide(*seen_by(found, needed), keys, weights, n_worlds=6, pool=24)
            for found in (games, other)
        )
        for a, b in zip(of_games, of_other, strict=True):
            assert torch.equal(a.double().nan_to_num(-7), b.double().nan_to_num(-7))
        games = games.play(random_slots(games, keys))
    assert n_changed > 100


def with_hidden_hands_swapped(games: Games) -> tuple[Games, torch.Tensor]:
    """Return the games with a domino of two hidden hands swapped, and in which that was done."""
    deals = games.deals.clone()
    changed = torch.zeros(len(games), dtype=torch.bool)
    for row in range(len(games)):
        me = int(games.players[row])
        left, right = (me + 1) % 4, (me + 3) % 4
        played = set(games.plays[row].tolist())
        mine = [x for x in deals[row, left].tolist() if x not in played]
        theirs = [x for x in deals[row, right].tolist() if x not in played]
        if mine and theirs:
            one = deals[row, left].tolist().index(mine[0])
            two = deals[row, right].tolist().index(theirs[-1])
            deals[row, left, one], deals[row, right, two] = theirs[-1], mine[0]
            changed[row] = True
    return replace(games, deals=deals), changed


def test_file(tmp_path: Path) -> None:
    policy = PolicyNumbers(random_weights())
    path = tmp_path / "a.policy"
    save_policy(policy, path)
    assert path.stat().st_size < 1_000_000
    assert torch.equal(load_policy(path).tensor, policy.tensor)
    good = path.read_bytes()
    for at in (0, 9, 13, 30, 60, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        with pytest.raises(ForgeError, match=str(path)):
            load_policy(path)
    path.write_bytes(good[:24] + bytes([good[24] ^ 1]) + good[25:])
    with pytest.raises(ForgeError, match=rf"damaged: [\d,]+ numbers instead of {N_WEIGHTS:,}"):
        load_policy(path)
    for size in (0, 10, 63, len(good) - 1):
        path.write_bytes(good[:size])
        with pytest.raises(ForgeError, match=str(path)):
            load_policy(path)
    with pytest.raises(ForgeError, match="No such file"):
        load_policy(tmp_path / "none")


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -1e38])
def test_numbers_that_are_not_finite(bad: float) -> None:
    tensor = random_weights()
    tensor[77] = bad
    with pytest.raises(ForgeError, match="not finite, or larger than 1,000,000"):
        PolicyNumbers(tensor)
    seen = random_seen(2)
    keys = torch.arange(len(seen.hands))
    deal = torch.arange(28, dtype=torch.int8).view(1, 4, 7)
    for asks in (
        lambda: ops.policy_logits(*seen, tensor),
        lambda: ops.decide(*seen, keys, tensor, n_worlds=3),
        lambda: ops.hidden_dominoes(*seen, keys, tensor, n_worlds=3),
        lambda: ops.estimate_decisions(*seen, keys, n_samples=3, weighing=PolicyWeights(tensor)),
        lambda: ops.play_out(deal, *seen_parts(), tensor),
    ):
        with pytest.raises(ForgeError, match=r"^weights must be finite numbers of at most"):
            asks()


def test_the_largest_numbers_have_finite_logits() -> None:
    largest = torch.full((N_WEIGHTS,), float(MAX_WEIGHT))
    logits = ops.policy_logits(*random_seen(50), largest)
    assert not bool(logits.isnan().any()) and not bool((logits == torch.inf).any())


def seen_parts() -> tuple[Tensor, Tensor, Tensor]:
    """Return a declaration, no plays and what a bid of 30 needs."""
    small = torch.tensor([4], dtype=torch.int8)
    return small, torch.full((1, 28), -1, dtype=torch.int8), small + 26


def test_numbers_of_another_shape() -> None:
    with pytest.raises(ForgeError, match=str(N_WEIGHTS)):
        PolicyNumbers(torch.zeros(3))
    with pytest.raises(ForgeError, match="float64"):
        PolicyNumbers(torch.zeros(N_WEIGHTS, dtype=torch.float64))


def test_what_no_seat_can_see() -> None:
    seen = random_seen(1, min_plays=6)
    one = SeenRows(*(each[:1].clone() for each in seen))
    weights = random_weights()
    for name, column, value, told in (
        ("plays", 2, int(one.plays[0, 1]), "different dominoes"),
        ("plays", 20, 3, "then -1"),
        ("decls", 0, 10, "0..9"),
        ("needed", 0, 0, "1..42"),
        ("hands", 0, int(one.hands[0, 1]), "seven different"),
    ):
        bad = one._replace(**{name: getattr(one, name).clone()})
        getattr(bad, name).view(-1)[column] = value
        with pytest.raises(ForgeError, match=rf"^row 0: .*{told}"):
            ops.policy_logits(*bad, weights)
