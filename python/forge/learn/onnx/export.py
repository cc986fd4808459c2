"""A checkpoint as ONNX files that were checked against PyTorch, with a model card."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

import forge
from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.batches import Batch, RowSource, spread
from forge.learn.onnx.agreement import Agreement, agreement, onnx_runner, run_all, torch_runner
from forge.learn.onnx.card import card_json, export_card
from forge.learn.onnx.exportable import Exportable
from forge.learn.onnx.graph import DEFAULT_OPSET, check_opset, sealed_model, to_onnx
from forge.learn.onnx.variants import make_variant
from forge.work.atomic import FileClaim
from forge.work.hashing import sha256_of

with extra("export"):
    import onnx

DEFAULT_POSITIONS: Final = 10_000
# More than this between fp32 and PyTorch, in points (or logits), is not rounding.
MAX_FP32_DIFFERENCE: Final = 1e-3


@dataclass(frozen=True)
class ExportedFile:
    """One variant as it lies on disk and what it measures on the checked rows."""

    variant: str
    file: str
    sha256: str
    size_bytes: int
    agreement: Agreement
    figures: dict[str, float]


@dataclass(frozen=True)
class Export:
    """Everything an export's card says."""

    name: str  # of the files, without suffix
    stage: int | None  # None: the policy of a seat
    loss_mode: str  # policy, qvalue, or eq (Stage 2)
    hyper_parameters: dict[str, Any]
    n_params: int
    opset: int
    ir_version: int
    n_positions: int
    rows: str  # what they are: positions, or decisions
    measured_on: str
    unit: str  # of the scores: points, or logits
    torch_figures: dict[str, float]
    files: tuple[ExportedFile, ...]
    checkpoint: str  # file name
    checkpoint_sha256: str
    versions: dict[str, str]


def export(
    checkpoint: Path,
    out: Path,
    open_rows: Callable[[], tuple[RowSource, str]],
    load: Callable[[Path], Exportable],
    variants: Sequence[str] | None = None,
    opset: int = DEFAULT_OPSET,
    n_positions: int = DEFAULT_POSITIONS,
) -> Export:
    """Write ONNX files and their card; nothing is written unless all of it can be.

    Args:
        checkpoint: what `load` reads: a `.ckpt` of ours or the author's, `.safetensors` of the
            catalogue, or the file of a policy.
        out: the fp32 file, ending in `.onnx`; see `target_paths` for the others.
        open_rows: called once the arguments are known to be good; returns the rows to check and
            measure on (with the inputs of the graph and `legal`), and what they are in words for
            the card.
        load: reads the checkpoint; each stage has its own.
        variants: some of those that the network has; None: all of them.
        opset: of the graphs.
        n_positions: how many rows are taken, evenly spread.

    Raises:
        ForgeError: on a bad argument or checkpoint, or if the fp32 graph is not PyTorch's
            network to within `MAX_FP32_DIFFERENCE`.
    """
    check_opset(opset)
    if n_positions < 1:
        raise ForgeError(f"positions must be at least 1, got {n_positions}")
    subject = load(checkpoint)
    kinds = _kinds(subject, variants)
    targets = target_paths(out, kinds)
    with ExitStack() as stack:
        claims = {kind: stack.enter_context(_claim(path)) for kind, path in targets.items()}
        rows, measured_on = open_rows()
        batch = rows.__getitems__(spread(len(rows), n_positions).tolist())
        sha256 = sha256_of(checkpoint)
        versions = {package.__name__: package.__version__ for package in (forge, torch, onnx)}
        fp32 = to_onnx(subject.graph, opset, {"checkpoint_sha256": sha256})
        torchs = run_all(torch_runner(subject.graph), subject.graph, batch)
        made = {kind: sealed_model(make_variant(kind, fp32)) for kind in kinds}
        result = Export(
            name=out.stem,
            stage=subject.stage,
            loss_mode=subject.mode,
            hyper_parameters=dict(subject.hyper_parameters),
            n_params=subject.n_params,
            opset=opset,
            ir_version=fp32.ir_version,
            n_positions=len(batch["legal"]),
            rows=subject.texts.rows,
            measured_on=measured_on,
            unit=subject.texts.unit,
            torch_figures=subject.figures(torchs, batch),
            files=tuple(
                _checked(kind, targets[kind].name, data, torchs, batch, subject)
                for kind, data in made.items()
            ),
            checkpoint=checkpoint.name,
            checkpoint_sha256=sha256,
            versions=versions,
        )
        record = asdict(result)
        made |= {"json": card_json(record, subject), "md": export_card(record, subject)}
        for kind, data in made.items():
            claims[kind].write(data)
            claims[kind].flush()
        for claim in claims.values():
            claim.commit()
    return result


def target_paths(out: Path, variants: Sequence[str]) -> dict[str, Path]:
    """Where the parts of an export go.

    Args:
        out: like `model.onnx`.
        variants: some of `VARIANTS`.

    Returns:
        `model.onnx` for fp32, `model.fp16.onnx`, `model.int8.onnx`, and the card as `model.json`
        and `model.md` under "json" and "md".

    Raises:
        ForgeError: if `out` does not end in `.onnx`, or a folder is in the way.
    """
    if out.suffix != ".onnx" or not out.stem:
        raise ForgeError(f"--onnx must name a file that ends in .onnx, got {out}")
    suffixes = {kind: ".onnx" if kind == "fp32" else f".{kind}.onnx" for kind in variants}
    suffixes |= {"json": ".json", "md": ".md"}
    paths = {kind: out.with_name(out.stem + suffix) for kind, suffix in suffixes.items()}
    for path in paths.values():
        if path.is_dir():
            raise ForgeError(f"{path} is a folder, expected a file to write")
    return paths


def _kinds(subject: Exportable, variants: Sequence[str] | None) -> tuple[str, ...]:
    if variants is None:
        return subject.variants
    if lacking := [kind for kind in variants if kind not in subject.variants]:
        raise ForgeError(
            f"{', '.join(lacking)} of this network is worth nothing: "
            f"valid are {', '.join(subject.variants)}"
        )
    return tuple(variants)


def _claim(path: Path) -> FileClaim:
    path.parent.mkdir(parents=True, exist_ok=True)
    claim = FileClaim.acquire(path)
    if claim is None:
        raise ForgeError(f"{path}: another process is writing it")
    return claim


def _checked(
    variant: str,
    file: str,
    data: bytes,
    torchs: tuple[Tensor, ...],
    batch: Batch,
    subject: Exportable,
) -> ExportedFile:
    """Run one variant on the rows and compare it with PyTorch's outputs."""
    ours = run_all(onnx_runner(data), subject.graph, batch)
    found = agreement(ours, torchs, subject.graph.outputs, batch["legal"])
    worst = max(found.max_differences.values())
    if variant == "fp32" and not worst <= MAX_FP32_DIFFERENCE:
        raise ForgeError(
            f"onnxruntime and PyTorch differ by {worst:.2g} {subject.texts.unit}, more than the "
            f"{MAX_FP32_DIFFERENCE:g} of rounding: nothing written"
        )
    return ExportedFile(
        variant=variant,
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        agreement=found,
        figures=subject.figures(ours, batch),
    )
