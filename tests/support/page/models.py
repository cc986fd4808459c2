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
from forge.game.constants import N_PLAYS, N_SLOTS
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

N_GAMES: Final = 36  # 1,008 decisions
SHOWN: Final = slice(0, None, 17)
N_POSITIONS: Final = 200
STAGE_1: Final = "domino-qval"
STAGE_2: Final = "domino-eq-seat"


def models() -> Json:
    """All of it; outputs to the fourth digit behind the point."""
    views, tokens = transcripts()
    module = load_weights(catalog.resolve(STAGE_2), EqLightningModule)
    with torch.inference_mode():
        prediction, logits = module.model.with_logits(tokens)
    assert logits is not None
    return {
        "sha256": hashlib.sha256(tokens.numpy().tobytes()).hexdigest(),
        "transcripts": [_pairs(view) for view in views],
        "tokens": [_base64(row) for row in tokens[SHOWN]],
        "mean": _rounded(prediction.mean),
        "logits": _rounded(logits),
        "positions": _positions(),
    }


def transcripts() -> tuple[list[SeatView], Tensor]:
    """Every decision of some games of random play, and its tokens int8 [N, 36, 8]."""
    rng = random.Random("transcripts")
    deals, decls = [Deal.random(rng) for _ in range(N_GAMES)], [i % 10 for i in range(N_GAMES)]
    games, views, tokens = Games.start(deals, decls), [], []
    for _ in range(N_PLAYS):
        tokens.append(transcript_tokens(games)[0])
        legal, slots = games.legal.tolist(), []
        for row, deal in enumerate(deals):
            me = int(games.players[row])
            plays = tuple(games.plays[row].tolist())
            views.append(SeatView(deal.hands[me], decls[row], -me % 4, plays, Bid.of(30)))
            slots.append(rng.choice([slot for slot in range(N_SLOTS) if legal[row][slot]]))
        games = games.play(torch.tensor(slots))
    return views, torch.cat(tokens)


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
