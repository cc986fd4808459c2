"""`forge play-hands`: hands for a policy to learn from."""

from __future__ import annotations

from forge.cli.command import command, end_if_stopped
from forge.cli.values import console
from forge.policy.settings import HandsSettings, default_pool
from forge.work.rates import rate_text


@command()
def play_hands(settings: HandsSettings) -> None:
    """Play hands over all declarations and bids, for a policy to learn from.

    A Stage 2 network learns from them too: forge train-eq --imitate --hands DIR.

    Files of a thousand hands that are there already are kept, so a run that was stopped goes on.
    Ctrl+C ends after the file in hand.
    """
    import time

    from forge.game.contract import Bid
    from forge.policy.numbers import load_policy
    from forge.policy.played_hands import HANDS_A_FILE, hands_path, play_missing
    from forge.policy.self_play import Teacher
    from forge.work.progress import progress_bar
    from forge.work.stop import StopSignal

    screen = console()
    policy = None if settings.policy is None else load_policy(settings.policy)
    pool = settings.pool or default_pool(settings.worlds)
    bid = None if settings.bid is None else Bid.of(settings.bid)
    teacher = Teacher(policy, settings.worlds, pool, settings.mix, bid)
    n_hands = -(-settings.hands // HANDS_A_FILE) * HANDS_A_FILE
    if n_hands != settings.hands:
        screen.print(f"{n_hands:,} hands: files have {HANDS_A_FILE:,} each", soft_wrap=True)
    starts = range(0, n_hands, HANDS_A_FILE)
    n_there = sum(hands_path(settings.output, settings.seed, each).exists() for each in starts)
    if n_there:
        there = f"{n_there * HANDS_A_FILE:,} hands of {n_hands:,} are there already"
        screen.print(f"going on with {settings.output}: {there}", soft_wrap=True)
    began = time.monotonic()
    with StopSignal() as signal, progress_bar(screen) as bar:
        task = bar.add_task("hands", total=n_hands, rate="")

        def told(n: int) -> None:
            bar.advance(task, n)
            done = bar.tasks[0].completed
            bar.update(task, rate=rate_text(done, time.monotonic() - began, "hands"))

        paths = play_missing(
            settings.output, settings.seed, n_hands, teacher, told, lambda: signal.requested
        )
    n = HANDS_A_FILE * len(paths)
    some = "" if n == n_hands else f" of {n_hands:,}"
    rest = ": the same command goes on with the rest" if some and signal.signum is not None else ""
    screen.print(f"{n:,}{some} hands in {settings.output}{rest}", markup=False, soft_wrap=True)
    end_if_stopped(signal.signum)


main = play_hands.main

if __name__ == "__main__":
    main()
