"""A new network meets the best so far on fresh deals, until it is known whether it is better."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from forge.arena.comparison import PairedResults, compare
from forge.arena.registry import parse_player
from forge.arena.series import ArenaOptions, run_arena
from forge.flywheel.seat_settings import SeatSettings
from forge.flywheel.state_file import NotNowError
from forge.flywheel.watching import Watch
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
    players = [parse_player(f"stage2:{path}") for path in (new, best)]
    options = ArenaOptions(*players, seed=seed, device=how.device)
    _drop_others(kept, options)
    kept.parent.mkdir(parents=True, exist_ok=True)
    n_deals, verdict, results = 0, "go on", None
    while verdict == "go on" and n_deals < how.deals:
        n_deals = min(n_deals + how.look_every, how.deals)
        run = run_arena(options, n_deals, how.match_workers or n_cores(), kept)
        watch.check(run.stopped_by)
        results = run.results
        won, lost = _alone(results)
        verdict = how.test.decide(won, lost, n_deals)
        ratio = how.test.log_ratio(won, lost, n_deals)
        low, high = how.test.bounds
        watch.tell(f"{n_deals:,} deals: {won} to {lost}, {ratio:+.2f} in {low:.2f} .. {high:.2f}")
    if results is None:
        raise NotNowError("a match without deals")
    won, lost = _alone(results)
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


def _alone(results: PairedResults) -> tuple[int, int]:
    """Deals that the new one alone makes, and the best one alone."""
    new, best = results.made_a, results.made_b
    return int((new & ~best).sum()), int((best & ~new).sum())


def _drop_others(kept: Path, options: ArenaOptions) -> None:
    """A file of another match is one that was given up, or damaged: it is played again."""
    from forge.arena.results import arena_file
    from forge.errors import ForgeError

    if not kept.exists():
        return
    try:
        arena_file(kept, options.record()).__exit__(None, None, None)
    except ForgeError:
        kept.unlink()
