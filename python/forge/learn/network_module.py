"""What the training of every network shares: optimiser, schedule, checkpoints, random state."""

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
from forge.learn.checkpoint_files import check_sizes, not_this_network, read_checkpoint
from forge.learn.optimizers import check_optimizer, make_optimizer, regrouped
from forge.learn.settings import NetworkSettings, check_values
from forge.learn.strategies import shard
from forge.work.tensor_files import check_finite, plain_objects
from forge.work.yaml_files import read_yaml

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
_HPARAMS: Final = "hyper_parameters"

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
        check_values(NetworkSettings, {"lr": lr, "weight_decay": weight_decay})
        check_optimizer(optimizer)
        self.lr, self.weight_decay, self.optimizer = lr, weight_decay, optimizer
        self._rng_to_restore: dict[str, Any] | None = None
        self._is_shared_out = False

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

    def configure_model(self) -> None:
        """Share the network out, where the strategy does; Lightning calls it when processes have
        found each other."""
        if self._trainer is not None and not self._is_shared_out:
            self._is_shared_out = True
            shard(self.model, self._trainer.strategy)

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
        name = str(checkpoint_path) if isinstance(checkpoint_path, Path) else "the checkpoint"
        if weights_only:
            began = None if isinstance(checkpoint_path, Path) else checkpoint_path.tell()
            found = read_checkpoint(checkpoint_path)
            if hparams_file is None and strict is not False:
                check_sizes(found | {_HPARAMS: {**found.get(_HPARAMS, {}), **kwargs}}, name)
            if began is not None:
                checkpoint_path.seek(began)  # type: ignore[union-attr]
        if hparams_file is not None and Path(hparams_file).suffix in (".yaml", ".yml"):
            read_yaml(Path(hparams_file))
        try:
            # Lightning would call the function that a checkpoint names here to make the module.
            kwargs["_instantiator"] = None
            with warnings.catch_warnings(), plain_objects():
                # Of other versions, and of what is missing: errors tell what matters.
                warnings.simplefilter("ignore", UserWarning)
                module = super().load_from_checkpoint(
                    checkpoint_path, map_location, hparams_file, strict, weights_only, **kwargs
                )
        except ForgeError as error:
            raise ForgeError(f"{name}: {error}") from error
        except Exception as error:  # whatever Lightning and torch make of values of other kinds
            raise ForgeError(not_this_network(name, cls.STAGE, error)) from error
        check_finite(module.state_dict(), name)
        return module

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
        """Keep the random state for the start of a resumed run; put the optimiser's in our groups.

        Loading for inference or validation leaves the caller's random state alone.
        """
        if self._trainer is None or self._trainer.state.fn != TrainerFn.FITTING:
            return
        by_rank = checkpoint.get(_RNG_KEY, [])
        ours = make_optimizer(self.model, self.optimizer, self.lr, self.weight_decay)
        names = [name.removeprefix("model.") for name in checkpoint["state_dict"]]
        checkpoint["optimizer_states"] = [
            regrouped(each, names, self.model, ours) for each in checkpoint["optimizer_states"]
        ]
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
