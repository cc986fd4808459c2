"""The native core (csrc). forge.ops has the same for tensors, with errors that name the cause.

Written by cmake/stub.py; do not edit.
"""

# ruff: noqa: E501, N801

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
N_POLICY_FEATURES: int
N_POLICY_WEIGHTS: int
MAX_POLICY_CONTEXT: int
MAX_POLICY_CANDIDATE: int
POLICY_HIDDEN_1: int
POLICY_HIDDEN_2: int
MAX_POLICY_WEIGHT: int

class DeviceArray:
    """Contiguous memory on a device, as a launch takes it: where it is, its shape and NumPy's name of its type."""
    def __init__(self, address: int, shape: Sequence[int], dtype: str) -> None: ...

class HostPool:
    """Memory of large outputs, kept for the next; at most `keep_bytes` of it."""
    def __init__(self, keep_bytes: int) -> None: ...
    def release(self) -> None:
        """Gives what is kept back to the system."""
    @property
    def kept_bytes(self) -> int:
        """Bytes waiting for a use."""

class PooledBuffer:
    """A buffer that goes back to its pool with its last user."""
    def __init__(self, pool: HostPool, n_bytes: int) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

class TablebaseWork:
    """Scratch of one tablebase, from a pool."""
    def __init__(self, pool: HostPool) -> None: ...

class SearchMemories:
    """A memory for each thread of a call; not for two calls at a time."""
    def __init__(self) -> None: ...

class SearchMemory:
    """What one search learns; the next of the same hand is faster."""
    def __init__(self) -> None: ...
    def search(self, deal: NDArray[np.int8], decl: int, state: int) -> tuple[int | None, ...]:
        """The exact value after each slot, team-0 frame, None where the slot is not legal."""
    def search_at_least(
        self, deal: NDArray[np.int8], decl: int, state: int, target: int
    ) -> tuple[bool | None, ...]:
        """Whether the value after each slot is at least the target, team-0 frame, None where the slot is not legal."""

class Sampler:
    ...
    UNIFORM: Sampler
    MRV: Sampler
    @property
    def value(self) -> int: ...

class DecideSettings:
    """How a decision is made, see decide/settings.h."""
    def __init__(
        self,
        n_worlds: int,
        pool: int,
        rollouts: float,
        uniform: float,
        weigh: bool,
        for_points: bool,
        race: bool,
        window: int,
        prior: float,
    ) -> None: ...
    @property
    def n_worlds(self) -> int:
        """Judged by."""

class OracleWeights:
    """Weights from the last plays, see posterior.h."""
    def __init__(self, window: int, tau: float, mix: float, min_ess_share: float) -> None: ...

class PolicyWeighing:
    """Weights from all plays, by a policy."""
    def __init__(self, pool: int, uniform: float, window: int) -> None: ...

class AdaptiveSampling:
    """Worlds until the error is small."""
    def __init__(
        self,
        min_samples: int,
        max_samples: int,
        batch_size: int,
        sem_threshold: float,
        stop_when_certain: bool,
    ) -> None: ...

class EstimateSettings:
    """How E[Q] is estimated."""
    def __init__(
        self,
        n_samples: int,
        all_up_to: int,
        sampler: Sampler,
        for_chance: bool,
        oracle: OracleWeights | None,
        policy: PolicyWeighing | None,
        adaptive: AdaptiveSampling | None,
    ) -> None: ...

class EstimateRoom:
    """Room for estimates, see decide/estimate_cpu.h."""
    def __init__(
        self,
        mean: NDArray[np.float64],
        variance: NDArray[np.float64],
        shares: NDArray[np.float64],
        chances: NDArray[np.float64],
        n_possible: NDArray[np.int64],
        n_worlds: NDArray[np.int64],
        effective: NDArray[np.float64],
        greatest: NDArray[np.float64],
        converged: NDArray[np.bool_],
    ) -> None: ...

def missing_cpu_feature() -> str:
    """What this processor lacks to run what was compiled, or nothing."""

def build() -> dict[str, Any]:
    """What was compiled: compiler, march, cuda, cuda_version, cuda_archs."""

def rule_tables() -> dict[str, Any]:
    """The rules as lists, see forge.game.tables."""

def trick_winner(decl: int, dominoes: Sequence[int]) -> int:
    """Which of four dominoes in play order wins, 0..3."""

def deals_error(deals: NDArray[np.int8]) -> str:
    """What is wrong with the first deal that is none, or nothing."""

