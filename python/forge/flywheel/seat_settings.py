"""How a flywheel of playing works: options of `forge flywheel init --kind seat`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forge.eq.settings import EstimateConfig
from forge.errors import ForgeError, brief
from forge.flywheel.oracle_settings import TurnSettings
from forge.options import INT64_MAX, MOST_PROCESSES, again, check, option
from forge.stats.sequential import SequentialTest
from forge.work.seed_files import SPLIT_BUCKETS

# Stands for the checkpoint of the best in how a player is written.
PLACE: Final = "{}"
_MOST_GAMES: Final = len(SPLIT_BUCKETS["val"])


def _with_place(name: str, text: str) -> None:
    if text.count(PLACE) != 1 or "," in text.partition(PLACE)[0]:
        raise ForgeError(
            f"{name} must be a player with {PLACE} where its network stands, like stage2:{PLACE}, "
            f"got {brief(text)}"
        )


@dataclass(frozen=True)
class PlayingOptions:
    """What a flywheel of playing takes beside."""

    player: str = option(
        f"stage2:{PLACE}",
        f"Who plays the games to learn from; {PLACE} is the best network so far.",
        metavar="PLAYER",
        reads=_with_place,
    )
    imitate: bool = option(False, "Learn to choose as that player, beside E[Q].")
    worlds: int = again(EstimateConfig, "n_samples", "--worlds", help="Of each decision's E[Q].")
    golden_games: int = option(
        50, "Val seeds, from 900 on, that networks are measured on.", least=2, most=_MOST_GAMES
    )
    deals: int = option(20_000, "Most deals of a match with the best.", least=1, most=10_000_000)
    look_every: int = option(
        400, "Deals from one look at a match to the next.", least=1, most=10**6
    )
    no_gain: float = option(
        SequentialTest.no_gain,
        "Difference of make rates at which a network must not pass.",
        above=-1,
        below=1,
    )
    gain: float = option(
        SequentialTest.gain, "Difference at which it must pass.", above=-1, below=1
    )
    false_pass: float = option(
        SequentialTest.false_pass, "How often it may pass all the same.", above=0, below=0.5
    )
    false_stop: float = option(
        SequentialTest.false_stop, "How often it may fail all the same.", above=0, below=0.5
    )
    match_seed: int = option(
        2_000_000,
        "Iteration k meets the best on the arena's deals of this seed + k.",
        least=0,
        most=INT64_MAX - 1000,
    )
    match_workers: int | None = option(
        None, "Processes of a match. [default: one a core]", least=1, most=MOST_PROCESSES
    )


@dataclass(frozen=True)
class SeatSettings(PlayingOptions, TurnSettings):
    """How a flywheel of playing works."""

    def __post_init__(self) -> None:
        check(self)
        self.check_words()
        _with_place("player", self.player)
        _ = self.test

    @property
    def test(self) -> SequentialTest:
        """What decides whether a network passes."""
        return SequentialTest(self.no_gain, self.gain, self.false_pass, self.false_stop)
