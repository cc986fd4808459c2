"""What the training of every network shares: optimiser, schedule, checkpoints, random state."""

import pickle
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar, Final, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.optimizers import check_optimizer, make_optimizer

with extra("train"):
    import lightning.pytorch as pl
    from lightning.pytorch.trainer.states import TrainerFn
    from lightning.pytorch.utilities.types import OptimizerLRScheduler

# The cosine ends at this share of the first learning rate.
FINAL_LR_SHARE: Final = 0.01
# The folder that holds the package `forge`.
_SITE: Final = Path(__file__).parents[2]
_RNG_KEY: Final = "forge_rng_by_rank"
# Tells the stage of a network in the files that this project writes; the author's have none.
STAGE_KEY: Final = "forge_stage"

_Module = TypeVar("_Module", bound="NetworkModule")


class NetworkModule(pl.LightningModule):
    """A network under training.

    Subclasses build `model` after `super().__init__`, and say in `STAGE` what they learn and in
    `RUN_NAME` where their runs go.

    Args:
        lr: first learning rate; it falls as a cosine over the steps of the run.
        weight_decay: on matrices; biases and norms are left alone.
        optimizer: `adamw` or `muon`, see `make_optimizer`.

    Raises:
        ForgeError: on a value that makes no sense.
    """

    # 1 sees all hands, 2 sees what a seat may see.
    STAGE: ClassVar[int]
    RUN_NAME: ClassVar[str]
    model: nn.Module

    def __init__(self, lr: float, weight_decay: float, optimizer: str) -> None:
        super().__init__()
        if lr <= 0.0:
            raise ForgeError(f"lr must be above 0, got {lr}")
        if weight_decay < 0.0:
            raise ForgeError(f"weight_decay must be at least 0, got {weight_decay}")
        check_optimizer(optimizer)
        self.lr, self.weight_decay, self.optimizer = lr, weight_decay, optimizer
        self._rng_to_restore: dict[str, Any] | None = None

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Be asked and not trained: nothing is dropped out, and no gradient is kept."""
        was_training = self.training
        self.eval()
        try:
            with torch.inference_mode():
                yield
        finally:
            self.train(was_training)

    def log_joined(self, name: str, figure: Tensor) -> None:
        """Log an epoch figure that every process has computed over all of them."""
        # Every process has the same figure already. Averaging equals changes nothing, and
        # Lightning warns when an epoch figure is logged without it.
        on_bar = name in ("val/q_gap", "val/q_mae")
        self.log(name, figure.float(), sync_dist=True, prog_bar=on_bar, batch_size=1)

    # ---- optimisation ------------------------------------------------------------------------

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimiser, with a cosine over the steps of the run (constant if it has no end)."""
        optimizer = make_optimizer(self.model, self.optimizer, self.lr, self.weight_decay)
        n_steps = self.trainer.estimated_stepping_batches
        if n_steps == float("inf"):
            return optimizer
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=max(1, int(n_steps)), eta_min=self.lr * FINAL_LR_SHARE
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    # ---- checkpoints -------------------------------------------------------------------------

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]  # the parent hides its own signature
        cls: type[_Module],
        checkpoint_path: str | Path | IO[bytes],
        map_location: torch.device | str | int | Callable[..., Any] | None = None,
        hparams_file: str | Path | None = None,
        strict: bool | None = None,
        weights_only: bool | None = True,
        **kwargs: Any,
    ) -> _Module:
        """A module with the weights and hyperparameters of a checkpoint, ours or the author's.

        As Lightning's own, but never unpickles objects unless `weights_only=False` says so. A path
        `forge/models/NAME.ckpt` that is not there is looked for in the installed package.

        Raises:
            ForgeError: if the file is missing or cut short, holds objects, or holds another
                network.
        """
        if isinstance(checkpoint_path, str | Path):
            checkpoint_path = _in_package(Path(checkpoint_path))
        try:
            with warnings.catch_warnings():
                # What torch has to say about a foreign pickle is in the error below.
                warnings.simplefilter("ignore", UserWarning)
                return super().load_from_checkpoint(
                    checkpoint_path, map_location, hparams_file, strict, weights_only, **kwargs
                )
        except FileNotFoundError as error:
            raise ForgeError(f"no checkpoint at {checkpoint_path}") from error
        except pickle.UnpicklingError as error:
            raise ForgeError(
                f"{checkpoint_path}: holds more than weights and plain values, not unpickled"
            ) from error
        except (RuntimeError, KeyError, TypeError, AttributeError, EOFError, OSError) as error:
            # PyTorch lists every differing parameter on a line of its own: the first will do.
            lines = [line.strip() for line in str(error).splitlines()]
            raise ForgeError(
                f"{checkpoint_path}: not a checkpoint of this network (Stage {cls.STAGE}): "
                f"{' '.join(lines[:2])}"
            ) from error

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the stage, and the random state of every process as tensors and plain values."""
        checkpoint[STAGE_KEY] = self.STAGE
        state = _rng_state()
        by_rank: list[Any] = [state]
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            # Lightning calls this in every process, though only the first one writes.
            by_rank = [None] * torch.distributed.get_world_size()
            torch.distributed.all_gather_object(by_rank, state)
        checkpoint[_RNG_KEY] = by_rank

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the random state for the start of a resumed run.

        Loading for inference or validation leaves the caller's random state alone.
        """
        if self._trainer is None or self._trainer.state.fn != TrainerFn.FITTING:
            return
        by_rank = checkpoint.get(_RNG_KEY, [])
        if len(by_rank) == self._trainer.world_size:
            self._rng_to_restore = by_rank[self._trainer.global_rank]

    def on_train_start(self) -> None:
        """Put the random state back, after everything that sets up a run has drawn from it."""
        if self._rng_to_restore is not None:
            _set_rng_state(self._rng_to_restore)
            self._rng_to_restore = None


def _in_package(path: Path) -> Path:
    """The path, or where the installed package has it if that is where it is."""
    shipped = _SITE / path
    return shipped if path.parts[:2] == ("forge", "models") and not path.exists() else path


def _rng_state() -> dict[str, Any]:
    """The state of all generators, in types that `torch.load(weights_only=True)` accepts."""
    _, keys, position, has_gauss, cached_gauss = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": {
            "keys": torch.tensor(np.asarray(keys, dtype=np.int64)),
            "position": int(position),
            "has_gauss": int(has_gauss),
            "cached_gauss": float(cached_gauss),
        },
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def _set_rng_state(state: Mapping[str, Any]) -> None:
    """Undo `_rng_state`; CUDA generators only if the machine has as many devices."""
    random.setstate(state["python"])
    saved = state["numpy"]
    np.random.set_state(
        (
            "MT19937",
            saved["keys"].cpu().numpy().astype(np.uint32),
            saved["position"],
            saved["has_gauss"],
            saved["cached_gauss"],
        )
    )
    torch.set_rng_state(state["torch"].cpu())
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([device_state.cpu() for device_state in state["cuda"]])
