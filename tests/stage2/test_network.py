"""Networks over transcripts: what they see, what they give, what they refuse."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from forge import ops
from forge.eq.worlds import WorldPositions
from forge.errors import ForgeError
from forge.play.transcript import HIGH_PIP, LOW_PIP, transcript_tokens
from forge.stage2.geometry import own_tokens
from forge.stage2.module import EqLightningModule
from forge.stage2.network import EqPrediction, build_transcript_network
from forge.stage2.settings import ARCHITECTURES
from support.lines import random_lines, replayed

LINES = random_lines(20, seed=41)
SIZES: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 2, "ff_dim": 32}
Build = Callable[..., nn.Module]

pytestmark = pytest.mark.usefixtures("one_thread")


def tokens_after(n_plays: int) -> Tensor:
    """int8 [20, 36, 8]."""
    return transcript_tokens(replayed(LINES, n_plays))[0]


@pytest.fixture(params=ARCHITECTURES)
def build(request: pytest.FixtureRequest) -> Build:
    """Makes a network of each architecture, always the same one, in eval mode."""

    def network(dropout: float = 0.0, **sizes: int) -> nn.Module:
        torch.manual_seed(0)
        found = build_transcript_network(request.param, **(SIZES | sizes), dropout=dropout).eval()
        # Residual blocks start as the identity: give them something to do.
        for name, weight in found.named_parameters():
            if "linear2.weight" in name:
                nn.init.normal_(weight, std=0.1)
        return found

    return network


@torch.inference_mode()
def run(network: nn.Module, tokens: Tensor) -> EqPrediction:
    """What a network says."""
    found: EqPrediction = network(tokens)
    return found


def differ(one: EqPrediction, other: EqPrediction) -> Tensor:
    """float [B, 3]: the largest differences, of each head."""
    return torch.stack([(a - b).abs().amax(dim=1) for a, b in zip(one, other, strict=True)], dim=1)


@pytest.mark.parametrize("n", [1, 5])
def test_shapes_and_signs(build: Build, n: int) -> None:
    for n_plays in (0, 3, 14, 27):
        found = run(build(), tokens_after(n_plays)[:n])
        for part in found:
            assert part.shape == (n, 7) and part.dtype == torch.float32
            assert part.isfinite().all()
        assert (found.error > 0).all() and (found.spread > 0).all()


def test_deviations_stay_positive_however_sure_the_network_is(build: Build) -> None:
    network = build()
    for name, parameter in network.named_parameters():
        if name in ("heads.bias", "error_head.bias"):
            nn.init.constant_(parameter, -1e4)
    found = run(network, tokens_after(9))
    assert (found.mean < 0).all()
    for deviation in (found.error, found.spread):
        assert (deviation > 0).all() and deviation.isfinite().all()


def test_a_row_is_the_same_alone_and_in_any_company(build: Build) -> None:
    network = build()
    tokens = torch.cat([tokens_after(n_plays)[:3] for n_plays in (0, 5, 13, 27)])
    whole = run(network, tokens)
    for i in range(len(tokens)):
        alone = run(network, tokens[i : i + 1])
        for part, row in zip(whole, alone, strict=True):
            torch.testing.assert_close(row[0], part[i], atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("n_plays", [0, 6, 13, 19])
def test_sees_nothing_hidden(build: Build, n_plays: int) -> None:
    """Deals that differ in what the seat cannot see give the same transcript and answer."""
    games = replayed(LINES, n_plays)
    allowed, sizes = games.hidden()
    hands = ops.sample_worlds(allowed, sizes, torch.arange(len(LINES)), 1)
    world = WorldPositions(games, hands)
    other = replace(games, deals=world.deals, states=world.states(n_plays))
    n_changed = int((other.deals != games.deals).flatten(1).any(dim=1).sum())
    assert n_changed > len(LINES) // 2
    (tokens, lengths), (imagined, same_lengths) = map(transcript_tokens, (games, other))
    assert torch.equal(tokens, imagined) and torch.equal(lengths, same_lengths)
    network = build()
    for one, two in zip(run(network, tokens), run(network, imagined), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("n_plays", [8, 15, 22])
def test_the_order_of_plays_counts(build: Build, n_plays: int) -> None:
    """The first two tricks change places: the same plays by the same seats in another order."""
    tokens = tokens_after(n_plays)
    moved = tokens.clone()
    for i, n_held in enumerate((tokens[..., 7] == 1).sum(dim=1).tolist()):
        first = 1 + n_held
        order = [*range(first + 4, first + 8), *range(first, first + 4)]
        moved[i, first : first + 8] = tokens[i, order]
    network = build()
    change = differ(run(network, tokens), run(network, moved))
    assert (change > 1e-4).all()


def test_who_played_counts(build: Build) -> None:
    """Two plays of the first trick change hands."""
    tokens = tokens_after(9)
    moved = tokens.clone()
    for i, n_held in enumerate((tokens[..., 7] == 1).sum(dim=1).tolist()):
        # Not the own play, so that the dealt hand stays.
        others = [k for k in range(1 + n_held, 5 + n_held) if int(tokens[i, k, 4]) != 0]
        moved[i, others[:2], 4] = tokens[i, others[1::-1], 4]
    network = build()
    assert (differ(run(network, tokens), run(network, moved)) > 1e-4).all()


def test_every_slot_has_its_own_domino(build: Build) -> None:
    """What differs from slot to slot, and in no other way, can be learned by heart."""
    network = build(embed_dim=48, n_layers=1).train()
    tokens = torch.cat([tokens_after(n_plays)[:10] for n_plays in (2, 9, 17)])
    index, _ = own_tokens(tokens.long())
    pips = tokens.gather(1, index[:, :, None].expand(-1, -1, 8))[..., [HIGH_PIP, LOW_PIP]]
    target = pips.float() @ torch.tensor([5.0, -3.0])
    steps = torch.optim.AdamW(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        steps.zero_grad()
        loss = (network(tokens).mean - target).square().mean()
        loss.backward()
        steps.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.03 * float(target.var()), losses


def test_dropout_is_for_training_alone(build: Build) -> None:
    network, tokens = build(dropout=0.5), tokens_after(7)
    assert not differ(run(network, tokens), run(network, tokens)).any()
    network.train()
    assert differ(run(network, tokens), run(network, tokens)).any()


def test_compiles_without_graph_breaks(build: Build) -> None:
    explained = torch._dynamo.explain(build(n_layers=1))(tokens_after(5))
    assert (explained.graph_count, explained.graph_break_count) == (1, 0), explained.break_reasons


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arch": "cnn"}, "arch must be mlp or transformer, got 'cnn'"),
        ({"embed_dim": 0}, "embed_dim must be 1..65536, got 0"),
        ({"n_heads": 0, "arch": "transformer"}, "n_heads must be 1..65536, got 0"),
        ({"n_layers": -1}, "n_layers must be 1..1000, got -1"),
        ({"ff_dim": 0, "arch": "transformer"}, "ff_dim must be 1..1048576, got 0"),
        ({"embed_dim": 25, "arch": "transformer"}, r"multiple of n_heads \(2\), got 25"),
        ({"dropout": 1.0}, "dropout must"),
        ({"dropout": -0.1}, "dropout must"),
        ({"floor": 0.0}, "floor must be above 0 and at most 42, got 0.0"),
        ({"floor": 43.0}, "floor must be above 0"),
        ({"lr": 0.0}, "lr must be above 0"),
        ({"weight_decay": -1.0}, "weight_decay must be 0.."),
        ({"optimizer": "sgd"}, "optimizer must be"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ForgeError, match=message) as caught:
        EqLightningModule(**(SIZES | options))
    assert "\n" not in str(caught.value)
