"""How an analysis of E[Q] is done; needs no torch."""

from dataclasses import dataclass

from forge.options import (
    MAX_WORLDS,
    MOST_LISTED,
    MOST_PIECES,
    MOST_SEED,
    OptionError,
    check,
    option,
)


@dataclass(frozen=True)
class AnalysisConfig:
    """What is measured.

    Args:
        n_worlds: sizes of the samples, ascending, each at least 2.
        enum_limit: decisions with at most so many worlds are compared with all of them.
        reference_samples: worlds that stand for all of them beyond that; 0 leaves such decisions
            out of what is said about samples.
        network_worlds: worlds that both the network and the search are asked about.
        repeats: samples of each size, at least 2.
        decisions_per_trick: decisions of a trick, and as many again of those that have more worlds
            than `enum_limit`.
        seed: of all draws.

    Raises:
        ForgeError: on a value out of range.
    """

    n_worlds: tuple[int, ...] = (10, 50, 200, 1000)
    enum_limit: int = option(
        100_000,
        "Most worlds of a decision to value them all.",
        metavar="N",
        least=1,
        most=MOST_PIECES,
    )
    reference_samples: int = option(
        0,
        "Worlds that stand for all where there are more than --enum-limit; 0: such decisions say "
        "nothing about samples.",
        metavar="N",
        least=0,
        most=MAX_WORLDS,
    )
    network_worlds: int = option(
        200, "Worlds that both are asked about.", metavar="N", least=1, most=MAX_WORLDS
    )
    repeats: int = option(16, "Samples of each size.", metavar="N", least=2, most=10_000)
    decisions_per_trick: int = option(
        40,
        "Decisions with a choice, at random; as many again beyond --enum-limit if they are of use.",
        metavar="N",
        least=1,
        most=MOST_LISTED,
    )
    seed: int = option(0, "Of all draws.", metavar="N", least=0, most=MOST_SEED)

    def __post_init__(self) -> None:
        sizes = self.n_worlds
        if not sizes or min(sizes) < 2 or list(sizes) != sorted(set(sizes)):
            raise OptionError(
                "worlds",
                "must be different whole numbers from 2 on, ascending, "
                f"got {','.join(map(str, sizes)) or 'none'}",
            )
        check(self)
        if self.reference_samples != 0 and self.reference_samples < sizes[-1]:
            raise OptionError(
                "reference_samples",
                f"must be 0 (none) or at least the largest of the samples ({sizes[-1]}), "
                f"got {self.reference_samples}",
            )
