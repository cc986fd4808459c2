"""What a file of forge is, by what it holds, and the check of all of it.

A kind is a line of `KINDS`: what its files begin with, and a check that reads everything and says
what it was and how much of it. Names count only where a beginning is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.errors import ForgeError, reason_of
from forge.work.checksums import FILE_SEAL_KEY, check_seal, check_sealed_file, mapped
from forge.work.json_text import parse_json, read_json
from forge.work.mirror import fetched
from forge.work.store_path import source_of
from forge.work.wording import counted
from forge.work.yaml_files import SUM_MARK

if TYPE_CHECKING:
    from forge.game.deal import Deal

_LOOKED_AT_BYTES: Final = 4096
_ONNX_SEAL: Final = re.compile(FILE_SEAL_KEY.encode() + rb"\x12\x40([0-9a-f]{64})")
_ONNX_CARD_KEYS: Final = {"opset", "files", "checkpoint_sha256"}
NO_CHECKSUM: Final = "ok, without checksum"


@dataclass(frozen=True)
class Verified:
    """What is known of a file that passed.

    Args:
        kind: of file, in words.
        rows: how much of what is in it, in words.
        result: `ok`, and what else there is to say.
    """

    kind: str
    rows: str
    result: str = "ok"


def files_in(paths: list[Path]) -> Iterator[Path]:
    """Files as given; of a directory, all below it that are not hidden, sorted.

    Raises:
        ForgeError: for a path that is neither.
    """
    for path in paths:
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.is_file())
            for file in sorted(inside):
                if not any(part.startswith(".") for part in file.relative_to(path).parts):
                    yield file
        elif path.is_file():
            yield path
        else:
            raise ForgeError(
                f"{path} is not a file" if path.exists() else f"there is no file {path}"
            )


def verify_file(path: Path, deal: Deal | None = None) -> Verified | None:
    """Check everything in a file; None for one of a kind that forge does not write.

    Args:
        path: of the file.
        deal: of a shard that does not say its own.

    Raises:
        ForgeError: with the first thing that is wrong; names the file.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_LOOKED_AT_BYTES)
    except OSError as error:
        raise ForgeError(f"{path}: {reason_of(error)}") from error
    for begins, check in _BEGINNINGS.items():
        if head.startswith(begins):
            return check(path, deal)
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 100_000_000:
        return _safetensors(path, deal)
    by_name = _SUFFIXES.get(path.suffix)
    return None if by_name is None else by_name(path, deal)


# ---- Parquet and torch ---------------------------------------------------------------------------


def _parquet(path: Path, deal: Deal | None) -> Verified | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = set(pq.read_schema(source_of(path)).names)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ForgeError(f"{path} is not a readable Parquet file: {reason_of(error)}") from error
    if {"state", "V"} & names:
        return _shard(path, deal)
    if {"deals", "plays"} & names:
        from forge.policy.played_hands import load_hands

        return Verified("played hands", counted(len(load_hands(path, every_play=True)), "hand"))
    if {"model_checkpoint", "n_samples"} & names:
        from forge.bidding.schema import read_results

        return Verified("bidding file", counted(read_results(path).n_samples, "deal"))
    return None


def _shard(path: Path, deal: Deal | None) -> Verified:
    from forge.oracle.shards.checks import verify_shard

    found = verify_shard(path, deal)
    return Verified("oracle shard", counted(found.n_states, "state"), f"ok, V {found.value:+d}")


def _torch(path: Path, deal: Deal | None) -> Verified | None:
    from forge.work.tensor_files import read_tensors

    content = read_tensors(path, "file of torch", mmap=path.read_bytes()[:2] == b"PK")
    keys = {str(key) for key in content} if isinstance(content, dict) else set()
    if "state_dict" in keys:
        return _checkpoint(path, deal)
    if "e_q_mean" in keys:
        return _eq_file(path, deal)
    if {"format", "rounds", "network", "optimizer"} <= keys:
        return _refining(path, content)
    return _shard(path, deal) if {"states", "V"} & keys else None


def _refining(path: Path, content: Any) -> Verified:
    from forge.policy.refining import rounds_behind

    return Verified("state of refine-policy", counted(rounds_behind(path, content), "round"))


def _eq_file(path: Path, deal: Deal | None) -> Verified:
    from forge.eq.collate import check_record
    from forge.eq.records import read_record

    record = read_record(path)
    try:
        check_record(record)
    except ForgeError as error:
        raise ForgeError(f"{path}: {error}") from error
    return Verified("E[Q] file", counted(len(record), "decision"))


