"""A new network meets the best so far on fresh deals, until it is known whether it is better."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from forge.arena.comparison import PairedResults, compare
from forge.arena.registry import parse_player
from forge.arena.series import ArenaOptions, run_arena
from forge.arena.specs import PlayerSpec
from forge.errors import ForgeError
from forge.flywheel.seat_settings import SeatSettings
from forge.flywheel.watching import Watch
from forge.ops import resolve_device
from forge.stats.sequential import Decision
from forge.work.devices import n_cores


@dataclass(frozen=True)
class Match:
    """How it went.

    Args:
        deals: played, each twice.
        only_new, only_best: of them, those that one alone made.
        make_difference: how much oftener the new one makes its contract: value, low and high end.
            After a test that may stop at any time the interval is a little too narrow.
        log_ratio: of the sequential test, at the end.
        bounds: of that: at the first the new one is not better, at the second it is.
        verdict: `better`, `not better`, or `go on` where the deals were used up.
    """

    deals: int
    only_new: int
    only_best: int
    make_difference: list[float]
    log_ratio: float
    bounds: list[float]
    verdict: Decision

    def plain(self) -> dict[str, Any]:
        """As the state holds it."""
        return asdict(self)


def meet(new: Path, best: Path, seed: int, kept: Path, how: SeatSettings, watch: Watch) -> Match:
    """Play the match, or the rest of it.

    The test is asked after every `look_every` deals, and only then, so that a match which was cut
    short ends as if it had not been.

    Args:
        new, best: networks of Stage 2.
        seed: of the deals.
        kept: where the results are; those of another match are dropped.
        how: settings.
        watch: who hears of it.

    Raises:
        ForgeError: for files that cannot be read or written.
        StoppedByError: after a signal.
    """
    device = str(resolve_device(how.device))
    options = ArenaOptions(_player("new", new), _player("best", best), seed, device)
    _drop_others(kept, options)
    kept.parent.mkdir(parents=True, exist_ok=True)
    n_deals = 0
    while True:
        n_deals = min(n_deals + how.look_every, how.deals)
        n_workers = how.match_workers or n_cores()
        run = run_arena(options, n_deals, n_workers, kept, room=watch.room)
        watch.check(run.stopped_by)
        if run.disk_low is not None:
            raise ForgeError(run.disk_low)
        found = _judged(run.results, n_deals, how)
        watch.tell(
            f"{n_deals:,} deals: {found.only_new} to {found.only_best}, {found.log_ratio:+.2f} in "
            f"{found.bounds[0]:.2f} .. {found.bounds[1]:.2f}"
        )
        if found.verdict != "go on" or n_deals == how.deals:
            return found


def _judged(results: PairedResults, n_deals: int, how: SeatSettings) -> Match:
    new, best = results.made_a, results.made_b
    won, lost = int((new & ~best).sum()), int((best & ~new).sum())
    gain = compare(results).make_difference
    return Match(
        n_deals,
        won,
        lost,
        [gain.value, *gain.interval],
        how.test.log_ratio(won, lost, n_deals),
        list(how.test.bounds),
        how.test.decide(won, lost, n_deals),
    )


def _player(name: str, network: Path) -> PlayerSpec:
    """Called by a name, so that results are the same wherever the flywheel lies."""
    return replace(parse_player(f"stage2:{name}", lambda _: network), text=f"stage2:{name}")


def _drop_others(kept: Path, options: ArenaOptions) -> None:
    """A file of another match is one that was given up, or damaged: it is played again."""
    from forge.arena.results import arena_file

    if not kept.exists():
        return
    try:
        arena_file(kept, options.record()).__exit__(None, None, None)
    except ForgeError:
        kept.unlink()
