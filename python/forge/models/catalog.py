"""Models by name: what there is, where it lies, and whether it is what was promoted.

Only `load` needs torch.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from annotated_types import Ge, Le, Len

from forge.errors import ForgeError
from forge.work.file_schema import in_file, read_as
from forge.work.hashing import sha256_of
from forge.work.json_text import read_json, sealed_json
from forge.work.plain_values import shown

if TYPE_CHECKING:
    import torch

    from forge.learn.network_module import NetworkModule

SHIPPED: Final = Path(__file__).parent
INDEX_FILE: Final = "catalog.json"
INDEX_VERSION: Final = 1
WEIGHT_SUFFIXES: Final = (".ckpt", ".safetensors")
VALID_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")


@in_file()
@dataclass(frozen=True)
class WeightsFile:
    """One file of a model, as it was when it was promoted."""

    sha256: str
    size_bytes: Annotated[int, Ge(0)]


@in_file()
@dataclass(frozen=True)
class Model:
    """One entry of the catalogue.

    Args:
        name: of the files, without suffix.
        title: what tables call it.
        loss_mode: `policy` or `qvalue`; `eq` for Stage 2.
        n_params: number of parameters.
        hyper_parameters: of the module.
        dtype: of the stored parameters.
        files: by suffix (`WEIGHT_SUFFIXES`).
        metrics: val figures by the names of `EpochMetrics`, or of `EqMetrics` for Stage 2 (points,
            shares).
        intervals: 95 % intervals of those that have one.
        n_positions: how many positions (Stage 2: decisions) were measured.
        measured_on: which, in words.
        notes: where it comes from, in the words of who promoted it.
        source: the promoted checkpoint: file name, SHA-256, epoch and step if it tells.
        training: what the run recorded beside that checkpoint, without its metrics; empty if it
            lies elsewhere.
        created: UTC date of the promotion.
        versions: of the packages it was measured with.
        stage: 1 sees all hands, 2 sees what a seat may see.
    """

    name: str
    title: str
    loss_mode: str
    n_params: Annotated[int, Ge(0)]
    hyper_parameters: dict[str, Any]
    dtype: str
    files: dict[str, WeightsFile]
    metrics: dict[str, float]
    intervals: dict[str, Annotated[list[float], Len(2, 2)]]
    n_positions: Annotated[int, Ge(0)]
    measured_on: str
    notes: str
    source: dict[str, Any]
    training: dict[str, Any]
    created: str
    versions: dict[str, str]
    stage: Annotated[int, Ge(1), Le(2)] = 1

    def __post_init__(self) -> None:
        if not VALID_NAME.fullmatch(self.name):
            said = shown(self.name)
            raise ForgeError(f"name must be that of a file without its suffix, got {said}")
        if ".ckpt" not in self.files or not set(self.files) <= set(WEIGHT_SUFFIXES):
            raise ForgeError(f"files must hold .ckpt, and of others only {WEIGHT_SUFFIXES[1]}")
        sizes = [self.hyper_parameters.get(name) for name in ("n_layers", "embed_dim")]
        if not all(type(size) is int and size > 0 for size in sizes):
            raise ForgeError("hyper_parameters must hold n_layers and embed_dim, 1 or more")
        if "q_gap" not in self.metrics:
            raise ForgeError("metrics must hold q_gap")

    @property
    def arch(self) -> str:
        """The network in a few words: `transformer 4x128`."""
        hparams = self.hyper_parameters
        return f"{hparams.get('arch', 'transformer')} {hparams['n_layers']}x{hparams['embed_dim']}"

    def order(self) -> tuple[int, float, str]:
        """Sorting key: the largest first, then the best."""
        return (-self.n_params, self.metrics["q_gap"], self.name)


@in_file()
@dataclass(frozen=True)
class Index:
    """All of a catalogue."""

    version: Literal[1]
    models: list[Model]


def list_models(folder: Path = SHIPPED) -> list[Model]:
    """The models of a catalogue, the largest first.

    Args:
        folder: with a `catalog.json`; without one there are no models.

    Raises:
        ForgeError: if the index is not one.
    """
    path = folder / INDEX_FILE
    if not path.is_file():
        return []
    index = read_as(Index, read_json(path), str(path))
    names = [model.name for model in index.models]
    for name in names:
        if names.count(name) > 1:
            raise ForgeError(f"{path}: {name} is there twice")
    return sorted(index.models, key=Model.order)


def index_bytes(models: list[Model]) -> bytes:
    """The index of some models: JSON, UTF-8."""
    index = {"version": INDEX_VERSION, "models": [asdict(model) for model in models]}
    return sealed_json(index, indent=2)


def load(
    name_or_path: str | Path,
    device: str | torch.device = "auto",
    folder: Path = SHIPPED,
) -> NetworkModule:
    """A model ready to use, in eval mode: a `DominoLightningModule`, or an `EqLightningModule`.

    Args:
        name_or_path: see `resolve`.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        folder: of the catalogue.

    Raises:
        ForgeError: as `resolve`, or if the file or the device cannot be used.
    """
    from forge.models.stages import load_network
    from forge.ops import resolve_device

    path = resolve(name_or_path, folder)
    return load_network(path).to(resolve_device(str(device)))


def resolve(name_or_path: str | Path, folder: Path = SHIPPED) -> Path:
    """The file that a name or a path stands for.

    Args:
        name_or_path: a file; or a name of the catalogue, with or without `.ckpt` or
            `.safetensors`, and with or without `forge/models/` in front; or the beginning of one
            name and no other, up to one of its hyphens: `domino-eq`.
        folder: of the catalogue.

    Returns:
        a file that exists; one of the catalogue has the SHA-256 of the index.

    Raises:
        ForgeError: if there is neither such a file nor such a model, or the hash is wrong.
    """
    path = Path(name_or_path)
    if path.is_file():
        if path.parent.resolve() != folder.resolve():
            return path
    elif str(path.parent) not in (".", "forge/models"):
        raise ForgeError(f"no checkpoint at {path}")
    suffix = path.suffix if path.suffix in WEIGHT_SUFFIXES else WEIGHT_SUFFIXES[0]
    name = path.name.removesuffix(suffix)
    models = {model.name: model for model in list_models(folder)}
    if name not in models:
        if path.is_file():
            return path
        begun = [each for each in models if each.startswith(f"{name}-")]
        if len(begun) == 1:
            return resolve(begun[0] + suffix, folder)
        if begun:
            raise ForgeError(f"{name} is the beginning of several models: {', '.join(begun)}")
        known = ", ".join(models) or "none"
        raise ForgeError(f"no checkpoint at {path} and no such model: the catalogue has {known}")
    status = file_status(models[name], suffix, folder)
    if status != "ok":
        raise ForgeError(f"{folder / (name + suffix)}: {status}: not the file that was promoted")
    return folder / (name + suffix)


def file_status(model: Model, suffix: str, folder: Path = SHIPPED) -> str:
    """`ok`, `missing`, or `wrong hash`."""
    path = folder / (model.name + suffix)
    if suffix not in model.files or not path.is_file():
        return "missing"
    return "ok" if sha256_of(path) == model.files[suffix].sha256 else "wrong hash"