def _checkpoint(path: Path, deal: Deal | None) -> Verified:
    from forge.learn.checkpoint_files import read_checkpoint

    weights = read_checkpoint(path)["state_dict"]
    return Verified("checkpoint", counted(sum(each.numel() for each in weights.values()), "weight"))


def _safetensors(path: Path, deal: Deal | None) -> Verified:
    from safetensors import SafetensorError, safe_open

    from forge.work.tensor_files import check_finite

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ForgeError(f"{path} is not readable as safetensors: {reason_of(error)}") from error
    result = "ok" if check_sealed_file(path, metadata) else NO_CHECKSUM
    check_finite(weights, str(path))
    n_weights = sum(each.numel() for each in weights.values())
    return Verified("safetensors", counted(n_weights, "weight"), result)


def _policy(path: Path, deal: Deal | None) -> Verified:
    from forge.policy.numbers import load_policy

    return Verified("policy", counted(len(load_policy(path).tensor), "weight"))


def _onnx(path: Path, deal: Deal | None) -> Verified:
    with mapped(path) as content:
        seals = [each.decode() for each in _ONNX_SEAL.findall(content)]
        if seals:
            check_seal(content, seals[-1], path)
    if not seals and path.stat().st_size == 0:
        raise ForgeError(f"{path} is empty")
    return Verified("ONNX export", "", "ok" if seals else NO_CHECKSUM)


# ---- tokenised data ------------------------------------------------------------------------------


