"""Learning a policy from played hands."""

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any, Final

import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.from_plays import chance_lost, imitation_loss
from forge.learn.own_handlers import keep_handlers
from forge.learn.training import quiet_lightning
from forge.policy.choices import PolicyRows
from forge.policy.numbers import PolicyNumbers
from forge.policy.settings import PolicyTraining
from forge.policy.sparse_network import PolicyNetwork
from forge.work.processes import one_thread

with extra("train"):
    import lightning.pytorch as pl

# Of each hundred hands the last so many are held out.
HELD_OUT: Final = 5
_EVALUATED_TOGETHER: Final = 8192


@dataclass(frozen=True)
class PolicyFigures:
    """How well a policy says what was played.

    Args:
        rows: how many decisions.
        nll: mean negative log-likelihood of the play made.
        uniform: the same of any legal play.
        agreement: share in which the likeliest play was made.
        regret: mean chance lost by the likeliest play against the play made.
    """

    rows: int
    nll: float
    uniform: float
    agreement: float
    regret: float


def split_hands(rows: PolicyRows) -> tuple[PolicyRows, PolicyRows]:
    """Rows to train on, and those of the hands held out."""
    held = rows.hands % 100 >= 100 - HELD_OUT
    return rows.take(~held), rows.take(held)


class PolicyModule(pl.LightningModule):
    """The network and how it learns.

    Args:
        training: how.
        n_steps: steps in all, for the learning rate.
        start: numbers to go on from.
    """

    def __init__(
        self, training: PolicyTraining, n_steps: int, start: PolicyNumbers | None = None
    ) -> None:
        super().__init__()
        self.training_options, self.n_steps = training, n_steps
        self.network = PolicyNetwork()
        self.highest = training.lr
        if start is not None:
            self.network.start_from(start)
            self.highest /= 2

    def transfer_batch_to_device(
        self, batch: PolicyRows, device: torch.device, dataloader_idx: int
    ) -> PolicyRows:
        """See LightningModule."""
        moved = {each.name: getattr(batch, each.name).to(device) for each in fields(batch)}
        return PolicyRows(**moved)

    def training_step(self, rows: PolicyRows, _: int) -> Tensor:
        """See LightningModule."""
        logits = self.network(rows.context, rows.candidates)
        how = self.training_options
        loss = imitation_loss(logits, rows.slots, rows.chances, how.soft, how.tau)
        return loss + how.lost * chance_lost(logits, rows.chances) if how.lost else loss

    def configure_optimizers(self) -> Any:
        """See LightningModule."""
        optimizer = torch.optim.Adam(self.network.parameters(), lr=self.highest)
        rate = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.highest, total_steps=self.n_steps + 1, pct_start=0.15
        )
        return [optimizer], [{"scheduler": rate, "interval": "step"}]


class _Batches:
    """Rows in random order, another one each time."""

    def __init__(self, rows: PolicyRows, training: PolicyTraining) -> None:
        self.rows, self.size = rows, training.batch_size
        self.order = torch.Generator().manual_seed(training.seed)

    def __len__(self) -> int:
        return -(-len(self.rows) // self.size)

    def __iter__(self) -> Iterator[PolicyRows]:
        order = torch.randperm(len(self.rows), generator=self.order)
        for some in torch.split(order, self.size):
            yield self.rows.take(some)


class _EnoughError(Exception):
    """Somebody asked for an end."""


class _Report(pl.Callback):
    def __init__(
        self,
        held: PolicyRows,
        told: Callable[[int, PolicyFigures], None],
        stopped: Callable[[], bool],
    ) -> None:
        self.held, self.told, self.stopped = held, told, stopped

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        keep_handlers(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, PolicyModule)
        figures = figures_of(pl_module.network, self.held)
        if not all(map(math.isfinite, (figures.nll, figures.regret))):
            raise _not_finite(trainer)
        self.told(trainer.current_epoch + 1, figures)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        if not bool(torch.isfinite(outputs["loss"])):
            raise _not_finite(trainer)
        if self.stopped():
            raise _EnoughError


def _not_finite(trainer: pl.Trainer) -> ForgeError:
    return ForgeError(
        f"training stopped at step {trainer.global_step}: its numbers are no longer finite; "
        "a lower learning rate may help"
    )


def train_policy(
    rows: PolicyRows,
    training: PolicyTraining,
    start: PolicyNumbers | None = None,
    told: Callable[[int, PolicyFigures], None] = lambda epoch, figures: None,
    stopped: Callable[[], bool] = lambda: False,
) -> PolicyNumbers:
    """A policy learnt from rows.

    Args:
        rows: of at least twenty hands; some are held out, see `HELD_OUT`.
        training: how.
        start: a policy to go on from; None: from new numbers.
        told: called after each epoch with its number, from 1, and the figures on rows held out.
        stopped: asked after each step; true ends the training with what was learnt so far.

    Raises:
        ForgeError: if rows are too few, or numbers cease to be finite.
    """
    train, held = split_hands(rows)
    if not len(train) or not len(held):
        raise ForgeError("too few hands to hold some out: 100 or more")
    torch.manual_seed(training.seed)
    batches = _Batches(train, training)
    module = PolicyModule(training, training.epochs * len(batches), start)
    # So small a network gains nothing from a second thread, and waits for it on a busy machine.
    with one_thread(), quiet_lightning():
        trainer = pl.Trainer(
            max_epochs=training.epochs,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[_Report(held, told, stopped)],
        )
        with suppress(_EnoughError):
            trainer.fit(module, batches)
    return module.network.numbers()


@torch.no_grad()
def figures_of(network: PolicyNetwork, rows: PolicyRows) -> PolicyFigures:
    """How well a network says what was played in rows."""
    nll = uniform = agreement = regret = 0.0
    for some in torch.split(torch.arange(len(rows)), _EVALUATED_TOGETHER):
        part = rows.take(some)
        logits = network(part.context, part.candidates)
        likeliest = logits.argmax(dim=1)
        nll -= float(logits.log_softmax(dim=1).gather(1, part.slots[:, None]).sum())
        uniform += float((logits > -torch.inf).sum(dim=1).float().log().sum())
        agreement += float((likeliest == part.slots).sum())
        of_play = part.chances.gather(1, part.slots[:, None])
        of_likeliest = part.chances.gather(1, likeliest[:, None])
        regret += float((of_play - of_likeliest).nan_to_num(0.0).sum())
    n = len(rows)
    return PolicyFigures(n, nll / n, uniform / n, agreement / n, regret / n)
