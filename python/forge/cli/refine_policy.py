"""`forge refine-policy`: a policy that learns from how its own hands come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forge.cli.command import command, end_if_stopped
from forge.cli.values import console
from forge.policy.refine_settings import RefineFiles, Refining
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.policy.own_learning import RefinedRound


@command()
def refine_policy(files: RefineFiles, how: Refining) -> None:
    """Refine a policy by how the hands come out that it plays against itself.

    In a round it plays hands over all declarations and bids. Before each play the hand is played to
    its end after every legal play, and the policy learns to make the plays that win. With --data it
    goes on foretelling what is played there, as a seat that infers hidden hands needs it.

    A run that was stopped goes on where it was. Ctrl+C ends after the round in hand. How many
    rounds there are is part of how it learns: the rate falls over them.
    """
    from forge.policy.refining import Refinement
    from forge.work.progress import progress_bar
    from forge.work.stop import StopSignal

    screen = console()
    with (
        Refinement(files, how) as work,
        StopSignal("round") as signal,
        progress_bar(screen) as bar,
    ):
        learner = work.learner
        task = bar.add_task("rounds", total=how.rounds, completed=learner.n_done, rate="")
        if learner.n_done:
            there = f"{learner.n_done} of {counted(how.rounds, 'round')} done already"
            screen.print(f"going on with {files.output}: {there}", markup=False, soft_wrap=True)
        while not learner.is_over and not signal.requested:
            bar.console.print(refined_sentence(work.next()), soft_wrap=True)
            bar.advance(task)
    if learner.n_done:
        done = f"{learner.n_done} of {counted(how.rounds, 'round')}"
        screen.print(f"{done}; the policy is {work.refined}", markup=False, soft_wrap=True)
    end_if_stopped(signal.signum)


def refined_sentence(found: RefinedRound) -> str:
    """A round as it is told."""
    told = f", {found.nll:.4f} nats of the others' plays" if found.nll else ""
    return (
        f"round {found.number}: {found.rows:,} decisions that decided a hand, "
        f"{found.lost:.2%} of them lost by its play{told}"
    )


main = refine_policy.main

if __name__ == "__main__":
    main()
