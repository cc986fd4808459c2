"""`DominoLightningModule`: how a network is trained, validated and checkpointed."""

import logging
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS
from forge.learn.batches import check_choice, choose_slots, shares_of_slots
from forge.learn.network_module import NetworkModule
from forge.ml.metrics import EpochLosses, EpochMetrics, acting_qvals, acting_sign, slot_bias_warning
from forge.ml.networks.architectures import build_network
from forge.ml.networks.transformer import DominoTransformer
from forge.ml.settings import LOSS_MODES
from forge.ml.settings import Stage1Settings as Defaults

__all__ = ["LOSS_MODES", "DominoLightningModule", "DominoTransformer", "policy_loss", "q_loss"]

# Batches from one counted for `train/q_gap` and its kin to the next.
_TRAIN_METRICS_EVERY: Final = 20
# With fewer positions than this the mean error of a slot is mostly chance.
_MIN_SLOT_BIAS_POSITIONS: Final = 10_000

_log = logging.getLogger(__name__)


def policy_loss(
    logits: Tensor, batch: Mapping[str, Tensor], temperature: float, soft_weight: float
) -> Tensor:
    """Cross-entropy against the best slot and against softened Q values.

    The soft target is softmax(Q / temperature) over legal slots, Q in points and in the
    **acting-team frame**; the loss is (1 - soft_weight) * hard + soft_weight * soft.

    Args:
        logits: float [B, 7], **acting-team frame**.
        batch: `targets`, `legal`, `qvals` (**team-0 frame**), `teams`.
        temperature: points by which Q must fall for a target to drop by a factor e.
        soft_weight: 0 (hard only) .. 1 (soft only).

    Returns:
        float32 scalar.
    """
    illegal = ~batch["legal"].bool()
    log_probs = logits.float().masked_fill(illegal, -torch.inf).log_softmax(dim=-1)
    hard = functional.nll_loss(log_probs, batch["targets"].long())
    points = acting_qvals(batch["qvals"], batch["teams"]).float()
    soft_targets = (points / temperature).masked_fill(illegal, -torch.inf).softmax(dim=-1)
    # Illegal slots would give 0 * -inf = NaN.
    soft = -(soft_targets * log_probs.masked_fill(illegal, 0.0)).sum(dim=-1).mean()
    return (1.0 - soft_weight) * hard + soft_weight * soft


