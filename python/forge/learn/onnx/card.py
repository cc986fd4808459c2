"""The model card of an export: what the files are, how they were checked, how to call them."""

from collections.abc import Mapping, Set
from typing import Any, Final

from forge.learn.onnx.exportable import Exportable
from forge.learn.onnx.graph import Port
from forge.work.json_text import sealed_json

CARD_VERSION: Final = 2
# Figures that are shares.
_SHARES: Final = frozenset(("accuracy", "agreement", "blunder_rate", "coverage_68", "coverage_95"))


def card_json(export: Mapping[str, Any], subject: Exportable) -> bytes:
    """The card for programs.

    Args:
        export: `dataclasses.asdict` of an `Export`.
        subject: what was exported.

    Returns:
        JSON, UTF-8: the fields of `Export`, `version`, and `inputs` and `outputs` with name, type,
        shape and meaning.
    """
    card = {"version": CARD_VERSION, **export, **_interface(subject)}
    return sealed_json(card, indent=2)


def export_card(export: Mapping[str, Any], subject: Exportable) -> bytes:
    """The card for people: Markdown, UTF-8. Arguments as `card_json`."""
    texts = subject.texts
    hparams = ", ".join(f"{name} {value}" for name, value in export["hyper_parameters"].items())
    versions = ", ".join(f"{package} {number}" for package, number in export["versions"].items())
    file = export["files"][0]["file"]
    text = f"""# {export["name"]}

{texts.kind} as ONNX, opset {export["opset"]} \
(IR version {export["ir_version"]}), {export["n_params"]:,} parameters.

## Inputs and outputs

The batch may have any size. {texts.inputs}

{_table(["", "name", "type", "shape", "meaning"], _interface_rows(_interface(subject)))}

The **acting-team frame**: more is better for the team of the seat to act. Choose the highest \
`{subject.graph.outputs[0].name}` among the slots that may be played.

## Figures

On {export["n_positions"]:,} {texts.rows} ({export["measured_on"]}). Difference is the largest \
distance from PyTorch on these {texts.rows}: {texts.units}

{_figures_table(export, subject.graph.outputs)}

{_notes({each["variant"] for each in export["files"]})}

## Python

```python
{texts.python.replace("FILE", file)}```

## JavaScript (onnxruntime-web)

```js
{texts.javascript.replace("FILE", file)}```

## Provenance

* checkpoint `{export["checkpoint"]}`, SHA-256 `{export["checkpoint_sha256"]}`
* {hparams}
* made by `forge export` with {versions}

{_table(["file", "SHA-256"], [[f"`{f['file']}`", f"`{f['sha256']}`"] for f in export["files"]])}
"""
    return text.encode(errors="surrogateescape")


def _notes(variants: Set[str]) -> str:
    """What there is to know of the smaller variants."""
    notes = {
        "int8": "int8 scales activations by the largest of a batch, so its scores depend a little "
        "on what else is in the batch.",
        "fp16": "fp16 is for size: a CPU without half-precision kernels computes it as fp32.",
    }
    return " ".join(note for variant, note in notes.items() if variant in variants)


def _interface(subject: Exportable) -> dict[str, list[dict[str, Any]]]:
    graph = subject.graph
    return {
        kind: [
            {
                "name": port.name,
                "type": str(port.dtype).removeprefix("torch."),
                "shape": ["batch", *port.row_shape],
                "meaning": port.meaning,
            }
            for port in ports
        ]
        for kind, ports in (("inputs", graph.inputs), ("outputs", graph.outputs))
    }


def _interface_rows(interface: Mapping[str, list[dict[str, Any]]]) -> list[list[str]]:
    return [
        [
            kind.removesuffix("s"),
            f"`{part['name']}`",
            part["type"],
            f"[{', '.join(map(str, part['shape']))}]",
            part["meaning"],
        ]
        for kind, parts in interface.items()
        for part in parts
    ]


def _figures_table(export: Mapping[str, Any], outputs: tuple[Port, ...]) -> str:
    names = list(export["torch_figures"])
    empty = [""] * (2 + len(outputs))
    rows = [["PyTorch", *empty, *_figure_cells(export["torch_figures"])]]
    for file in export["files"]:
        differences = file["agreement"]["max_differences"]
        rows.append(
            [
                f"{file['variant']}: `{file['file']}`",
                f"{file['size_bytes'] / 1e6:.2f} MB",
                *(f"{differences[port.name]:.2g}" for port in outputs),
                f"{file['agreement']['same_move_rate']:.2%}",
                *_figure_cells(file["figures"]),
            ]
        )
    compared = [f"{port.name} difference" for port in outputs]
    return _table(["variant", "size", *compared, "same move", *names], rows)


def _figure_cells(figures: Mapping[str, float]) -> list[str]:
    return [
        f"{figure:.2%}" if name in _SHARES else f"{figure:.3f}" for name, figure in figures.items()
    ]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
