"""`EqLightningModule`: training of a network that plays from transcripts."""

from collections.abc import Mapping

from torch import Tensor

from forge.learn.batches import check_choice, choose_slots, shares_of_slots
from forge.learn.network_module import NetworkModule
from forge.learn.settings import check_network_size, check_values
from forge.stage2.imitation import ImitationMetrics, choice_loss
from forge.stage2.metrics import EqMetrics
from forge.stage2.network import EqNetwork, EqPrediction, build_transcript_network
from forge.stage2.settings import Stage2Settings as Defaults

# Losses are in units of (10 points) squared.
_UNIT_SQUARE = 100.0
# Temperature of `policy`, in points.
_POLICY_POINTS = 3.0
# Weight of the spread's squared error, so that the prediction of E[Q] comes first.
_SPREAD_WEIGHT = 0.1


class EqLightningModule(NetworkModule):
    """Training on E[Q] files.

    The mean is fitted by squared error, each label weighted by its precision: one that few worlds
    gave counts less. The error of the mean is fitted, without a say in the mean, by the likelihood
    of what the mean misses beyond the noise of the label, on a tenth of the games which the mean is
    not fitted to: on games that it has seen a network is closer than on new ones.

    Args:
        embed_dim, n_heads, n_layers, ff_dim, dropout: the network, see
            `build_transcript_network`.
        lr, weight_decay, optimizer: see `NetworkModule`.
        arch: which network.
        floor: points; what a perfect label would weigh as if it were its standard error.
        imitate: whether it learns to choose as the player of the games did, too; it plays so then.

    Raises:
        ForgeError: on a value that makes no sense, or sizes that do not fit together.
    """

    STAGE = 2
    RUN_NAME = "eq"

    def __init__(
        self,
        embed_dim: int = Defaults.embed_dim,
        n_heads: int = Defaults.n_heads,
        n_layers: int = Defaults.n_layers,
        ff_dim: int = Defaults.ff_dim,
        dropout: float = Defaults.dropout,
        lr: float = Defaults.lr,
        weight_decay: float = Defaults.weight_decay,
        arch: str = Defaults.arch,
        optimizer: str = Defaults.optimizer,
        floor: float = Defaults.floor,
        imitate: bool = Defaults.imitate,
    ) -> None:
        sizes = {"embed_dim": embed_dim, "n_layers": n_layers, "ff_dim": ff_dim}
        check_values(Defaults, {**sizes, "n_heads": n_heads, "dropout": dropout, "floor": floor})
        check_network_size(**sizes)
        super().__init__(lr, weight_decay, optimizer)
        self.save_hyperparameters()
        self.floor, self.imitate = floor, imitate
        self.model: EqNetwork = build_transcript_network(
            arch, embed_dim, n_heads, n_layers, ff_dim, dropout, imitate
        )
        self.val_metrics, self.test_metrics = EqMetrics(), EqMetrics()
        self.val_imitation = ImitationMetrics() if imitate else None

    def forward(self, tokens: Tensor) -> EqPrediction:
        """Value the plays of transcripts.

        Args:
            tokens: int8 [B, 36, 8], see `forge.play.transcript`.

        Returns:
            by slot of the dealt hand, in points, **acting-team frame**; see `EqPrediction`.
        """
        found: EqPrediction = self.model(tokens)
        return found

    def best_slot(self, tokens: Tensor, legal: Tensor) -> Tensor:
        """The move that the network would play, in eval mode whatever the mode of the module.

        Args:
            tokens: int8 [B, 36, 8]; put on the device of the module.
            legal: bool or integer [B, 7]: `Games.legal`, or `torch.ops.forge.legal_slots`.

        Returns:
            int64 [B] on the device of `legal`: the legal slot with the highest E[Q], or that the
            player whom the network imitates would play likeliest; the lowest of equals.

        Raises:
            ForgeError: if a row has no legal slot.
        """
        check_choice(legal)
        mean, logits = self._scores(tokens)
        return choose_slots((mean if logits is None else logits).to(legal.device), legal)

    def policy(self, tokens: Tensor, legal: Tensor, temperature: float | None = None) -> Tensor:
        """How likely the network would play each slot.

        Args:
            tokens, legal: as `best_slot`.
            temperature: by how much a score must fall for a move to be e times rarer. None: 3
                points of E[Q]; 1 for the logits of a network that imitates a player.

        Returns:
            float32 [B, 7] on the device of `legal`: sums to 1, 0 where a slot may not be played.

        Raises:
            ForgeError: if a row has no legal slot, or on a temperature that is not above 0.
        """
        mean, logits = self._scores(tokens)
        scores, usual = (mean, _POLICY_POINTS) if logits is None else (logits, 1.0)
        return shares_of_slots(
            scores.to(legal.device), legal, usual if temperature is None else temperature
        )

    def _scores(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        """E[Q] in points and, of a network that imitates, logits; float [B, 7]."""
        with self.answering():
            found, logits = self.model.with_logits(tokens.to(self.device))
        return found.mean, logits

    def losses(
        self, found: EqPrediction, batch: Mapping[str, Tensor], logits: Tensor | None = None
    ) -> dict[str, Tensor]:
        """By name, float32 scalars: `loss`, and its parts `mean_loss`, `error_loss`,
        `spread_loss`; over legal plays. With logits [B, 7] also `choice_loss`, over the rows that
        tell what was played."""
        held_out = batch["held_out"][:, None]
        legal = batch["legal"]
        if "valued" in batch:
            legal = legal & batch["valued"][:, None]
        fitted, unseen = legal & ~held_out, legal & held_out
        square = (found.mean - batch["mean"]).square()
        floor = self.floor**2
        weight = floor / (floor + batch["noise"])
        mean_loss = _mean_over(weight * square, fitted) / _UNIT_SQUARE
        variance = found.error.square() + batch["noise"]
        error_loss = _mean_over(square.detach() / variance + variance.log(), unseen)
        spread_error = (found.spread - batch["spread"]).square()
        spread_loss = _mean_over(spread_error, fitted) / _UNIT_SQUARE
        losses = {
            "loss": mean_loss + _SPREAD_WEIGHT * spread_loss + error_loss / _UNIT_SQUARE,
            "mean_loss": mean_loss,
            "error_loss": error_loss,
            "spread_loss": spread_loss,
        }
        if logits is not None:
            losses["choice_loss"] = choice_loss(logits, batch)
            losses["loss"] = losses["loss"] + losses["choice_loss"]
        return losses

    def training_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> Tensor:
        """The loss of one batch; logs `train/*`."""
        found, logits = self.model.with_logits(batch["tokens"])
        losses = self.losses(found, batch, logits)
        for name, loss in losses.items():
            self.log(
                f"train/{name}",
                loss.detach(),
                on_step=False,
                on_epoch=True,
                batch_size=len(batch["targets"]),
                sync_dist=True,
            )
        self.log("train/loss_step", losses["loss"].detach(), on_step=True, prog_bar=True)
        return losses["loss"]

    def validation_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> None:
        """Count one batch of the val split."""
        found, logits = self.model.with_logits(batch["tokens"])
        self.val_metrics.update(found, batch)
        if self.val_imitation is not None and logits is not None:
            self.val_imitation.update(logits, batch)

    def test_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> None:
        """Count one batch of the test split."""
        self.test_metrics.update(self(batch["tokens"]), batch)

    def on_validation_epoch_end(self) -> None:
        """Log `val/q_gap` and the rest, over all of the val split."""
        self._log_metrics("val", self.val_metrics)
        if self.val_imitation is not None:
            self._log_metrics("val", self.val_imitation)

    def on_test_epoch_end(self) -> None:
        """Log `test/q_gap` and the rest, over all of the test split."""
        self._log_metrics("test", self.test_metrics)

    def _log_metrics(self, stage: str, metrics: EqMetrics | ImitationMetrics) -> None:
        for name, figure in metrics.compute().items():
            self.log_joined(f"{stage}/{name}", figure)
        metrics.reset()


def _mean_over(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean of the chosen ones, 0 where there are none."""
    return values.masked_fill(~chosen, 0.0).sum() / chosen.sum().clamp(min=1)