def states_error(states: NDArray[np.int64]) -> str:
    """What is wrong with the first packed state that cannot be, or nothing."""

def positions_error(
    deals: NDArray[np.int8], decls: NDArray[np.int8], states: NDArray[np.int64]
) -> str:
    """The first thing wrong with deals, declarations or states, or nothing."""

def state_error(state: int) -> str:
    """Why a packed state cannot be, or nothing."""

def legal_mask(deal: NDArray[np.int8], decl: int, state: int) -> int:
    """Mask of the slots that the seat to act may play."""

def play_slot(deal: NDArray[np.int8], decl: int, state: int, slot: int) -> tuple[int, int]:
    """The next state, -1 if the slot is not legal, and the points, team-0 frame."""

def reach_states(deal: NDArray[np.int8], decl: int, work: TablebaseWork, n_threads: int) -> int:
    """Marks the states that can be reached, and returns how many there are."""

def emit_states(work: TablebaseWork, states: NDArray[np.int64], n_threads: int) -> None:
    """After `reach_states`: all states, ascending."""

def emit_solution(
    work: TablebaseWork,
    states: NDArray[np.int64],
    values: NDArray[np.int8],
    q: NDArray[np.int8],
    n_threads: int,
) -> None:
    """After `reach_states`: all states, ascending, with V and q in the team-0 frame."""

def backward_induction(
    deal: NDArray[np.int8],
    decl: int,
    states: NDArray[np.int64],
    work: TablebaseWork,
    values: NDArray[np.int8],
    q: NDArray[np.int8],
    n_threads: int,
) -> None:
    """V and q of any states of the deal, team-0 frame."""

def expand_states(
    deal: NDArray[np.int8],
    decl: int,
    states: NDArray[np.int64],
    children: NDArray[np.int64],
    n_threads: int,
) -> None:
    """The state after every slot, -1 where the slot is not legal."""

def verify_tablebase(
    deal: NDArray[np.int8],
    decl: int,
    states: NDArray[np.int64],
    values: NDArray[np.int8],
    q: NDArray[np.int8],
    n_threads: int,
) -> tuple[int, int, str]:
    """Number of faulty rows, the first of them or -1, and what is wrong with it."""

def search(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    states: NDArray[np.int64],
    q: NDArray[np.int8],
    memories: SearchMemories,
    n_threads: int,
) -> None:
    """The exact q of every slot, team-0 frame; -128 where the slot is not legal."""

def search_at_least(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    states: NDArray[np.int64],
    targets: NDArray[np.int8],
    out: NDArray[np.int8],
    memories: SearchMemories,
    n_threads: int,
) -> None:
    """Whether the value after every slot is at least the target, team-0 frame: 1, 0, or -1 where the slot is not legal."""

def search_value(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    states: NDArray[np.int64],
    values: NDArray[np.int8],
    memories: SearchMemories,
    n_threads: int,
) -> None:
    """The exact value-to-go, team-0 frame; 0 where the hand is over."""

def search_made(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    states: NDArray[np.int64],
    targets: NDArray[np.int8],
    made: NDArray[np.int8],
    memories: SearchMemories,
    n_threads: int,
) -> None:
    """Whether the value is at least the target, team-0 frame: 1 or 0."""

def first_bad_constraints(allowed: NDArray[np.int32], sizes: NDArray[np.int8]) -> tuple[int, str]:
    """The first row that is no question and why, or -1."""

def first_without_world(allowed: NDArray[np.int32], sizes: NDArray[np.int8]) -> tuple[int, str]:
    """The first row that no world answers and why, or -1."""

def count_worlds(
    allowed: NDArray[np.int32], sizes: NDArray[np.int8], counts: NDArray[np.int64], n_threads: int
) -> None:
    """How many worlds there are."""

def sample_worlds(
    allowed: NDArray[np.int32],
    sizes: NDArray[np.int8],
    keys: NDArray[np.int64],
    sampler: Sampler,
    worlds: NDArray[np.int32],
    n_threads: int,
) -> None:
    """Random worlds, as many of each row as `worlds` has room for."""

def enumerate_worlds(
    allowed: NDArray[np.int32],
    sizes: NDArray[np.int8],
    start: int,
    worlds: NDArray[np.int32],
    n_threads: int,
) -> None:
    """The worlds from number `start` on."""

