"""`forge improve-policy`: a policy that gets better by rounds of play and learning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forge.cli.command import command, end_if_stopped
from forge.cli.refine_policy import refined_sentence
from forge.cli.values import console
from forge.flywheel.settings import RoundsSettings
from forge.policy.settings import PolicyTraining
from forge.work.devices import n_cores
from forge.work.wording import counted

if TYPE_CHECKING:
    from rich.progress import Progress

    from forge.flywheel.policy_rounds import Round
    from forge.policy.learning import PolicyFigures
    from forge.policy.own_learning import RefinedRound


@command()
def improve_policy(settings: RoundsSettings, training: PolicyTraining) -> None:
    """Improve a policy by rounds, until two in a row bring nothing.

    In a round a seat with the best policy so far plays hands over all declarations and bids, the
    policy learns from them and from those of the last rounds (or, with --refine, from how hands
    come out that it plays against itself), and what was learnt meets the best and the first over
    duplicate deals. It is kept if it makes its contracts oftener than the best,
    the mean of the standard protocol and of all contracts, beyond its interval of 95 %.

    A run that was stopped goes on where it was. Ctrl+C ends after the file or step in hand.
    """
    from forge.extras import need

    need("train", "lightning")
    from forge.flywheel.judging import StoppedError
    from forge.flywheel.policy_rounds import PolicyRounds, Watcher
    from forge.work.progress import progress_bar
    from forge.work.stop import StopSignal

    signum = None
    with (
        PolicyRounds(settings, training, n_cores()) as rounds,
        StopSignal("file or step") as signal,
        progress_bar(console()) as bar,
    ):
        screen = _Screen(bar, rounds.settings.hands)
        watcher = Watcher(
            screen.playing,
            screen.learning,
            screen.refining,
            screen.judging,
            lambda: signal.requested,
        )
        for each in rounds.rounds:
            screen.tell(_sentence(each))
        while not rounds.is_over and signum is None:
            try:
                found = rounds.next(watcher)
            except StoppedError as stopped:
                found, signum = None, stopped.signum
            else:
                signum = signal.signum
            if found is not None:
                screen.tell(_sentence(found))
        if signum is not None:
            number = len(rounds.rounds) + 1
            screen.tell(f"stopped in round {number}: the same command goes on with it")
        elif rounds.is_over:
            n = rounds.settings.patience
            last = f"the last {n} of them" if n > 1 else "the last of them"
            why = f": {last} brought nothing" if rounds.n_in_vain >= n else ""
            screen.tell(f"over after {counted(len(rounds.rounds), 'round')}{why}")
        screen.tell(f"the best policy is {rounds.best}")
    end_if_stopped(signum)


class _Screen:
    """What is told of the work."""

    def __init__(self, bar: Progress, n_hands: int) -> None:
        self.bar, self.n_hands, self.number = bar, n_hands, 0
        self.task = bar.add_task("hands", total=n_hands, rate="")

    def tell(self, line: str) -> None:
        self.bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def playing(self, number: int, n_hands: int) -> None:
        if number != self.number:
            self.number = number
            self.bar.reset(self.task, description=f"round {number}: hands", total=self.n_hands)
        self.bar.advance(self.task, n_hands)

    def learning(self, epoch: int, figures: PolicyFigures) -> None:
        self.tell(
            f"round {self.number}, epoch {epoch}: {figures.nll:.4f} nats a decision, "
            f"{100 * figures.regret:.2f} points of chance lost"
        )

    def refining(self, found: RefinedRound) -> None:
        self.tell(f"round {self.number}, own play, {refined_sentence(found)}")

    def judging(self, number: int) -> None:
        self.bar.update(self.task, description=f"round {number}: judging")


def _sentence(found: Round) -> str:
    lines = [f"round {found.number}: {'kept' if found.kept else 'not kept'}; points of make rate"]
    for gains, name in ((found.over_best, "the best"), (found.over_first, "the first")):
        value, low, high = (100 * each for each in gains["both"])
        standard, everything = (100 * gains[kind][0] for kind in ("standard", "everything"))
        lines.append(
            f"  over {name}: {value:+.2f} [{low:+.2f}, {high:+.2f}] "
            f"(standard {standard:+.2f}, all contracts {everything:+.2f})"
        )
    return "\n".join(lines)


main = improve_policy.main

if __name__ == "__main__":
    main()
