"""The operators, as functions of this module and as ``torch.ops.forge.*``.

`functions` says what each does, `schemas` is their contract; `cpu` and `cuda` register the kernels.
"""

from forge.ops import cpu as cpu
from forge.ops import cuda as cuda
from forge.ops.cpu import count_states, verify_tablebase
from forge.ops.cpu_hidden import HiddenDominoes, hidden_dominoes
from forge.ops.cpu_play_out import play_out
from forge.ops.cpu_policy import policy_features
from forge.ops.cpu_world_values import world_values
from forge.ops.decision_estimates import (
    AdaptiveSampling,
    DecisionEstimates,
    OracleWeights,
    PolicyWeights,
    estimate_decisions,
    refused_on_a_device,
)
from forge.ops.decisions import decide
from forge.ops.device import resolve_device
from forge.ops.functions import (
    backward_induction,
    count_worlds,
    enumerate_states,
    enumerate_worlds,
    expand_states,
    legal_slots,
    play,
    policy_logits,
    sample_worlds,
    search,
    search_at_least,
    search_made,
    search_value,
    solve,
    tokenize_states,
)
from forge.ops.memory import release_memory
from forge.ops.policy_schemas import SeatDecisions

__all__ = [
    "AdaptiveSampling",
    "DecisionEstimates",
    "HiddenDominoes",
    "OracleWeights",
    "PolicyWeights",
    "SeatDecisions",
    "backward_induction",
    "count_states",
    "count_worlds",
    "decide",
    "enumerate_states",
    "enumerate_worlds",
    "estimate_decisions",
    "expand_states",
    "hidden_dominoes",
    "legal_slots",
    "play",
    "play_out",
    "policy_features",
    "policy_logits",
    "refused_on_a_device",
    "release_memory",
    "resolve_device",
    "sample_worlds",
    "search",
    "search_at_least",
    "search_made",
    "search_value",
    "solve",
    "tokenize_states",
    "verify_tablebase",
    "world_values",
]
