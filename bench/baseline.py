"""The generic way to solve a hand, in plain torch: what the native solver is measured against.

Breadth-first over packed states, one level for each play of the hand: expand a level,
`torch.unique` the children into the next level, and look every child up with `torch.searchsorted`;
then backward induction over the same edges. It knows nothing of the structure of a trick. It shares
no code with `forge`; packed states and values are those of the project's formats.

    python bench/baseline.py --seed 1 --decl 1 --check tests/golden/oracle.jsonl
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

N_PLAYS = 28
ILLEGAL = -128
INITIAL_STATE = (1 << 28) - 1 | 0o777 << 32
LEADER_SHIFT = 28
N_PLAYS_SHIFT = 30
SLOTS_SHIFT = 32
HAND_BITS = (1 << 28) - 1


class Solution(NamedTuple):
    """All reachable states of one hand and their exact values (team-0 frame)."""

    states: Tensor
    """int64 [N], packed states, ascending."""
    V: Tensor
    """int8 [N], points still to be won by team 0 minus those by team 1."""
    q: Tensor
    """int8 [N, 7], the value after each slot; -128 = illegal or missing."""


def deal_of_seed(seed: int) -> Tensor:
    """Return the deal of a seed: int8 [4, 7], domino ids in slot order."""
    ids = list(range(28))
    random.Random(seed).shuffle(ids)
    return torch.tensor([sorted(ids[7 * seat : 7 * seat + 7]) for seat in range(4)]).to(torch.int8)


# --- the rules as tables over one deal ---------------------------------------------------------


def pips(domino: int) -> tuple[int, int]:
    """Return (high, low) of a domino id."""
    high = next(pip for pip in range(7) if domino < (pip + 1) * (pip + 2) // 2)
    return high, domino - high * (high + 1) // 2


def is_called(decl: int, domino: int) -> bool:
    """Say whether a domino is in the called suit."""
    high, low = pips(domino)
    return decl in (high, low) if decl < 7 else decl < 9 and high == low


def follows(decl: int, led: int, domino: int) -> bool:
    """Say whether ``domino`` can follow the suit that ``led`` opens."""
    if is_called(decl, led) or is_called(decl, domino):
        return is_called(decl, led) and is_called(decl, domino)
    return pips(led)[0] in pips(domino)


def strength(decl: int, led: int, domino: int) -> int:
    """Return how high ``domino`` ranks in a trick that ``led`` opens; 0 = it cannot win."""
    high, low = pips(domino)
    trumps = is_called(decl, domino) and decl < 8
    if not trumps and not follows(decl, led, domino):
        return 0
    by_pip = decl in (7, 8) and is_called(decl, domino)
    rank = high if by_pip else (20 if high == low else high + low)
    return 1 + rank + (50 if trumps else 0)


def count_points(domino: int) -> int:
    """Return the count points of a domino."""
    return {(5, 5): 10, (6, 4): 10, (5, 0): 5, (4, 1): 5, (3, 2): 5}.get(pips(domino), 0)


@dataclass(frozen=True)
class HandTables:
    """What the expansion looks up, for one deal and declaration."""

    follow_masks: Tensor
    """int64 [4 leaders * 8 slots * 4 seats], slots that follow that lead (domino of the leader)."""
    next_leader: Tensor
    """int64 [4 leaders * 8^4 slots], who wins the complete trick, shifted to the leader's bits."""
    points: Tensor
    """int8 [4 leaders * 8^4 slots], points of the complete trick, team-0 frame."""

    @staticmethod
    def build(deal: Tensor, decl: int) -> HandTables:
        """Tabulate all leads and all 4 * 7^4 tricks of a deal (int8 [4, 7])."""
        ids = deal.tolist()
        follow_masks = torch.zeros(4, 8, 4, dtype=torch.int64)
        next_leader = torch.zeros(4, 8, 8, 8, 8, dtype=torch.int64)
        points = torch.zeros(4, 8, 8, 8, 8, dtype=torch.int8)
        counts = torch.tensor([[count_points(domino) for domino in hand] for hand in ids])
        for leader in range(4):
            order = [(leader + k) % 4 for k in range(4)]
            # worth[a, b, c, d]: the trick of slot a of the leader, slot b of the next seat, ...
            worth = torch.ones(7, 7, 7, 7, dtype=torch.int64)
            for k, seat in enumerate(order):
                worth += counts[seat].view([7 if axis == k else 1 for axis in range(4)])
            for led_slot, led in enumerate(ids[leader]):
                for seat in range(4):
                    follow_masks[leader, led_slot, seat] = sum(
                        1 << slot for slot in range(7) if follows(decl, led, ids[seat][slot])
                    )
                ranks = [torch.tensor([strength(decl, led, x) for x in ids[s]]) for s in order[1:]]
                lead = torch.full((7, 7, 7), strength(decl, led, led))
                best = torch.stack(
                    [
                        lead,
                        ranks[0].view(7, 1, 1).expand(7, 7, 7),
                        ranks[1].view(1, 7, 1).expand(7, 7, 7),
                        ranks[2].view(1, 1, 7).expand(7, 7, 7),
                    ]
                ).argmax(0)
                winner = (leader + best) % 4
                sign = 1 - 2 * (winner & 1)
                next_leader[leader, led_slot, :7, :7, :7] = winner << LEADER_SHIFT
                points[leader, led_slot, :7, :7, :7] = (sign * worth[led_slot]).to(torch.int8)
        return HandTables(follow_masks.flatten(), next_leader.flatten(), points.flatten())