def q_loss(q_pred: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Mean squared error of predicted Q over the legal slots of a batch.

    Args:
        q_pred: float [B, 7], points, **acting-team frame**.
        batch: `legal`, `qvals` (**team-0 frame**), `teams`.

    Returns:
        float32 scalar, points squared.
    """
    legal = batch["legal"].bool()
    error = q_pred.float() - acting_qvals(batch["qvals"], batch["teams"])
    # No boolean indexing: its result has no static shape, and the device would have to wait.
    return error.square().masked_fill(~legal, 0.0).sum() / legal.sum()


class DominoLightningModule(NetworkModule):
    """Training of a network on tokenised positions.

    The hyperparameters are those of the author's checkpoints, whose layout this class reads and
    writes.

    Args:
        embed_dim, n_heads, n_layers, ff_dim, dropout: the network, see `build_network`.
        lr, weight_decay, optimizer: see `NetworkModule`.
        temperature, soft_weight: see `policy_loss`.
        value_weight: factor of the value head's squared error, which is in units of
            (42 points) squared.
        loss_mode: `policy` (scores are logits) or `qvalue` (scores are points).
        arch: which network, see `build_network`; the author's checkpoints know one.

    Raises:
        ForgeError: on a value that makes no sense, or sizes that do not fit together.
    """

    STAGE = 1
    RUN_NAME = "domino"

    def __init__(
        self,
        embed_dim: int = Defaults.embed_dim,
        n_heads: int = Defaults.n_heads,
        n_layers: int = Defaults.n_layers,
        ff_dim: int = Defaults.ff_dim,
        dropout: float = Defaults.dropout,
        lr: float = Defaults.lr,
        weight_decay: float = Defaults.weight_decay,
        temperature: float = 3.0,
        soft_weight: float = 0.7,
        value_weight: float = Defaults.value_weight,
        loss_mode: str = Defaults.loss_mode,
        arch: str = Defaults.arch,
        optimizer: str = Defaults.optimizer,
    ) -> None:
        super().__init__(lr, weight_decay, optimizer)
        if loss_mode not in LOSS_MODES:
            raise ForgeError(f"loss_mode must be policy or qvalue, got {loss_mode!r}")
        if not 0.0 <= soft_weight <= 1.0:
            raise ForgeError(f"soft_weight must lie in 0..1, got {soft_weight}")
        if temperature <= 0.0:
            raise ForgeError(f"temperature must be above 0, got {temperature}")
        if value_weight < 0.0:
            raise ForgeError(f"value_weight must be at least 0, got {value_weight}")
        self.save_hyperparameters()
        self.temperature, self.soft_weight = temperature, soft_weight
        self.value_weight = value_weight
        self.loss_mode = loss_mode
        self.model = build_network(arch, embed_dim, n_heads, n_layers, ff_dim, dropout)
        q_in_points = loss_mode == "qvalue"
        self.train_metrics = EpochMetrics(q_in_points)
        self.val_metrics = EpochMetrics(q_in_points)
        self.test_metrics = EpochMetrics(q_in_points)
        self.val_losses = EpochLosses()
        self.test_losses = EpochLosses()

    def forward(
        self, tokens: Tensor, mask: Tensor, current_player: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Scores float [B, 7] and value float [B], **acting-team frame**.

        Scores are logits (`policy`) or points (`qvalue`); value is V / 42. Arguments and the
        meaning of illegal slots as in `DominoTransformer.forward`.
        """
        scores, value = self.model(tokens, mask, current_player)
        return scores, value

    def best_slot(
        self, tokens: Tensor, mask: Tensor, current_player: Tensor, legal: Tensor
    ) -> Tensor:
        """The move that the network would play, in eval mode whatever the mode of the module.

        `forward` scores all seven slots, those that may not be played too, which its scores alone
        do not tell apart.

        Args:
            tokens, mask, current_player: as `forward`; put on the device of the module.
            legal: bool or integer [B, 7], see `torch.ops.forge.legal_slots`.

        Returns:
            int64 [B] on the device of `legal`: the legal slot with the highest score, the lowest
            of equals.

        Raises:
            ForgeError: if a row has no legal slot.
        """
        check_choice(legal)
        return choose_slots(self._scores(tokens, mask, current_player).to(legal.device), legal)

    def policy(
        self,
        tokens: Tensor,
        mask: Tensor,
        current_player: Tensor,
        legal: Tensor,
        temperature: float | None = None,
    ) -> Tensor:
        """How likely the network would play each slot; as `best_slot`.

        Args:
            tokens, mask, current_player, legal: as `best_slot`.
            temperature: by how much a score must fall for a move to be e times rarer. None: 1 for
                logits, for points what the module was trained with (3 unless said otherwise).

        Returns:
            float32 [B, 7] on the device of `legal`: sums to 1, 0 where a slot may not be played.

        Raises:
            ForgeError: if a row has no legal slot, or on a temperature that is not above 0.
        """
        if temperature is None:
            temperature = self.temperature if self.loss_mode == "qvalue" else 1.0
        scores = self._scores(tokens, mask, current_player).to(legal.device)
        return shares_of_slots(scores, legal, temperature)

    def _scores(self, tokens: Tensor, mask: Tensor, current_player: Tensor) -> Tensor:
        with self.answering():
            inputs = (each.to(self.device) for each in (tokens, mask, current_player))
            scores: Tensor = self(*inputs)[0]
        return scores

    # ---- steps -------------------------------------------------------------------------------

    def _losses(self, batch: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Losses by name (float32 scalars), scores and value of one batch."""
        scores, value = self(batch["tokens"], batch["masks"], batch["players"])
        if self.loss_mode == "policy":
            move_loss = policy_loss(scores, batch, self.temperature, self.soft_weight)
        else:
            move_loss = q_loss(scores, batch)
        true_value = batch["values"].float() * acting_sign(batch["teams"]) / HAND_POINTS
        value_loss = functional.mse_loss(value.float(), true_value)
        losses = {
            "loss": move_loss + self.value_weight * value_loss,
            f"{self.loss_mode}_loss": move_loss,
            "value_loss": value_loss,
        }
        return losses, scores, value

    def training_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> Tensor:
        """The loss of one batch; logs `train/*`, counts metrics on every 20th batch."""
        losses, scores, value = self._losses(batch)
        for name, loss in losses.items():
            self.log(
                f"train/{name}",
                loss.detach(),
                on_step=False,
                on_epoch=True,
                batch_size=len(scores),
                sync_dist=True,
            )
        self.log("train/loss_step", losses["loss"].detach(), on_step=True, prog_bar=True)
        # A sample of the batches shows the train/val gap; counting all would slow the step.
        if batch_idx % _TRAIN_METRICS_EVERY == 0:
            self.train_metrics.update(scores.detach(), value.detach(), batch)
        return losses["loss"]

    def validation_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> None:
        """Count one batch of the val split."""
        self._count(self.val_metrics, self.val_losses, batch)

    def test_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> None:
        """Count one batch of the test split."""
        self._count(self.test_metrics, self.test_losses, batch)

    def _count(
        self, metrics: EpochMetrics, epoch_losses: EpochLosses, batch: Mapping[str, Tensor]
    ) -> None:
        losses, scores, value = self._losses(batch)
        metrics.update(scores, value, batch)
        n_terms = len(scores) if self.loss_mode == "policy" else batch["legal"].sum()
        epoch_losses.update(
            losses[f"{self.loss_mode}_loss"], n_terms, losses["value_loss"], len(scores)
        )

    def on_train_epoch_end(self) -> None:
        """Log `train/q_gap` and the other epoch metrics, from every 20th batch."""
        if self.train_metrics.update_called:  # not where a run resumes at the end of an epoch
            self._log_metrics("train", self.train_metrics)

    def on_validation_epoch_end(self) -> None:
        """Log `val/loss`, `val/q_gap` and the rest, over all of the val split."""
        self._log_losses("val", self.val_losses)
        self._log_metrics("val", self.val_metrics)

    def on_test_epoch_end(self) -> None:
        """Log `test/loss`, `test/q_gap` and the rest, over all of the test split."""
        self._log_losses("test", self.test_losses)
        self._log_metrics("test", self.test_metrics)

    def _log_losses(self, stage: str, epoch_losses: EpochLosses) -> None:
        move_loss, value_loss = epoch_losses.compute()
        self.log_joined(f"{stage}/loss", move_loss + self.value_weight * value_loss)
        self.log_joined(f"{stage}/{self.loss_mode}_loss", move_loss)
        self.log_joined(f"{stage}/value_loss", value_loss)
        epoch_losses.reset()

    def _log_metrics(self, stage: str, metrics: EpochMetrics) -> None:
        summary = metrics.compute()
        for name, figure in summary.items():
            self.log_joined(f"{stage}/{name}", figure)
        if stage != "train" and metrics.legal_counts.min() >= _MIN_SLOT_BIAS_POSITIONS:
            warning = slot_bias_warning(summary)
            if warning is not None and self.trainer.is_global_zero:
                _log.warning("%s: %s", stage, warning)
        metrics.reset()
