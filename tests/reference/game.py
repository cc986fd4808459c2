"""Legal slots, one play, reachable states and random positions of a dealt hand."""

import random

from reference import rules
from reference.packing import INITIAL, State, pack, unpack
from reference.rules import Domino

Deal = tuple[tuple[Domino, ...], ...]
"""Four hands of seven dominoes, each in slot order."""


def trick_so_far(deal: Deal, state: State) -> list[Domino]:
    """Return the dominoes of the current trick in play order."""
    return [deal[(state.leader + position) % 4][slot] for position, slot in enumerate(state.plays)]


def legal_slots(deal: Deal, declaration: int, packed: int) -> list[int]:
    """Return the slots that the seat to act may play, ascending; none at the end of the hand."""
    state = unpack(packed)
    seat = state.seat_to_act
    trick = trick_so_far(deal, state)
    hand = [deal[seat][slot] for slot in state.hands[seat]]
    legal = rules.legal_dominoes(declaration, hand, trick[0] if trick else None)
    return [slot for slot in state.hands[seat] if deal[seat][slot] in legal]


def play(deal: Deal, declaration: int, packed: int, slot: int) -> tuple[int, int]:
    """Play a slot of the seat to act.

    Returns the next packed state, and the points of the trick if this play completes it
    (team-0 frame: positive when team 0 wins it), else 0.
    """
    if slot not in legal_slots(deal, declaration, packed):
        raise ValueError(f"slot {slot} is not legal in state {packed}")
    state = unpack(packed)
    seat = state.seat_to_act
    hands = list(state.hands)
    hands[seat] = tuple(other for other in hands[seat] if other != slot)
    after = State(hands=tuple(hands), leader=state.leader, plays=(*state.plays, slot))
    if len(after.plays) < 4:
        return pack(after), 0

    trick = trick_so_far(deal, after)
    winner = (state.leader + rules.trick_winner(declaration, trick)) % 4
    points = rules.trick_points(trick)
    next_trick = State(hands=tuple(hands), leader=winner, plays=())
    return pack(next_trick), points if rules.team(winner) == 0 else -points


def children(deal: Deal, declaration: int, packed: int) -> dict[int, int]:
    """Return the next packed state after every legal slot."""
    return {
        slot: play(deal, declaration, packed, slot)[0]
        for slot in legal_slots(deal, declaration, packed)
    }


def reachable_states(deal: Deal, declaration: int, start: int) -> list[int]:
    """Return ``start`` and every packed state that can follow from it, ascending."""
    seen = {start}
    unexplored = [start]
    while unexplored:
        for child in children(deal, declaration, unexplored.pop()).values():
            if child not in seen:
                seen.add(child)
                unexplored.append(child)
    return sorted(seen)


def random_line(deal: Deal, declaration: int, rng: random.Random) -> list[int]:
    """Return the 29 packed states of a whole hand of random legal plays, the first lead first."""
    line = [pack(INITIAL)]
    while slots := legal_slots(deal, declaration, line[-1]):
        line.append(play(deal, declaration, line[-1], rng.choice(slots))[0])
    return line


def random_position(deal: Deal, declaration: int, n_plays: int, rng: random.Random) -> int:
    """Return the packed state after ``n_plays`` (0..28) random legal plays from the first lead."""
    return random_line(deal, declaration, rng)[n_plays]
