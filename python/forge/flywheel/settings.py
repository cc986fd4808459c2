"""How a policy is improved by rounds: options of the command."""

from dataclasses import dataclass
from pathlib import Path

from forge.options import INT64_MAX, again, check, option
from forge.policy import SHIPPED
from forge.policy.refine_settings import Refining
from forge.policy.settings import HandsSettings
from forge.work.paths import existing, writable_folder


@dataclass(frozen=True)
class RoundsSettings:
    """How many rounds there are, and what each does."""

    output: Path = option(
        Path("data") / "policy-rounds",
        "Where everything is kept.",
        metavar="DIR",
        reads=writable_folder,
    )
    rounds: int = option(10, "At most so many, those of earlier runs included.", least=1, most=999)
    patience: int = option(
        2, "End when so many rounds in a row brought nothing.", least=1, most=999
    )
    start: Path = option(SHIPPED, "The policy of the first round.", metavar="FILE", reads=existing)
    played_from: int = option(
        1000, "Round k plays the hands of this seed + k.", least=0, most=INT64_MAX - 1000
    )
    hands: int = option(20_000, "Played a round, in whole thousands.", least=1000, most=100_000_000)
    window: int = option(3, "Learn from the hands of so many rounds.", least=1, most=999)
    also: str | None = option(
        None,
        "Folders of forge play-hands to learn from in every round too.",
        metavar="DIR[,DIR]",
    )
    fresh: bool = option(
        True,
        "Learn from new numbers, or go on from those of the best policy.",
        "--fresh/--go-on",
    )
    refine: int = option(
        0,
        "Go on from the best policy by so many rounds of refine-policy that foretell the hands, "
        "in place of learning from them alone.",
        least=0,
        most=9999,
    )
    refine_hands: int = option(
        Refining.hands, "Played in each of those rounds.", least=100, most=100_000_000
    )
    worlds: int = again(HandsSettings, "worlds")
    pool: int | None = again(HandsSettings, "pool")
    mix: float = again(HandsSettings, "mix")
    deals: int = option(
        10_000,
        "Judge by so many deals of the standard protocol, and as many of all contracts: "
        "2800 at least.",
        least=2800,
        most=10_000_000,
    )
    judged_from: int = option(
        1_000_000,
        "Round k is judged on the arena's deals of this seed + k.",
        least=0,
        most=INT64_MAX - 1000,
    )

    def __post_init__(self) -> None:
        check(self)
