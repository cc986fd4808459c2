"""How hands are played for a policy, and how it learns: options of the commands."""

from dataclasses import dataclass
from pathlib import Path

from forge.game.bid_option import bid_option
from forge.game.contract import VALID_BIDS
from forge.options import MAX_WORLDS, MOST_SEED, check, option
from forge.work.paths import existing, writable_file, writable_folder


def default_pool(n_worlds: int) -> int:
    """Worlds weighed where nobody says how many: 8 for each that is judged by."""
    return min(8 * n_worlds, MAX_WORLDS)


@dataclass(frozen=True)
class PolicyTraining:
    """How a policy is trained."""

    epochs: int = option(6, "Passes over the rows.", least=1, most=1000)
    batch_size: int = option(512, "Rows a step.", least=1, most=1 << 20)
    lr: float = option(4e-3, "Highest learning rate; halved when going on.", above=0, most=1)
    soft: float = option(
        0.4, "Share of the loss that is about the chances of all plays.", least=0, most=1
    )
    tau: float = option(0.03, "Chances differ by so much for a factor e.", above=0, most=1)
    lost: float = option(
        20.0, "Weight of the chance that the policy's plays lose on average.", least=0, most=1e4
    )
    seed: int = option(0, "Of the order of rows and the first numbers.", least=0, most=2**31 - 1)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class HandsSettings:
    """Which hands are played, and by whom."""

    output: Path = option(
        Path("data") / "policy-hands", "Where files go.", metavar="DIR", reads=writable_folder
    )
    hands: int = option(1000, "How many, rounded up to whole thousands.", least=1, most=100_000_000)
    seed: int = option(1, "Of the series of hands.", least=0, most=MOST_SEED)
    policy: Path | None = option(
        None,
        "File of the policy that the teacher goes by; without one all worlds count alike.",
        metavar="FILE",
        reads=existing,
    )
    worlds: int = option(30, "Worlds judged by.", metavar="N", least=1, most=MAX_WORLDS)
    pool: int | None = option(
        None,
        "Worlds weighed before, 8 times as many as judged by.",
        metavar="N",
        least=1,
        most=MAX_WORLDS,
    )
    mix: float = option(0.35, "Share of the policy's own play to the end.", least=0, most=1)
    bid: int | None = bid_option(
        None,
        f"Play for this bid alone: {VALID_BIDS}. Otherwise for any, half of the hands for 30.",
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class PolicyFiles:
    """What is read and written."""

    data: str = option(
        str(HandsSettings.output),
        "Folders of forge play-hands, separated by commas.",
        metavar="DIR[,DIR]",
    )
    output: Path = option(
        Path("seat.policy"), "The file of the policy.", metavar="FILE", reads=writable_file
    )
    start: Path | None = option(None, "A policy to go on from.", metavar="FILE", reads=existing)
