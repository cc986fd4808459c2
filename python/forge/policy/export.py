"""What an export must know of the policy of a seat."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from forge import ops
from forge.game.constants import N_DECLARATIONS, N_PLAYS, N_SLOTS
from forge.game.contract import BIDS
from forge.game.deal import Deal
from forge.learn.batches import Batch
from forge.learn.onnx.exportable import Exportable, ExportTexts
from forge.learn.onnx.graph import Graph, Port
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.random_play import random_slots
from forge.play.seen import needed_by, seen_by
from forge.policy.numbers import (
    HIDDEN_1,
    HIDDEN_2,
    N_POLICY_FEATURES,
    N_WEIGHTS,
    VERSION,
    PolicyNumbers,
    load_policy,
)
from forge.policy.sparse_network import NO_FEATURE

_PURPOSE: Final = 0


class DensePolicy(nn.Module):
    """The policy network without a shape that depends on what may be played.

    Args:
        policy: its numbers.
    """

    def __init__(self, policy: PolicyNumbers) -> None:
        super().__init__()
        parts = policy.parts()
        self.embeddings = nn.Embedding(N_POLICY_FEATURES + 1, HIDDEN_1)
        self.bias_1 = nn.Parameter(parts["bias_1"])
        self.layer_2 = nn.Linear(HIDDEN_1, HIDDEN_2)
        self.layer_3 = nn.Linear(HIDDEN_2, 1, bias=False)
        with torch.no_grad():
            self.embeddings.weight[:NO_FEATURE] = parts["embeddings"]
            self.embeddings.weight[NO_FEATURE] = 0
            self.layer_2.weight.copy_(parts["layer_2"].T)
            self.layer_2.bias.copy_(parts["bias_2"])
            self.layer_3.weight.copy_(parts["layer_3"][None])

    def forward(self, context: Tensor, candidates: Tensor) -> tuple[Tensor]:
        """Logits float32 [B, 7], -inf where illegal; arguments as `PolicyNetwork`."""
        legal = candidates[:, :, 0] != NO_FEATURE
        of_context = self.embeddings(context.int()).sum(dim=1) + self.bias_1
        of_slots = self.embeddings(candidates.int()).sum(dim=2)
        hidden = torch.relu(of_context[:, None] + of_slots)
        logits: Tensor = self.layer_3(torch.relu(self.layer_2(hidden)))[:, :, 0]
        # A logarithm is -inf in half precision too, where a constant would be the least number.
        return (logits + legal.float().log(),)


def policy_graph(policy: PolicyNumbers) -> Graph:
    """The graph of a policy.

    Inputs `context` int16 [batch, 56] and `candidates` int16 [batch, 7, 12], as
    `forge.ops.policy_features` gives them; output `logits` float32 [batch, 7], -inf where illegal.
    """
    logits = Port(
        "logits",
        torch.float32,
        (N_SLOTS,),
        "by slot of the dealt hand, -inf where it may not be played; softmax gives probabilities",
    )
    properties = {"mode": "policy", "frame": "acting team", "features": str(N_POLICY_FEATURES)}
    return Graph(DensePolicy(policy).eval(), _INPUTS, (logits,), properties)


def _ports() -> tuple[Port, ...]:
    """The inputs, by the shapes that the native core gives."""
    none = torch.empty((0, N_SLOTS), dtype=torch.int8)
    few = torch.empty(0, dtype=torch.int8)
    plays = torch.empty((0, N_PLAYS), dtype=torch.int8)
    context, candidates = ops.policy_features(none, few, plays, few)
    what = f"numbers of features 0..{N_POLICY_FEATURES - 1}, in any order"
    return (
        Port(
            "context",
            context.dtype,
            tuple(context.shape[1:]),
            f"of the situation: {what}, then {NO_FEATURE}",
        ),
        Port(
            "candidates",
            candidates.dtype,
            tuple(candidates.shape[1:]),
            f"of each slot that may be played: {what}, then {NO_FEATURE}; else {NO_FEATURE} alone",
        ),
    )


_INPUTS: Final = _ports()


class RandomDecisions:
    """What seats see in games of random play, each with its declaration and bid.

    Rows have `context` and `candidates` (see `forge.ops.policy_features`) and `legal` bool [N, 7].

    Args:
        n: how many are wanted; there are a few more.
    """

    def __init__(self, n: int) -> None:
        seeds = torch.arange(-(-n // N_PLAYS))
        deals = [Deal.from_seed(seed) for seed in seeds.tolist()]
        games = Games.start(deals, (seeds % N_DECLARATIONS).tolist())
        # Another bid each time that all declarations had their turn.
        bids = [BIDS[seed // N_DECLARATIONS % len(BIDS)] for seed in seeds.tolist()]
        needed = needed_by(bids, len(games))
        parts = []
        for n_plays in range(N_PLAYS):
            features = ops.policy_features(*seen_by(games, needed))
            parts.append((*features, games.legal))
            games = games.play(random_slots(games, decision_keys(seeds, n_plays, _PURPOSE)))
        context, candidates, legal = (torch.cat(each) for each in zip(*parts, strict=True))
        self.columns: Batch = {"context": context, "candidates": candidates, "legal": legal}
        self.source = f"games of random play, seeds 0-{len(seeds) - 1}, all declarations and bids"

    def __len__(self) -> int:
        return len(self.columns["legal"])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        rows = torch.as_tensor(indices)
        return {name: column[rows] for name, column in self.columns.items()}


def load_policy_exportable(path: Path) -> Exportable:
    """A policy to export, from its file; errors as `load_policy`."""
    policy = load_policy(path)
    shape = {
        "format": VERSION,
        "features": N_POLICY_FEATURES,
        "hidden_1": HIDDEN_1,
        "hidden_2": HIDDEN_2,
    }
    return Exportable(
        mode="policy",
        stage=None,
        hyper_parameters=shape,
        n_params=N_WEIGHTS,
        graph=policy_graph(policy),
        figures=lambda outputs, batch: {},
        texts=_TEXTS,
        # Nearly all of it is embeddings, which int8 leaves alone.
        variants=("fp32", "fp16"),
    )


_TEXTS: Final = ExportTexts(
    kind="The policy of a seat in Texas 42",
    inputs="They are sparse features of what the seat may see, "
    "as `forge.ops.policy_features` makes them.",
    rows="decisions",
    units="in logits.",
    unit="logits",
    python="""\
import numpy as np
import onnxruntime

from forge import Deal, ops
from forge.game.contract import Bid
from forge.play.games import Games
from forge.play.seen import needed_by, seen_by

games = Games.start([Deal.from_seed(0)], [6])  # sixes, before the first lead
seen = seen_by(games, needed_by(Bid.of(30), len(games)))
context, candidates = ops.policy_features(*seen)  # int16 [1, 56] and [1, 7, 12]

session = onnxruntime.InferenceSession("FILE")
feed = {"context": context.numpy(), "candidates": candidates.numpy()}
(logits,) = session.run(None, feed)
best_slot = logits.argmax(axis=1)
""",
    javascript="""\
import * as ort from "onnxruntime-web";

// context: Int16Array of n * 56, candidates: Int16Array of n * 7 * 12
const session = await ort.InferenceSession.create("FILE");
const { logits } = await session.run({
  context: new ort.Tensor("int16", context, [n, 56]),
  candidates: new ort.Tensor("int16", candidates, [n, 7, 12]),
});
const bestSlots = Array.from({ length: n }, (_, i) => {
  const row = logits.data.slice(7 * i, 7 * i + 7);
  return row.indexOf(Math.max(...row));
});
""",
)