def tokenize_states(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    states: NDArray[np.int64],
    tokens: NDArray[np.int8],
    masks: NDArray[np.int8],
    n_threads: int,
) -> None:
    """The Stage 1 input of a network."""

def play(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    states: NDArray[np.int64],
    slots: NDArray[np.int8],
    next: NDArray[np.int64],
    points: NDArray[np.int8],
    n_threads: int,
) -> None:
    """One play of each hand; next is -1 where the slot is not legal. Points in the team-0 frame."""

def mark_legal_slots(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    states: NDArray[np.int64],
    legal: NDArray[np.bool_],
    n_threads: int,
) -> None:
    """Which slots the seat to act may play."""

def first_bad_seen(
    hands: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
) -> tuple[int, str]:
    """The first row that no seat can be looking at and why, or -1."""

def policy_logits(
    hands: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
    weights: NDArray[np.float32],
    logits: NDArray[np.float32],
    n_threads: int,
) -> None:
    """A number for each legal slot, -inf for the others."""

def policy_features(
    hands: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
    context: NDArray[np.int16],
    candidates: NDArray[np.int16],
    n_threads: int,
) -> None:
    """The features of the situation and of each slot, N_POLICY_FEATURES where there is none."""

def decide(
    hands: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
    keys: NDArray[np.int64],
    weights: NDArray[np.float32] | None,
    settings: DecideSettings,
    slots: NDArray[np.int8],
    chances: NDArray[np.float64],
    points: NDArray[np.float64],
    n_worlds: NDArray[np.int64],
    effective: NDArray[np.float64],
    n_threads: int,
) -> int:
    """Chooses a slot of each row; the first row that no hidden hands fit, or -1."""

def estimate(
    hands: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
    keys: NDArray[np.int64],
    weights: NDArray[np.float32] | None,
    settings: EstimateSettings,
    room: EstimateRoom,
    memories: SearchMemories,
    n_threads: int,
) -> int:
    """Values every legal slot of each row; the first row that no hidden hands fit, or -1."""

def hidden_dominoes(
    hands: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
    keys: NDArray[np.int64],
    weights: NDArray[np.float32],
    n_worlds: int,
    uniform: float,
    window: int,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    counts: NDArray[np.int64],
    possible: NDArray[np.int64],
    effective: NDArray[np.float64],
    n_threads: int,
) -> int:
    """Who may hold what, before and after what plays told; the first row that no hidden hands fit, or -1."""

def first_bad_open(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
) -> tuple[int, str]:
    """The first row that is no hand with a play to come and why, or -1."""

def play_out(
    deals: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
    weights: NDArray[np.float32],
    made: NDArray[np.int8],
    n_threads: int,
) -> None:
    """Whether the declarer's side makes it after each slot if everybody plays on by the policy; -1 illegal."""

def world_values(
    hands: NDArray[np.int8],
    decls: NDArray[np.int8],
    plays: NDArray[np.int8],
    needed: NDArray[np.int8],
    worlds: NDArray[np.int32],
    q: NDArray[np.int8],
    memories: SearchMemories,
    n_threads: int,
) -> int:
    """Values every slot of one row in each world; the first world that does not fit, or -1."""

