"""An evaluation as tables for people."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table

from forge.bidding.estimates import Choice, MakeTable
from forge.bidding.hand import hand_text
from forge.bidding.hand_evaluation import Evaluation
from forge.bidding.sentences import headline
from forge.game.contract import Contract
from forge.game.declarations import declaration_name
from forge.work.wording import counted

AT_THE_TABLE: Final = "calibrated: everybody sees one hand"
# Rivals of the best declaration that are told.
SHOWN_RIVALS: Final = 2


def show_matrix(found: Evaluation, screen: Console) -> None:
    """A row a declaration, a column a bid, in percent: the headline, and what was simulated."""
    _head(found, screen)
    if found.calibration is not None:
        screen.print(_matrix(found, found.table, AT_THE_TABLE))
    screen.print(_matrix(found, found.simulated, found.how))
    _tail(found, screen)


def show_list(found: Evaluation, screen: Console) -> None:
    """A line a declaration and bid, with intervals and what it is worth."""
    _head(found, screen)
    table = Table(box=None, pad_edge=False)
    table.add_column("trump")
    for name in ("bid", "make", "marks"):
        table.add_column(name, justify="right", no_wrap=True)
    if found.calibration is not None:
        table.add_column(found.how, justify="right")
    for decl in found.table.decls:
        for bid in found.table.bids:
            chance = found.table.at(Contract(decl, bid))
            cells = [_name(found, decl), str(bid), _percent(chance), f"{chance.marks:+.2f}"]
            if found.calibration is not None:
                cells.append(_percent(found.simulated.at(Contract(decl, bid))))
            table.add_row(*cells)
    screen.print(table)
    _tail(found, screen)


def recommendation(found: Evaluation) -> str:
    """What to bid, in a sentence; 84 and pass are weighed by expected marks."""
    best = found.best
    told = f"{_with(best.contract)}: {_percent(best)}, {best.marks:+.2f} marks"
    if best.low == 1.0:
        told += ", whatever the others hold"
    if not found.verdict.is_clear:
        return f"{headline(found.verdict)}; ahead of the bids is {told}"
    if found.verdict.best.contract is None:
        return f"Pass if you may; the least bad is {told}"
    return f"Bid {told}"


def _head(found: Evaluation, screen: Console) -> None:
    n = found.simulated.n
    deals = counted(int(n.max()), "deal")
    if n.min() != n.max():
        deals = f"{n.min():,} to {n.max():,} deals"
    _say(screen, f"{hand_text(found.hand)}: {deals} a trump, seed {found.simulator.seed}")
    if found.calibration is not None:
        _say(screen, f"Chances at a table, {found.calibration.summary}.")
    elif found.simulator.is_perfect:
        _say(screen, "No calibration is shipped: perfect play alone, which flatters.")


def _matrix(found: Evaluation, chances: MakeTable, title: str) -> Table:
    table = Table(title=f"% made, {title}", title_justify="left", box=None, pad_edge=False)
    table.add_column("trump")
    for bid in chances.bids:
        table.add_column(str(bid), justify="right")
    for decl in chances.decls:
        row = (chances.at(Contract(decl, bid)).p for bid in chances.bids)
        table.add_row(_name(found, decl), *(f"{100 * p:.0f}" for p in row))
    return table


def _tail(found: Evaluation, screen: Console) -> None:
    _say(screen, f"{recommendation(found)}.")
    at_bid = found.at_bid
    simulated = found.simulated.at(at_bid.contract)
    if found.calibration is not None:
        _say(
            screen,
            f"{_with(at_bid.contract)}: {_percent(at_bid)} at a table, "
            f"{_percent(simulated)} by {found.how}.",
        )
    for decl, by in found.differences()[:SHOWN_RIVALS]:
        low, high = (100 * end for end in by.interval)
        _say(
            screen,
            f"{_with(at_bid.contract)} rather than "
            f"{declaration_name(decl)}: {100 * by.value:+.1f} points "
            f"[{low:+.1f}, {high:+.1f}] on the same deals, {found.how}.",
        )
    if found.dropped and found.plan.settle:
        _say(screen, "* shown to be worse, and no deals added.")
    elif found.dropped:
        names = ", ".join(declaration_name(decl) for decl in found.dropped)
        _say(screen, f"* shown to be worse at {found.plan.bid} and dropped: {names}.")
    width = (at_bid.high - at_bid.low) / 2
    if found.plan.settle and not found.verdict.is_settled:
        _say(screen, f"Stopped at {found.plan.max_deals:,} deals, without telling.")
    if found.plan.until is not None and width > found.plan.until:
        _say(screen, f"Stopped at {found.plan.max_deals:,} deals: half a width of {width:.3f}.")


def _with(contract: Contract) -> str:
    return f"{contract.bid} with {declaration_name(contract.decl)}"


def _name(found: Evaluation, decl: int) -> str:
    return declaration_name(decl) + ("*" if decl in found.dropped else "")


def _percent(chance: Choice) -> str:
    return f"{100 * chance.p:.1f} % [{100 * chance.low:.1f}, {100 * chance.high:.1f}]"


def _say(screen: Console, line: str) -> None:
    screen.print(line, markup=False, highlight=False, soft_wrap=True)
