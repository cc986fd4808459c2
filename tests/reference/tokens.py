"""Stage 1 tokens of one state, feature by feature (see `formats.md`)."""

from reference import rules
from reference.game import Deal, trick_so_far
from reference.packing import unpack
from reference.rules import Domino

N_TOKENS = 32
N_FEATURES = 12
NOT_CALLED = 7
FIRST_TRICK_TOKEN = 29


def count_class(domino: Domino) -> int:
    """Return 0, 1 or 2 for 0, 5 or 10 count points."""
    return {0: 0, 5: 1, 10: 2}[rules.count_points(domino)]


def trump_rank(declaration: int, domino: Domino) -> int:
    """Return 0 for the highest called domino, counting down; 7 when it is not called."""
    called = rules.called_order(declaration)
    return called.index(domino) if domino in called else NOT_CALLED


def domino_token(
    declaration: int,
    domino: Domino,
    relative_seat: int,
    in_hand: bool,
    token_type: int,
    relative_leader: int,
) -> list[int]:
    """Return the 12 features of a dealt domino or of a play to the current trick."""
    high, low = domino
    return [
        high,
        low,
        int(rules.is_double(domino)),
        count_class(domino),
        trump_rank(declaration, domino),
        relative_seat,
        int(relative_seat == 0),
        int(relative_seat == 2),
        int(in_hand),
        token_type,
        declaration,
        relative_leader,
    ]


def tokenize(deal: Deal, declaration: int, packed: int) -> tuple[list[list[int]], list[int]]:
    """Return the tokens [32][12] and the mask [32] (1 = real token) of a packed state."""
    state = unpack(packed)
    player = state.seat_to_act
    relative_leader = (state.leader - player) % 4

    tokens = [[0] * N_FEATURES for _ in range(N_TOKENS)]
    mask = [0] * N_TOKENS

    tokens[0][9] = 0
    tokens[0][10] = declaration
    tokens[0][11] = relative_leader
    mask[0] = 1

    for seat in range(4):
        for slot in range(7):
            index = 1 + 7 * seat + slot
            tokens[index] = domino_token(
                declaration,
                deal[seat][slot],
                relative_seat=(seat - player) % 4,
                in_hand=slot in state.hands[seat],
                token_type=1 + seat,
                relative_leader=relative_leader,
            )
            mask[index] = 1

    for position, domino in enumerate(trick_so_far(deal, state)):
        seat = (state.leader + position) % 4
        index = FIRST_TRICK_TOKEN + position
        tokens[index] = domino_token(
            declaration,
            domino,
            relative_seat=(seat - player) % 4,
            in_hand=False,
            token_type=5 + position,
            relative_leader=relative_leader,
        )
        mask[index] = 1

    return tokens, mask