# --- one level ---------------------------------------------------------------------------------


class Edges(NamedTuple):
    """The plays of one slot number out of one level."""

    parents: Tensor
    """int32 [E], row in the level."""
    children: Tensor
    """int32 [E], row in the next level."""
    points: Tensor | None
    """int8 [E], points of the trick that the play completes (team-0 frame); None inside a trick."""


def legal_masks(states: Tensor, seat: Tensor, n_played: int, tables: HandTables) -> Tensor:
    """Return the legal slots of the seat to act as masks, int64 [N]."""
    hand = (states >> (7 * seat)) & 127
    if n_played == 0:
        return hand
    leader = (states >> LEADER_SHIFT) & 3
    led_slot = (states >> SLOTS_SHIFT) & 7
    following = hand & tables.follow_masks[(leader * 8 + led_slot) * 4 + seat]
    return torch.where(following != 0, following, hand)


def seats_to_act(states: Tensor, n_played: int) -> Tensor:
    """Return the seat to act, int64 [N], where every state has ``n_played`` plays in its trick."""
    return ((states >> LEADER_SHIFT) + n_played) & 3


def expand_slot(
    states: Tensor, seat: Tensor, slot: int, n_played: int, tables: HandTables
) -> tuple[Tensor, Tensor | None]:
    """Play one slot in every state (where it must be legal): children and trick points."""
    after = states ^ ((1 << slot) << (7 * seat))
    if n_played < 3:
        # The play's field holds 7 (no play yet), so adding slot - 7 writes the slot.
        return after + ((1 << N_PLAYS_SHIFT) + ((slot - 7) << (SLOTS_SHIFT + 3 * n_played))), None
    leader = (states >> LEADER_SHIFT) & 3
    trick = leader << 12
    for k in range(3):
        trick |= ((states >> (SLOTS_SHIFT + 3 * k)) & 7) << (9 - 3 * k)
    trick |= slot
    children = (after & HAND_BITS) | tables.next_leader[trick] | (0o777 << SLOTS_SHIFT)
    return children, tables.points[trick]


def expand_level(
    states: Tensor, level: int, tables: HandTables
) -> tuple[Tensor, list[Edges | None]]:
    """Expand a level (int64 [N] ascending): the next level, ascending, and the edges by slot."""
    n_played = level % 4
    seat = seats_to_act(states, n_played)
    legal = legal_masks(states, seat, n_played, tables)
    plays = []
    for slot in range(7):
        parents = ((legal >> slot) & 1).nonzero().squeeze(1)
        children, points = expand_slot(states[parents], seat[parents], slot, n_played, tables)
        plays.append((parents.to(torch.int32), children, points))
    next_level = torch.unique(torch.cat([children for _, children, _ in plays]))
    edges: list[Edges | None] = []
    for parents, children, points in plays:
        if len(parents) == 0:
            edges.append(None)
            continue
        rows = torch.searchsorted(next_level, children, out_int32=True)
        edges.append(Edges(parents, rows, points))
    return next_level, edges


