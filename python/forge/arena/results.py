"""Results of an arena on disk: a line a block of deals, see `results_file`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from forge.arena.comparison import PairedResults
from forge.arena.protocol import (
    STANDARD,
    AnyDeclaration,
    BestPipSuit,
    Called,
    ContractRule,
    TrumpRule,
    arena_deal,
)
from forge.game.constants import HAND_POINTS, N_DECLARATIONS, N_SEATS
from forge.game.contract import BIDS, Bid, Contract
from forge.game.whole_numbers import is_finite
from forge.work.file_schema import in_file
from forge.work.results_file import ResultsFile, ResultsFormat, are_numbers


@in_file()
@dataclass(frozen=True)
class Block:
    """Deals that were played together, twice each.

    Args:
        deals: their numbers in the series.
        bidders: seat 0..3 at the table that has the bid, a deal.
        trumps: declaration 0..9, a deal.
        points_a: points of the declarer's team, 0..42, with player A declaring, a deal.
        points_b: the same with player B declaring.
        cpu_s: CPU seconds that the decisions of player A and of player B took.
        wall_s: seconds from the first lead to the last play.
        bids: a deal, where auctions said them; else None.
        forfeits_a, forfeits_b: of the two hands of each deal, how many that player gave up; None
            where neither did in any.
    """

    deals: list[int]
    bidders: list[int]
    trumps: list[int]
    points_a: list[int]
    points_b: list[int]
    cpu_s: list[float]
    wall_s: float
    bids: list[int] | None = None
    forfeits_a: list[int] | None = None
    forfeits_b: list[int] | None = None


_BID_NUMBERS: Final = frozenset(bid.number for bid in BIDS)
# What has an entry a deal.
_COLUMNS: Final = tuple(each.name for each in fields(Block) if each.name not in ("cpu_s", "wall_s"))


def _is_sound(values: Mapping[str, Any]) -> bool:
    """Whether the columns of a block hold what they may, and as much of it."""
    n = len(values["deals"]) if isinstance(values["deals"], list) else 0
    last = {
        "bidders": N_SEATS - 1,
        "trumps": N_DECLARATIONS - 1,
        "points_a": HAND_POINTS,
        "points_b": HAND_POINTS,
    }
    for name in ("forfeits_a", "forfeits_b"):
        if values.get(name) is not None:
            last[name] = 2
    if values.get("bids") is not None:
        last["bids"] = BIDS[-1].number
    return (
        n > 0
        and are_numbers(values["deals"], n, 2**62)
        and all(are_numbers(values[name], n, most) for name, most in last.items())
        and all(number in _BID_NUMBERS for number in values.get("bids") or ())
        and isinstance(values["cpu_s"], list)
        and len(values["cpu_s"]) == 2
        and all(is_finite(each) for each in (*values["cpu_s"], values["wall_s"]))
    )


def _outcomes(block: Block) -> dict[Hashable, Any]:
    """What came of each deal; how long it took may differ."""
    none = [0] * len(block.deals)
    forfeits = (block.forfeits_a or none, block.forfeits_b or none)
    bids = block.bids or none
    columns = (block.bidders, block.trumps, bids, block.points_a, block.points_b, *forfeits)
    rows = zip(*columns, strict=True)
    return {f"deal {number}": row for number, row in zip(block.deals, rows, strict=True)}


def _without(block: Block, names: Set[Hashable]) -> Block:
    """A block without some of its deals; its seconds are those of the rest."""
    kept = [i for i, number in enumerate(block.deals) if f"deal {number}" not in names]
    share = len(kept) / len(block.deals)
    columns = {name: getattr(block, name) for name in _COLUMNS}
    return replace(
        block,
        **{name: each and [each[i] for i in kept] for name, each in columns.items()},
        cpu_s=[share * seconds for seconds in block.cpu_s],
        wall_s=share * block.wall_s,
    )


def _fits(options: Mapping[str, Any], block: Block) -> bool:
    """Whether bidders are those of the deals, and trumps where the deal alone tells."""
    if (options.get("bid") == "auction") != (block.bids is not None):
        return False
    if block.bids is not None:  # to hold its auctions again would take minutes
        return True
    seed, trump = options.get("seed"), options.get("trump", BestPipSuit.name)
    rules: dict[object, TrumpRule] = {rule.name: rule for rule in (BestPipSuit(), AnyDeclaration())}
    if type(seed) is not int:
        return True
    rule = ContractRule(trump=rules.get(trump, STANDARD.trump))
    deals = [arena_deal(seed, number, rule) for number in block.deals]
    trumps = [each.contract.decl for each in deals]
    return block.bidders == [each.bidder for each in deals] and (
        trump not in rules or block.trumps == trumps
    )


ARENA: Final = ResultsFormat("forge arena", 1, Block, _is_sound, _outcomes, _without, _fits)


def arena_file(path: Path, options: Mapping[str, Any]) -> ResultsFile[Block]:
    """The file of a series of deals, made or gone on with; see `ResultsFile`."""
    return ResultsFile(path, ARENA, options)


def paired_results(
    blocks: Sequence[Block], n_deals: int, rule: ContractRule = STANDARD
) -> PairedResults:
    """Results of the deals below `n_deals`, in the order of the series.

    Args:
        blocks: of a series.
        n_deals: how long it is taken to be.
        rule: of the series.
    """
    rows = []
    for block in blocks:
        bids = block.bids or [rule.bid_of(number).number for number in block.deals]
        columns = (block.deals, block.points_a, block.points_b, block.bidders, bids)
        rows += [row for row in zip(*columns, strict=True) if row[0] < n_deals]
    table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 5)
    played = tuple(Bid.of(number) for number in table[:, 4].tolist())
    return PairedResults(table[:, 1], table[:, 2], table[:, 3], played)


def called_in(blocks: Sequence[Block]) -> dict[int, Called]:
    """What came of the auctions of deals that were played, by number."""
    return {
        number: Called(bidder, Contract(decl, Bid.of(bid)))
        for block in blocks
        if block.bids is not None
        for number, bidder, decl, bid in zip(
            block.deals, block.bidders, block.trumps, block.bids, strict=True
        )
    }


def one_block(blocks: Sequence[Block]) -> Block:
    """Blocks as one, deals in the order of the series.

    Args:
        blocks: at least one.
    """
    if len(blocks) == 1:
        return blocks[0]
    deals = [number for block in blocks for number in block.deals]
    order = np.argsort(deals, kind="stable").tolist()
    columns: dict[str, Any] = {}
    for name in _COLUMNS:
        parts = [getattr(block, name) for block in blocks]
        if name in ("forfeits_a", "forfeits_b") and any(part is not None for part in parts):
            pairs = zip(parts, blocks, strict=True)
            parts = [part or [0] * len(block.deals) for part, block in pairs]
        is_there = parts[0] is not None
        rows = [row for part in parts for row in part] if is_there else []
        columns[name] = [rows[i] for i in order] if is_there else None
    return Block(
        **columns,
        cpu_s=[sum(block.cpu_s[side] for block in blocks) for side in range(2)],
        wall_s=sum(block.wall_s for block in blocks),
    )
