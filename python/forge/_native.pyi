"""The native core (csrc/bindings). Addresses are torch's data_ptr(); forge.ops has the meaning."""

from collections.abc import Sequence
from typing import Any

N_SEATS: int
N_SLOTS: int
N_DOMINOES: int
N_PIPS: int
N_TRICKS: int
N_PLAYS: int
HAND_POINTS: int
N_DECLARATIONS: int
CALLED_SUIT: int
INITIAL_STATE: int
NO_SLOT: int
ILLEGAL: int
N_HIDDEN: int
N_TOKENS: int
N_FEATURES: int
N_ROWS: int
N_COUNTS: int
N_VALUES: int
SAMPLER_UNIFORM: int
SAMPLER_MRV: int
cuda: Any  # a submodule of CUDA builds

class HostPool:
    def __init__(self, keep_bytes: int) -> None: ...
    def release(self) -> None: ...
    @property
    def kept_bytes(self) -> int: ...

class PooledBuffer:
    def __init__(self, pool: HostPool, n_bytes: int) -> None: ...
    def __buffer__(self, flags: int) -> memoryview: ...

class SearchMemories:
    def __init__(self) -> None: ...

class SearchMemory:
    def __init__(self) -> None: ...
    def search(self, deal: int, decl: int, state: int, q: int) -> None: ...
    def search_at_least(self, deal: int, decl: int, state: int, target: int, out: int) -> None: ...

def build() -> dict[str, Any]: ...
def missing_cpu_feature() -> str: ...
def rule_tables() -> dict[str, list[Any]]: ...
def trick_winner(decl: int, dominoes: Sequence[int]) -> int: ...
def first_bad_deal(deals: int, n: int) -> int: ...
def first_bad_state(states: int, n: int) -> tuple[int, str]: ...
def state_error(state: int) -> str: ...
def legal_slots(deal: int, decl: int, state: int) -> int: ...
def play_slot(deal: int, decl: int, state: int, slot: int) -> tuple[int, int]: ...
def reach_states(deal: int, decl: int, rows: int, counts: int, n_threads: int) -> int: ...
def emit_states(
    deal: int,
    decl: int,
    rows: int,
    counts: int,
    level_values: int,
    states: int,
    values: int,
    q: int,
    n_threads: int,
) -> None: ...
def backward_induction(
    deal: int,
    decl: int,
    states: int,
    n: int,
    rows: int,
    counts: int,
    level_values: int,
    values: int,
    q: int,
    n_threads: int,
) -> None: ...
def expand_states(
    deal: int, decl: int, states: int, n: int, children: int, n_threads: int
) -> None: ...
def verify_tablebase(
    deal: int,
    decl: int,
    states: int,
    values: int,
    q: int,
    n: int,
    has_parent: int,
    n_threads: int,
) -> tuple[int, int, str]: ...
def search(
    deals: int,
    deal_stride: int,
    decls: int,
    decl_stride: int,
    states: int,
    n: int,
    q: int,
    memories: SearchMemories,
    n_threads: int,
) -> None: ...
def search_at_least(
    deals: int,
    deal_stride: int,
    decls: int,
    decl_stride: int,
    states: int,
    targets: int,
    target_stride: int,
    n: int,
    out: int,
    memories: SearchMemories,
    n_threads: int,
) -> None: ...
def tokenize_states(
    deals: int,
    deal_stride: int,
    decls: int,
    decl_stride: int,
    states: int,
    n: int,
    tokens: int,
    masks: int,
    n_threads: int,
) -> None: ...
def play(
    deals: int,
    deal_stride: int,
    decls: int,
    decl_stride: int,
    states: int,
    slots: int,
    n: int,
    next: int,
    points: int,
    n_threads: int,
) -> None: ...
def mark_legal_slots(
    deals: int,
    deal_stride: int,
    decls: int,
    decl_stride: int,
    states: int,
    n: int,
    legal: int,
    n_threads: int,
) -> None: ...
def search_value(
    deals: int,
    deal_stride: int,
    decls: int,
    decl_stride: int,
    states: int,
    n: int,
    values: int,
    memories: SearchMemories,
    n_threads: int,
) -> None: ...
def search_made(
    deals: int,
    deal_stride: int,
    decls: int,
    decl_stride: int,
    states: int,
    targets: int,
    target_stride: int,
    n: int,
    made: int,
    memories: SearchMemories,
    n_threads: int,
) -> None: ...
def first_bad_constraints(allowed: int, sizes: int, n: int) -> tuple[int, str]: ...
def first_without_world(allowed: int, sizes: int, n: int) -> tuple[int, str]: ...
def count_worlds(allowed: int, sizes: int, n: int, counts: int, n_threads: int) -> None: ...
def sample_worlds(
    allowed: int,
    sizes: int,
    keys: int,
    n: int,
    n_samples: int,
    sampler: int,
    worlds: int,
    n_threads: int,
) -> None: ...
def enumerate_worlds(
    allowed: int, sizes: int, start: int, n: int, worlds: int, n_threads: int
) -> None: ...