def _array(path: Path, deal: Deal | None) -> Verified | None:
    from forge.ml.rows import ROW_SHAPES
    from forge.ml.tokenized.block_sums import BLOCK_SUMS

    if path.name not in {*(f"{name}.npy" for name in ROW_SHAPES), BLOCK_SUMS}:
        return None
    path = fetched(path.parent) / path.name
    files = sorted(path.parent.iterdir())
    stamp = tuple((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    return _split(path.parent, stamp)


@lru_cache(maxsize=8)
def _split(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> Verified:
    """All arrays of a split, with its journal and what the manifest says of it; once, as long as
    its files stay what they are."""
    from forge.ml.data import TokenizedSplit
    from forge.ml.tokenized.manifest import MANIFEST, Manifest, read_plain
    from forge.ml.tokenized.npy_writer import data_hash, read_journal

    split = TokenizedSplit(folder)
    split.check_all()
    manifest = read_plain(folder.parent / MANIFEST, Manifest) or {}
    about = (manifest.get("splits") or {}).get(folder.name) or {}
    if about.get("samples") not in (None, len(split)):
        raise ForgeError(
            f"{folder}: {len(split)} samples, but {MANIFEST} says {about.get('samples')}"
        )
    journal = read_journal(folder)
    if journal and sum(entry.samples for entry in journal) != len(split):
        raise ForgeError(f"{folder}: {len(split)} samples, but its list of shards says otherwise")
    seal = about.get("sha256")
    if seal is not None and data_hash(folder) != seal:
        raise ForgeError(f"{folder}: its arrays do not have the SHA-256 that {MANIFEST} says")
    has_sum = seal is not None or split.sums.is_there
    return Verified("tokenised split", counted(len(split), "row"), "ok" if has_sum else NO_CHECKSUM)


# ---- text ----------------------------------------------------------------------------------------


def _json_lines(path: Path, deal: Deal | None) -> Verified | None:
    from forge.work.json_lines import open_line
    from forge.work.results_file import FoundResults

    content = path.read_bytes()
    first = content.partition(b"\n")[0]
    if path.name == "shards.jsonl":
        from forge.ml.tokenized.npy_writer import read_journal

        return Verified("list of shards", counted(len(read_journal(path.parent)), "shard"))
    for kind in _results_formats():
        if first.startswith(b'{"format":"%s"' % kind.name.encode()):
            found = FoundResults.read(kind, content, path, closely=True)
            result = f"ok, {found.n_repeated:,} there twice" if found.n_repeated else "ok"
            if not open_line(first)[1]:
                result += ", without checksum"
            return Verified(kind.name.removeprefix("forge ") + " results", _rows(found), result)
    try:
        open_line(first)
    except ForgeError as error:
        raise ForgeError(f"{path}: line 1 is damaged: {error}") from error
    return None


def _rows(found: Any) -> str:
    return counted(len(found.rows), "line")


def _results_formats() -> list[Any]:
    from forge.arena.results import ARENA
    from forge.bidding.calibration.hands import HANDS as CALIBRATION_HANDS
    from forge.bidding.hands_file import HANDS
    from forge.flywheel.policy_rounds import ROUNDS
    from forge.policy.refining import ROUNDS as REFINING

    return [ARENA, CALIBRATION_HANDS, HANDS, ROUNDS, REFINING]


def _json(path: Path, deal: Deal | None) -> Verified | None:
    with path.open("rb") as file:
        has_lines = path.suffix == ".jsonl" or b'\n{"' in file.read(1 << 20)
    if has_lines:
        return _json_lines(path, deal)
    found = read_json(path)
    if not isinstance(found, dict):
        return None
    result = "ok" if _is_sealed(path) else NO_CHECKSUM
    if set(found) == {"version", "models"}:
        return _catalogue(path, result)
    if found.get("format") == "forge bidding calibration" or "intercepts" in found:
        from forge.bidding.calibration.logistic import Calibration

        Calibration.read(path)
        return Verified("calibration", "", result)
    if set(found) >= _ONNX_CARD_KEYS:
        return _onnx_card(path, found, result)
    if {"sha256", "figures", "curve"} <= set(found):
        from forge.policy.card import read_card

        if (status := read_card(path).status(path.with_suffix(".policy"))) != "ok":
            raise ForgeError(f"{path}: {path.with_suffix('.policy').name}: {status}")
        return Verified("card of a policy", "", result)
    return Verified("JSON", "", result) if result == "ok" else None


def _is_sealed(path: Path) -> bool:
    return FILE_SEAL_KEY in parse_json(path.read_bytes())


def _catalogue(path: Path, result: str) -> Verified:
    from forge.models.catalog import file_status, list_models

    models = list_models(path.parent)
    for model in models:
        for suffix in model.files:
            if (status := file_status(model, suffix, path.parent)) != "ok":
                raise ForgeError(f"{path}: {model.name}{suffix}: {status}")
    return Verified("catalogue", counted(len(models), "model"), result)


def _onnx_card(path: Path, card: dict[str, Any], result: str) -> Verified:
    from forge.work.hashing import sha256_of

    files = card["files"] if isinstance(card["files"], list) else []
    for each in files:
        file = path.parent / Path(str(each["file"])).name
        if not file.is_file():
            raise ForgeError(f"{path}: {file.name}: missing")
        if sha256_of(file) != each["sha256"]:
            raise ForgeError(f"{path}: {file.name}: wrong hash")
    return Verified("card of an export", counted(len(files), "file"), result)


def _yaml(path: Path, deal: Deal | None) -> Verified:
    from forge.work.yaml_files import read_yaml

    found = read_yaml(path, finite=False) or {}
    with path.open("rb") as file:
        result = "ok" if file.read(len(SUM_MARK)) == SUM_MARK else NO_CHECKSUM
    if {"status", "current", "history"} <= set(found):
        from forge.flywheel.state_file import read_state_file

        state = read_state_file(path)
        assert state is not None
        return Verified("flywheel", counted(len(state.history), "iteration"), result)
    if "splits" not in found:
        return Verified("record", "", result)
    for split, about in found["splits"].items():
        samples = about.get("samples") if isinstance(about, dict) else None
        if samples and not (path.parent / str(split) / "tokens.npy").is_file():
            raise ForgeError(f"{path}: {split} is missing: {samples:,} samples")
    return Verified("manifest", counted(len(found["splits"]), "split"), result)


def _source(path: Path, deal: Deal | None) -> Verified | None:
    words = path.read_text("ascii", errors="replace").split()
    if len(words) != 2 or not all(re.fullmatch("[0-9a-f]{64}", each) for each in words):
        return None
    return Verified("what a policy was learnt from", "", NO_CHECKSUM)


_Check = Callable[[Path, "Deal | None"], "Verified | None"]
_BEGINNINGS: Final[dict[bytes, _Check]] = {
    b"PAR1": _parquet,
    b"PK\x03\x04": _torch,
    b"FORGEPOL": _policy,
    b"\x93NUMPY": _array,
    b"{": _json,
    SUM_MARK: _yaml,
}
_SUFFIXES: Final[dict[str, _Check]] = {
    ".parquet": _parquet,
    ".pt": _torch,
    ".ckpt": _torch,
    ".safetensors": _safetensors,
    ".policy": _policy,
    ".onnx": _onnx,
    ".npy": _array,
    ".jsonl": _json_lines,
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".source": _source,
}
