"""Stage 1 tokens, against the reference that writes them feature by feature."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import forge.ops  # noqa: F401  (registers the ops)
from reference import deals, packing, rules, tokens
from reference.strategies import Position, lines, positions


def tokenize(
    deal_ids: list[list[list[int]]], declarations: list[int], states: list[int]
) -> tuple[list[list[list[int]]], list[list[int]]]:
    """Return the tokens [N][32][12] and masks [N][32] that the package writes."""
    blocks, masks = torch.ops.forge.tokenize_states(
        torch.tensor(deal_ids, dtype=torch.int8).reshape(len(deal_ids), 4, 7),
        torch.tensor(declarations, dtype=torch.int8),
        torch.tensor(states, dtype=torch.int64),
    )
    assert blocks.dtype == masks.dtype == torch.int8
    assert blocks.shape == (len(states), tokens.N_TOKENS, tokens.N_FEATURES)
    assert masks.shape == (len(states), tokens.N_TOKENS)
    return blocks.tolist(), masks.tolist()


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_one_deal_and_declaration_for_the_batch(declaration: int, data: st.DataObject) -> None:
    line = data.draw(lines(declaration))
    deal = line[0].deal
    states = [position.packed for position in line]
    blocks, masks = tokenize([deals.ids(deal)], [declaration], states)
    for packed, block, mask in zip(states, blocks, masks, strict=True):
        assert (block, mask) == tokens.tokenize(deal, declaration, packed)


@given(batch=st.lists(positions(), max_size=10))
def test_different_hands_in_one_batch(batch: list[Position]) -> None:
    blocks, masks = tokenize(
        [deals.ids(position.deal) for position in batch],
        [position.declaration for position in batch],
        [position.packed for position in batch],
    )
    for position, block, mask in zip(batch, blocks, masks, strict=True):
        assert (block, mask) == tokens.tokenize(*position)


def test_one_deal_under_all_declarations() -> None:
    deal = deals.from_seed(3)
    first = packing.pack(packing.INITIAL)
    blocks, masks = tokenize([deals.ids(deal)], list(rules.DECLARATIONS), [first] * 10)
    for declaration, block, mask in zip(rules.DECLARATIONS, blocks, masks, strict=True):
        assert (block, mask) == tokens.tokenize(deal, declaration, first)


def test_different_deals_under_one_declaration() -> None:
    first = packing.pack(packing.INITIAL)
    dealt = [deals.from_seed(seed) for seed in range(8)]
    blocks, masks = tokenize([deals.ids(deal) for deal in dealt], [4], [first] * 8)
    for deal, block, mask in zip(dealt, blocks, masks, strict=True):
        assert (block, mask) == tokens.tokenize(deal, 4, first)
