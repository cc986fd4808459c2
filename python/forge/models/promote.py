"""Promotion: a checkpoint of a run becomes a named, measured and documented model."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import torch

import forge
from forge.errors import ForgeError
from forge.learn.batches import RowSource
from forge.learn.checkpoint_files import read_checkpoint, read_run_record
from forge.learn.network_module import NetworkModule
from forge.learn.weights import ckpt_bytes, safetensors_bytes, stripped_state
from forge.models import card
from forge.models.catalog import (
    INDEX_FILE,
    SHIPPED,
    VALID_NAME,
    WEIGHT_SUFFIXES,
    Model,
    WeightsFile,
    index_bytes,
    list_models,
)
from forge.models.stages import STAGES, Measured, load_network, mode_of
from forge.work.atomic import FileClaim
from forge.work.hashing import sha256_of
from forge.work.json_text import plain_copy

# A package that one installs with pip is no place for larger files.
MAX_SHIPPED_BYTES: Final = 8_000_000


@dataclass(frozen=True)
class PromoteOptions:
    """How a model is named and kept.

    Args:
        size_name: a word for its size; None goes by the number of parameters.
        name: of the files; None follows the naming convention.
        title: what tables call it; None is made of kind and size.
        notes: where it comes from.
        dtype: `float32` or `float16`, of the stored parameters.
        max_bytes: of each file; None for no limit.

    Raises:
        ForgeError: on a name that is no plain file name.
    """

    size_name: str | None = None
    name: str | None = None
    title: str | None = None
    notes: str = ""
    dtype: str = "float32"
    max_bytes: int | None = MAX_SHIPPED_BYTES

    def __post_init__(self) -> None:
        for option, value in (("name", self.name), ("size name", self.size_name)):
            if value is not None and not VALID_NAME.fullmatch(value):
                raise ForgeError(
                    f"{option} must be letters, digits and . _ + - after a letter or digit, "
                    f"got {value!r}"
                )
        if any("\n" in text or "|" in text for text in (self.title or "", self.notes)):
            raise ForgeError("title and notes must be one line without |")


def promote(
    checkpoint: Path,
    folder: Path,
    open_rows: Callable[[], tuple[RowSource, str]],
    options: PromoteOptions | None = None,
    device: str = "auto",
    on_batch: Callable[[int, int], None] | None = None,
) -> Model:
    """Copy, measure, name and document a checkpoint.

    What is measured is what is stored: weights alone, rounded to `options.dtype`. The files, the
    index and the README's tables appear when all of them have been written.

    Args:
        checkpoint: of a run of either stage, ours or the author's.
        folder: of the catalogue; made if it is not there.
        open_rows: called once the arguments are known to be good; returns the val positions (for
            Stage 2: `JudgedDecisions`) to measure on, and what they are in words.
        options: see `PromoteOptions`.
        device: to measure on.
        on_batch: called with (positions done, in all) while measuring.

    Returns:
        the new entry of the index.

    Raises:
        ForgeError: if the checkpoint is unusable, a file too large, or the model is there already.
    """
    options = options or PromoteOptions()
    if checkpoint.is_file() and checkpoint.parent.resolve() == folder.resolve():
        raise ForgeError(f"{checkpoint} is in the catalogue's folder already")
    original = load_network(checkpoint)
    stage = STAGES[original.STAGE]
    hparams = dict(original.hparams)
    state = stripped_state(original, options.dtype)
    weights = {
        ".ckpt": ckpt_bytes(state, hparams, stage.number),
        ".safetensors": safetensors_bytes(state, hparams, stage.number),
    }
    _check_sizes(weights, options.max_bytes)
    if options.name is not None:
        _check_free(options.name, folder)
    module = stage.kind.load_from_checkpoint(
        BytesIO(weights[".ckpt"]), map_location="cpu", strict=True
    )
    rows, measured_on = open_rows()
    result = stage.measure(module, rows, device=device, on_batch=on_batch)
    model = _entry(module, result, measured_on, weights, checkpoint, options)
    _write(model, weights, folder)
    return model


def _check_sizes(weights: dict[str, bytes], max_bytes: int | None) -> None:
    for suffix, data in weights.items():
        if max_bytes is not None and len(data) > max_bytes:
            raise ForgeError(
                f"the {suffix} file would have {len(data) / 1e6:.1f} MB, at most "
                f"{max_bytes / 1e6:g} MB ship: try --dtype float16, or --no-limit with --to DIR"
            )


def _check_free(name: str, folder: Path) -> None:
    if name in {model.name for model in list_models(folder)}:
        raise ForgeError(f"{name} is in the catalogue already: choose another --name")
    for suffix in (*WEIGHT_SUFFIXES, ".md"):
        if (folder / (name + suffix)).exists():
            raise ForgeError(f"{folder / (name + suffix)} is there already and is not overwritten")


def _source(checkpoint: Path) -> dict[str, Any]:
    """What is known of where a checkpoint comes from."""
    known: dict[str, Any] = {"file": checkpoint.name, "sha256": sha256_of(checkpoint)}
    if checkpoint.suffix != ".safetensors":
        saved = read_checkpoint(checkpoint)
        known |= {key: int(saved[key]) for key in ("epoch", "global_step") if key in saved}
    return known


def _training(checkpoint: Path) -> dict[str, Any]:
    """What the run wrote beside a checkpoint, as plain values of JSON."""
    plain: dict[str, Any] = plain_copy(read_run_record(checkpoint))
    return plain


def _entry(
    module: NetworkModule,
    result: Measured,
    measured_on: str,
    weights: dict[str, bytes],
    checkpoint: Path,
    options: PromoteOptions,
) -> Model:
    n_params = sum(p.numel() for p in module.parameters())
    size = options.size_name or card.size_name(n_params)
    mode, kept = mode_of(module), STAGES[module.STAGE].metrics
    return Model(
        name=options.name or card.model_name(mode, size, n_params, result.metrics),
        title=options.title or card.model_title(mode, size),
        loss_mode=mode,
        n_params=n_params,
        hyper_parameters=dict(module.hparams),
        dtype=options.dtype,
        files={
            suffix: WeightsFile(sha256(data).hexdigest(), len(data))
            for suffix, data in weights.items()
        },
        metrics={name: result.metrics[name] for name in kept if name in result.metrics},
        intervals={name: list(result.intervals[name]) for name in kept if name in result.intervals},
        n_positions=result.n_positions,
        measured_on=measured_on,
        notes=options.notes,
        source=_source(checkpoint),
        training=_training(checkpoint),
        created=datetime.now(timezone.utc).date().isoformat(),
        versions={package.__name__: package.__version__ for package in (forge, torch)},
        stage=module.STAGE,
    )


def _write(model: Model, weights: dict[str, bytes], folder: Path) -> None:
    """Put everything in place; the index, which makes it count, after the model's own files."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:

        def prepare(name: str, data: bytes) -> FileClaim:
            claim = stack.enter_context(_claim(folder / name))
            claim.write(data)
            claim.flush()
            return claim

        # Held while the index is read and rewritten, so that two promotions cannot lose one.
        index = stack.enter_context(_claim(folder / INDEX_FILE))
        _check_free(model.name, folder)
        models = [*list_models(folder), model]
        own = {**weights, ".md": card.model_card(model).encode(errors="surrogateescape")}
        claims = [prepare(model.name + suffix, data) for suffix, data in own.items()]
        index.write(index_bytes(models))
        index.flush()
        readme = prepare("README.md", _readme(folder, models))
        for claim in (*claims, index, readme):
            claim.commit()


def _claim(path: Path) -> FileClaim:
    claim = FileClaim.acquire(path)
    if claim is None:
        raise ForgeError(f"{path}: another promotion is writing it")
    return claim


def _readme(folder: Path, models: list[Model]) -> bytes:
    """The folder's README, or the package's for a folder without one, with the tables renewed."""
    path = folder / "README.md"
    template = path if path.is_file() else SHIPPED / "README.md"
    in_order = sorted(models, key=Model.order)
    return card.with_tables(template.read_text(encoding="utf-8"), in_order).encode(
        errors="surrogateescape"
    )
