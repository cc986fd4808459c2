"""How a policy is refined by its own play: options of the command."""

from dataclasses import dataclass
from pathlib import Path

from forge.options import MOST_SEED, again, check, option
from forge.policy import SHIPPED
from forge.policy.settings import PolicyTraining
from forge.work.paths import existing, writable_folder


@dataclass(frozen=True)
class RefineFiles:
    """What is read and written."""

    output: Path = option(
        Path("data") / "refined-policy",
        "Where everything is kept.",
        metavar="DIR",
        reads=writable_folder,
    )
    start: Path = option(SHIPPED, "The policy to go on from.", metavar="FILE", reads=existing)
    data: str | None = option(
        None,
        "Folders of forge play-hands whose plays the policy is to go on foretelling.",
        metavar="DIR[,DIR]",
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Refining:
    """How a policy learns from how its own hands come out."""

    rounds: int = option(60, "Times that hands are played and learnt from.", least=1, most=9999)
    hands: int = option(60_000, "Played a round.", least=100, most=100_000_000)
    seed: int = option(1, "Of the hands, and of the order of rows.", least=0, most=MOST_SEED)
    explore: float = option(
        0.15, "Share of the plays drawn by the policy's probabilities.", least=0, most=1
    )
    temperature: float = option(
        0.4, "The policy plays by the softmax of its numbers / this.", above=0, most=10
    )
    batch_size: int = option(2048, "Rows a step.", least=1, most=1 << 20)
    lr: float = option(7e-4, "Highest learning rate.", above=0, most=1)
    lost: float = option(
        20.0, "Weight of the hands that the policy's plays lose.", least=0, most=1e4
    )
    imitate: float = option(1.0, "Weight of foretelling the plays of --data.", least=0, most=1e4)
    soft: float = again(PolicyTraining, "soft")
    tau: float = again(PolicyTraining, "tau")

    def __post_init__(self) -> None:
        check(self)