class cuda:
    """Launches on a stream; nothing waits for the device. In builds with CUDA alone."""

    CONTEXT_BYTES: int
    WORLD_TABLE_BYTES: int
    class Stream:
        """A stream of the device, by its address."""
        def __init__(self, address: int) -> None: ...

    @staticmethod
    def work_bytes(with_offsets: bool) -> int:
        """Bytes of scratch of one tablebase."""
    @staticmethod
    def n_states_offset() -> int:
        """Byte offset of the int64 number of states within the scratch."""
    @staticmethod
    def reach_states(work: DeviceArray, deal: DeviceArray, decl: int, stream: cuda.Stream) -> None:
        """Marks the states that can be reached and counts them."""
    @staticmethod
    def emit_states(work: DeviceArray, states: DeviceArray, stream: cuda.Stream) -> None:
        """After `reach_states`: all states, ascending."""
    @staticmethod
    def emit_solution(
        work: DeviceArray,
        states: DeviceArray,
        values: DeviceArray,
        q: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """After `reach_states`: all states, ascending, with V and q in the team-0 frame."""
    @staticmethod
    def backward_induction(
        work: DeviceArray,
        deal: DeviceArray,
        decl: int,
        states: DeviceArray,
        values: DeviceArray,
        q: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """V and q of any states of the deal, team-0 frame."""
    @staticmethod
    def expand_states(
        context: DeviceArray,
        deal: DeviceArray,
        decl: int,
        states: DeviceArray,
        children: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """The state after every slot, -1 where the slot is not legal."""
    @staticmethod
    def search(
        deals: DeviceArray,
        decls: DeviceArray,
        states: DeviceArray,
        targets: DeviceArray | None,
        out: DeviceArray,
        slots_per_item: int,
        queue: DeviceArray,
        entries: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """About every slot (out [*, 7]) or about the position (out [*, 1]): the exact value, or with targets whether it is at least the target. A lane for each row of entries."""
    @staticmethod
    def tokenize_states(
        deals: DeviceArray,
        decls: DeviceArray,
        states: DeviceArray,
        tokens: DeviceArray,
        masks: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """The Stage 1 input of a network."""
    @staticmethod
    def play(
        deals: DeviceArray,
        decls: DeviceArray,
        states: DeviceArray,
        slots: DeviceArray,
        next: DeviceArray,
        points: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """One play of each hand; next is -1 where the slot is not legal. Points in the team-0 frame."""
    @staticmethod
    def policy_logits(
        hands: DeviceArray,
        decls: DeviceArray,
        plays: DeviceArray,
        needed: DeviceArray,
        weights: DeviceArray,
        logits: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """A number for each legal slot, -inf for the others; nan where nothing can be seen so."""
    @staticmethod
    def mark_legal_slots(
        deals: DeviceArray,
        decls: DeviceArray,
        states: DeviceArray,
        legal: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """Which slots the seat to act may play."""
    @staticmethod
    def count_worlds(
        allowed: DeviceArray, sizes: DeviceArray, counts: DeviceArray, stream: cuda.Stream
    ) -> None:
        """How many worlds there are."""
    @staticmethod
    def sample_uniform(
        allowed: DeviceArray,
        sizes: DeviceArray,
        keys: DeviceArray,
        tables: DeviceArray,
        worlds: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """Random worlds, all equally likely, as many of each row as `worlds` has room for."""
    @staticmethod
    def sample_mrv(
        allowed: DeviceArray,
        sizes: DeviceArray,
        keys: DeviceArray,
        worlds: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """Random worlds, the most constrained domino first, as many of each row as `worlds` has room for."""
    @staticmethod
    def enumerate_worlds(
        allowed: DeviceArray,
        sizes: DeviceArray,
        start: int,
        table: DeviceArray,
        worlds: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """The worlds from number `start` on."""
    @staticmethod
    def decide_work_bytes(n_rows: int, settings: DecideSettings, has_policy: bool) -> int:
        """Bytes of scratch for so many decisions at a time."""
    @staticmethod
    def decide(
        hands: DeviceArray,
        decls: DeviceArray,
        plays: DeviceArray,
        needed: DeviceArray,
        keys: DeviceArray,
        weights: DeviceArray | None,
        settings: DecideSettings,
        slots: DeviceArray,
        chances: DeviceArray,
        points: DeviceArray,
        n_worlds: DeviceArray,
        effective: DeviceArray,
        work: DeviceArray,
        n_rows: int,
        entries: DeviceArray,
        epochs: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """Chooses a slot of each row, -1 where nothing can be seen so or no hidden hands fit. Entries and epochs are zero; a lane for each row of them."""
    @staticmethod
    def estimate_work_bytes(n_rows: int, settings: EstimateSettings) -> int:
        """Bytes of scratch for so many estimates at a time."""
    @staticmethod
    def estimate(
        hands: DeviceArray,
        decls: DeviceArray,
        plays: DeviceArray,
        needed: DeviceArray,
        keys: DeviceArray,
        weights: DeviceArray | None,
        settings: EstimateSettings,
        mean: DeviceArray,
        variance: DeviceArray,
        shares: DeviceArray,
        chances: DeviceArray,
        n_possible: DeviceArray,
        n_worlds: DeviceArray,
        effective: DeviceArray,
        greatest: DeviceArray,
        converged: DeviceArray,
        work: DeviceArray,
        n_rows: int,
        entries: DeviceArray,
        epochs: DeviceArray,
        stream: cuda.Stream,
    ) -> None:
        """Values every legal slot of each row in its worlds; n_possible 0 where nothing can be seen so or no hidden hands fit. Entries and epochs are zero; a lane for each row of them."""
