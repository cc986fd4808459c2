"""`manifest.yaml` of tokenised data, and the settings of a run under way: what they may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from annotated_types import Ge, Le

from forge.ml.tokenized.npy_writer import MAX_ROWS
from forge.work.file_schema import in_file, read_as
from forge.work.yaml_files import read_yaml

MANIFEST: Final = "manifest.yaml"


@in_file(others="ignore")
@dataclass(frozen=True)
class SplitInManifest:
    """A split: rows, shards (how many, or which), and the hash of its arrays."""

    samples: Annotated[int, Ge(0), Le(MAX_ROWS)] | None = None
    files: Any = None
    sha256: str | None = None


@in_file(others="ignore")
@dataclass(frozen=True)
class ManifestSplits:
    """What a training looks at in a manifest, the author's too."""

    splits: dict[str, SplitInManifest | None] = field(default_factory=dict)


@in_file(others="ignore")
@dataclass(frozen=True)
class Manifest(ManifestSplits):
    """What is asked of data that others are added to."""

    version: int | None = None
    source: str | None = None
    global_seed: int | None = None
    samples_per_shard: int | None = None


@in_file(others="ignore")
@dataclass(frozen=True)
class StartedSettings:
    """The settings of a run under way or interrupted."""

    source: str | None = None
    global_seed: int | None = None
    samples_per_shard: int | None = None
    version: int | None = None
    replaces: bool = False


def read_plain(path: Path, kind: type[Any], remedy: str = "") -> dict[str, Any] | None:
    """What one of these files says, checked; None where there is no such file.

    Args:
        path: the file.
        kind: a class of this module.
        remedy: what may be done about a damaged one, for the end of the error.

    Raises:
        ForgeError: that names the file, the key and what is valid.
    """
    content = read_yaml(path, remedy)
    if content is not None:
        read_as(kind, content, str(path), remedy)
    return content
