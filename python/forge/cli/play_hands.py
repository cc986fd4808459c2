"""`forge play-hands`: hands for a policy to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forge.cli.command import command
from forge.policy.settings import HandsSettings

if TYPE_CHECKING:
    from pathlib import Path


@command()
def play_hands(settings: HandsSettings) -> None:
    """Play hands over all declarations and bids, for a policy to learn from.

    Files of a thousand hands that are there already are kept, so a run that was stopped goes on.
    """
    from rich.console import Console

    from forge.policy.numbers import load_policy
    from forge.policy.played_hands import HANDS_A_FILE, play_missing
    from forge.policy.self_play import Teacher

    console = Console(highlight=False)
    policy = None if settings.policy is None else load_policy(settings.policy)
    pool = settings.pool or 8 * settings.worlds
    teacher = Teacher(policy, settings.worlds, pool, settings.mix)

    def told(path: Path, n: int) -> None:
        console.print(f"{path.name}: {n:,} hands", markup=False, soft_wrap=True)

    paths = play_missing(settings.output, settings.seed, settings.hands, teacher, told)
    n = HANDS_A_FILE * len(paths)
    console.print(f"{n:,} hands in {settings.output}", markup=False, soft_wrap=True)


main = play_hands.main

if __name__ == "__main__":
    main()
