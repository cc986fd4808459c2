"""Models by name: what there is, where it lies, and whether it is what was promoted.

Only `load` needs torch.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.errors import ForgeError
from forge.work.hashing import sha256_of

if TYPE_CHECKING:
    import torch

    from forge.learn.network_module import NetworkModule

SHIPPED: Final = Path(__file__).parent
INDEX_FILE: Final = "catalog.json"
INDEX_VERSION: Final = 1
WEIGHT_SUFFIXES: Final = (".ckpt", ".safetensors")


@dataclass(frozen=True)
class WeightsFile:
    """One file of a model, as it was when it was promoted."""

    sha256: str
    size_bytes: int


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
    n_params: int
    hyper_parameters: dict[str, Any]
    dtype: str
    files: dict[str, WeightsFile]
    metrics: dict[str, float]
    intervals: dict[str, list[float]]
    n_positions: int
    measured_on: str
    notes: str
    source: dict[str, Any]
    training: dict[str, Any]
    created: str
    versions: dict[str, str]
    stage: int = 1

    @property
    def arch(self) -> str:
        """The network in a few words: `transformer 4x128`."""
        hparams = self.hyper_parameters
        return f"{hparams.get('arch', 'transformer')} {hparams['n_layers']}x{hparams['embed_dim']}"

    def order(self) -> tuple[int, float, str]:
        """Sorting key: the largest first, then the best."""
        return (-self.n_params, self.metrics["q_gap"], self.name)


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
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        if index["version"] != INDEX_VERSION:
            raise ForgeError(f"{path}: version {index['version']}, expected {INDEX_VERSION}")
        models = [_model(entry) for entry in index["models"]]
    except ForgeError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgeError(f"{path}: not an index of models ({error})") from error
    return sorted(models, key=Model.order)


def _model(entry: dict[str, Any]) -> Model:
    files = {suffix: WeightsFile(**file) for suffix, file in entry["files"].items()}
    return Model(**{**entry, "files": files})


def index_bytes(models: list[Model]) -> bytes:
    """The index of some models: JSON, UTF-8."""
    index = {"version": INDEX_VERSION, "models": [asdict(model) for model in models]}
    return (json.dumps(index, indent=2, allow_nan=False) + "\n").encode()


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
