"""The network is the author's: same parameters, same numbers, but through plain attention."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from forge.errors import ForgeError
from forge.ml.networks.transformer import DominoTransformer
from support.synthetic_rows import synthetic_arrays

LAYOUT: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "checkpoint_layout.json").read_text()
)
SIZES = ("embed_dim", "n_heads", "n_layers", "ff_dim", "dropout")
# Feature order of the embeddings, written down again from formats.md.
EMBEDS = [
    *("high_pip", "low_pip", "is_double", "count_value", "trump_rank", "player_id"),
    *("is_current", "is_partner", "is_remaining", "token_type", "decl", "leader"),
]


def random_state_dict(size: str) -> dict[str, Tensor]:
    """Weights of the author's names and shapes, without the `model.` of the Lightning module."""
    generator = torch.Generator().manual_seed(0)
    shapes = LAYOUT[size]["state_dict"]
    return {
        name.removeprefix("model."): 0.2 * torch.randn(shape, generator=generator)
        for name, shape in shapes.items()
    }


def build(size: str) -> DominoTransformer:
    hparams = LAYOUT[size]["hparams"]
    network = DominoTransformer(**{key: hparams[key] for key in SIZES})
    network.load_state_dict(random_state_dict(size), strict=True)
    return network.eval()


def inputs(n: int) -> tuple[Tensor, Tensor, Tensor]:
    arrays = synthetic_arrays(n, seed=3)
    tokens, masks, players = (
        torch.from_numpy(arrays[name]) for name in ("tokens", "masks", "players")
    )
    return tokens, masks, players


def plain_forward(
    size: str, tokens: Tensor, masks: Tensor, players: Tensor
) -> tuple[Tensor, Tensor]:
    """The same function on `nn.TransformerEncoder`, slot by slot."""
    hparams, weights = LAYOUT[size]["hparams"], random_state_dict(size)
    layer = nn.TransformerEncoderLayer(
        hparams["embed_dim"], hparams["n_heads"], hparams["ff_dim"], batch_first=True
    )
    encoder = nn.TransformerEncoder(layer, hparams["n_layers"], enable_nested_tensor=False)
    prefix = "transformer."
    encoder.load_state_dict(
        {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
    )
    encoder.eval()
    embedded = [
        weights[f"{name}_embed.weight"][tokens[..., i].long()] for i, name in enumerate(EMBEDS)
    ]
    x = torch.cat(embedded, dim=-1) @ weights["input_proj.weight"].T + weights["input_proj.bias"]
    hidden = encoder(x, src_key_padding_mask=masks == 0)
    rows = []
    for b, player in enumerate(players.tolist()):
        own = hidden[b, 1 + 7 * player : 8 + 7 * player]
        rows.append(own @ weights["output_proj.weight"][0] + weights["output_proj.bias"])
    value = hidden[:, 0] @ weights["value_head.weight"][0] + weights["value_head.bias"]
    return torch.stack(rows), value


@pytest.mark.parametrize("size", list(LAYOUT))
def test_layout_loads_strictly_and_equals_plain_encoder(size: str) -> None:
    network = build(size)
    assert sum(p.numel() for p in network.parameters()) == LAYOUT[size]["params"]
    tokens, masks, players = inputs(33)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("error")
        scores, value = network(tokens, masks, players)
    with torch.no_grad():
        plain_scores, plain_value = plain_forward(size, tokens, masks, players)
    assert scores.shape == (33, 7) and value.shape == (33,)
    torch.testing.assert_close(scores, plain_scores, atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(value, plain_value, atol=2e-5, rtol=1e-4)


def test_parameter_order_is_the_layouts() -> None:
    """Optimizer states of Lightning checkpoints go by order, not by name."""
    assert list(build("tiny").state_dict()) == list(random_state_dict("tiny"))


def test_masked_tokens_do_not_matter_and_dtypes_agree() -> None:
    network = build("tiny")
    tokens, masks, players = inputs(64)
    changed = tokens.clone()
    changed[masks == 0] = 1
    with torch.no_grad():
        scores, value = network(tokens, masks, players)
        same_scores, same_value = network(changed.long(), masks.bool(), players.long())
    assert not torch.equal(changed, tokens)
    torch.testing.assert_close(scores, same_scores)
    torch.testing.assert_close(value, same_value)


def test_training_gradients_reach_every_parameter() -> None:
    network = build("tiny").train()
    scores, value = network(*inputs(16))
    (scores.sum() + value.sum()).backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None]
    assert silent == []
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


def test_compiles_without_graph_breaks() -> None:
    network = build("tiny")
    explained = torch._dynamo.explain(network)(*inputs(4))
    assert explained.graph_count == 1
    assert explained.graph_break_count == 0, explained.break_reasons


def test_exports_with_dynamic_batch() -> None:
    network = build("tiny")
    batch = torch.export.Dim("batch")
    program = torch.export.export(
        network, inputs(4), dynamic_shapes=({0: batch}, {0: batch}, {0: batch})
    )
    with torch.no_grad():
        for exported, eager in zip(program.module()(*inputs(9)), network(*inputs(9)), strict=True):
            torch.testing.assert_close(exported, eager)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"embed_dim": 100, "n_heads": 8}, "multiple of n_heads"),
        ({"embed_dim": 8, "n_heads": 2}, "at least 12"),
        ({"n_layers": 0}, "at least 1"),
    ],
)
def test_sizes_that_do_not_fit(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(ForgeError, match=message):
        DominoTransformer(**sizes)