def back_up_level(
    states: Tensor, level: int, edges: list[Edges | None], child_values: Tensor
) -> tuple[Tensor, Tensor]:
    """Return V int8 [N] and q int8 [N, 7] of a level from the values of the next one."""
    q = torch.full((7, len(states)), ILLEGAL, dtype=torch.int8)
    for slot, edge in enumerate(edges):
        if edge is not None:
            values = child_values[edge.children]
            q[slot, edge.parents] = values if edge.points is None else values + edge.points
    # Team 1 minimises, and -128 must not look small to it: 127 stands in there.
    maximum = q.amax(0)
    minimum = torch.where(q == ILLEGAL, 127, q).amin(0)
    team = seats_to_act(states, level % 4) & 1
    return torch.where(team == 0, maximum, minimum), q.t()


def solve(deal: Tensor, decl: int) -> Solution:
    """Return all reachable states of a deal (int8 [4, 7]) and their values (team-0 frame)."""
    tables = HandTables.build(deal, decl)
    levels = [torch.tensor([INITIAL_STATE])]
    edges = []
    for level in range(N_PLAYS):
        next_level, level_edges = expand_level(levels[level], level, tables)
        levels.append(next_level)
        edges.append(level_edges)

    n_states = sum(map(len, levels))
    values = torch.zeros(n_states, dtype=torch.int8)
    q = torch.full((n_states, 7), ILLEGAL, dtype=torch.int8)
    stop = n_states - len(levels[N_PLAYS])
    child_values = values[stop:]
    for level in reversed(range(N_PLAYS)):
        start = stop - len(levels[level])
        child_values, level_q = back_up_level(levels[level], level, edges.pop(), child_values)
        values[start:stop] = child_values
        q[start:stop] = level_q
        stop = start

    states, order = torch.cat(levels).sort()
    return Solution(states, values[order], q[order])


# --- command line ------------------------------------------------------------------------------


def sha256(solution: Solution) -> str:
    """Return the golden digest: states, then V, then q, as little-endian bytes."""
    digest = hashlib.sha256()
    for column in solution:
        digest.update(column.contiguous().numpy().tobytes())
    return digest.hexdigest()


def golden_digest(path: Path, seed: int, decl: int) -> str:
    """Return the digest that a golden file lists for a hand; SystemExit if it lists none."""
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if (record["seed"], record["decl"]) == (seed, decl):
            return str(record["sha256"])
    raise SystemExit(f"{path} has no record of seed {seed}, decl {decl}")


def commit() -> str:
    """Return the commit of the working tree, or 'unknown'."""
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    return git.stdout.strip() or "unknown"


def main() -> None:
    """Solve one hand and print one JSON object with its size and time."""
    parser = argparse.ArgumentParser(description="Solve one hand the generic way, in plain torch.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decl", type=int, default=1, choices=range(10), metavar="0..9")
    parser.add_argument("--threads", type=int, default=1, help="torch threads")
    parser.add_argument("--check", type=Path, metavar="JSONL", help="golden file to compare with")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    start = time.perf_counter()
    solution = solve(deal_of_seed(args.seed), args.decl)
    elapsed_s = time.perf_counter() - start

    digest = sha256(solution)
    n_states = len(solution.states)
    root = int(torch.searchsorted(solution.states, INITIAL_STATE))
    print(
        json.dumps(
            {
                "bench": "baseline",
                "seed": args.seed,
                "decl": args.decl,
                "n_states": n_states,
                "root_V": int(solution.V[root]),
                "elapsed_s": round(elapsed_s, 3),
                "states_per_s": round(n_states / elapsed_s),
                "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "threads": args.threads,
                "device": "cpu",
                "torch": torch.__version__,
                "commit": commit(),
                "command": " ".join(sys.argv),
                "sha256": digest,
            }
        )
    )
    if args.check and golden_digest(args.check, args.seed, args.decl) != digest:
        raise SystemExit("the digest differs from the golden one")


if __name__ == "__main__":
    main()
