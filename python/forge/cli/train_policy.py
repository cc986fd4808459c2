"""`forge train-policy`: a policy learnt from played hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forge.cli.command import command, end_if_stopped
from forge.cli.values import console
from forge.policy.settings import PolicyFiles, PolicyTraining
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.policy.learning import PolicyFigures


@command()
def train_policy(files: PolicyFiles, training: PolicyTraining) -> None:
    """Train a policy that plays from what a seat may see, from played hands.

    Ctrl+C ends after the step in hand and keeps what was learnt.
    """
    from forge.extras import need

    need("train", "lightning")

    from forge.errors import ForgeError
    from forge.policy.choices import rows_of
    from forge.policy.folders import hand_files
    from forge.policy.learning import train_policy as train
    from forge.policy.numbers import load_policy, policy_bytes
    from forge.policy.played_hands import load_all
    from forge.work.claims import claim_missing, put_in_place
    from forge.work.stop import StopSignal

    screen = console()
    start = None if files.start is None else load_policy(files.start)
    paths = hand_files(files.data)
    if files.output.is_dir():
        raise ForgeError(f"{files.output} is a folder, not the file of a policy")
    claim = claim_missing(files.output, lambda path: False)
    if isinstance(claim, str):
        raise ForgeError(f"{files.output}: another process is writing it")
    with claim:
        rows = rows_of(load_all(paths))
        screen.print(f"{counted(len(rows), 'decision')} of {counted(len(paths), 'file')}")

        def told(epoch: int, figures: PolicyFigures) -> None:
            screen.print(
                f"epoch {epoch}: {figures.nll:.4f} nats a decision ({figures.uniform:.4f} of any "
                f"legal play), {figures.agreement:.1%} as played, {100 * figures.regret:.2f} "
                f"points of chance lost, over {counted(figures.rows, 'decision')} held out",
                soft_wrap=True,
            )

        with StopSignal("step") as signal:
            policy = train(rows, training, start, told, lambda: signal.requested)
        put_in_place(claim, policy_bytes(policy))
    screen.print(f"{files.output} written", markup=False, soft_wrap=True)
    end_if_stopped(signal.signum)


main = train_policy.main

if __name__ == "__main__":
    main()
