"""Tokens of transcripts and positions, and what PyTorch's networks say of them."""

from __future__ import annotations

import base64
import hashlib
import random
from typing import Any, Final

import torch
from torch import Tensor

from forge import ops
from forge.advice.seat_view import SeatView
from forge.game.contract import Bid
from forge.game.deal import Deal
from forge.learn.weights import load_weights
from forge.ml.module import DominoLightningModule
from forge.models import catalog
from forge.oracle.position import Position
from forge.play.games import Games
from forge.play.transcript import transcript_tokens
from forge.stage2.module import EqLightningModule
from support.page.table import view_json

Json = dict[str, Any]

N_TRANSCRIPTS: Final = 1000
N_SHOWN: Final = 60
N_POSITIONS: Final = 200
STAGE_1: Final = "domino-qval"
STAGE_2: Final = "domino-eq-seat"


def models() -> Json:
    """All of it; outputs to the fourth digit behind the point."""
    views, games = transcripts(N_TRANSCRIPTS)
    tokens = torch.cat([transcript_tokens(each)[0] for each in games])
    module = load_weights(catalog.resolve(STAGE_2), EqLightningModule)
    with torch.inference_mode():
        prediction, logits = module.model.with_logits(tokens)
    assert logits is not None
    return {
        "sha256": hashlib.sha256(tokens.numpy().tobytes()).hexdigest(),
        "transcripts": [_pairs(view) for view in views],
        "tokens": [_base64(row) for row in tokens[:N_SHOWN]],
        "mean": _rounded(prediction.mean),
        "logits": _rounded(logits),
        "positions": _positions(),
    }


def transcripts(n: int) -> tuple[list[SeatView], list[Games]]:
    """Decisions of random play, a game for each."""
    views, games = [], []
    for number in range(n):
        rng = random.Random(f"transcript {number}")
        deal, decl, n_plays = Deal.random(rng), number % 10, rng.randrange(28)
        position, game = Position(deal, decl), Games.start([deal], [decl])
        for _ in range(n_plays):
            slot = rng.choice(position.legal_slots())
            position, game = position.play(slot), game.play(torch.tensor([slot]))
        me = position.seat_to_act
        views.append(SeatView(deal.hands[me], decl, -me % 4, position.plays, Bid.of(30)))
        games.append(game)
    return views, games


def _pairs(view: SeatView) -> list[Any]:
    """Hand, declaration, place of the declarer, plays."""
    value = view_json(view)
    return [value["hand"], value["decl"], value["declarer"], value["plays"]]


def _positions() -> Json:
    """Stage 1: hands open."""
    deals, decls, states = [], [], []
    for number in range(N_POSITIONS):
        rng = random.Random(f"position {number}")
        position = Position(Deal.random(rng), number % 10)
        for _ in range(rng.randrange(28)):
            position = position.play(rng.choice(position.legal_slots()))
        deals.append(position.deal.tensor)
        decls.append(position.decl)
        states.append(position.state)
    where = torch.stack(deals), torch.tensor(decls, dtype=torch.int8), torch.tensor(states)
    tokens, masks = ops.tokenize_states(*where)
    module = load_weights(catalog.resolve(STAGE_1), DominoLightningModule)
    players = torch.tensor([(state >> 28 & 3) + (state >> 30 & 3) & 3 for state in states])
    with torch.inference_mode():
        scores, _ = module(tokens, masks, players)
    return {
        "deals": torch.stack(deals).flatten(1).tolist(),
        "decls": decls,
        "states": list(map(str, states)),
        "q": _rounded(scores),
    }


def _rounded(values: Tensor) -> list[list[float]]:
    return [[round(value, 4) for value in row] for row in values.tolist()]


def _base64(row: Tensor) -> str:
    return base64.b64encode(row.numpy().tobytes()).decode()
