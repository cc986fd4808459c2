"""The model card of an export: what the files are, how they were checked, how to call them."""

import json
from collections.abc import Mapping
from typing import Any

from forge.ml.network import N_FEATURES, N_TOKENS
from forge.ml.onnx_graph import input_texts, output_names, output_texts

CARD_VERSION = 1


def card_json(export: Mapping[str, Any]) -> bytes:
    """The card for programs.

    Args:
        export: `dataclasses.asdict` of an `Export`.

    Returns:
        JSON, UTF-8: the fields of `Export`, `version`, and `inputs` and `outputs` with name, type,
        shape and meaning.
    """
    card = {"version": CARD_VERSION, **export, **_interface(export["loss_mode"])}
    return (json.dumps(card, indent=2) + "\n").encode()


def card_text(export: Mapping[str, Any]) -> bytes:
    """The card for people: Markdown, UTF-8. Arguments as `card_json`."""
    interface = _interface(export["loss_mode"])
    hparams = ", ".join(f"{name} {value}" for name, value in export["hyper_parameters"].items())
    versions = ", ".join(f"{package} {number}" for package, number in export["versions"].items())
    unit = "points" if export["loss_mode"] == "qvalue" else "logits"
    file = export["files"][0]["file"]
    text = f"""# {export["name"]}

A {export["loss_mode"]} network for Texas 42 as ONNX, opset {export["opset"]} \
(IR version {export["ir_version"]}), {export["n_params"]:,} parameters.

## Inputs and outputs

The batch may have any size. There is no input for the seat to act: the graph reads it from token \
feature 6.

{_table(["", "name", "type", "shape", "meaning"], _interface_rows(interface))}

The **acting-team frame**: more is better for the team of the seat to act. Choose the highest \
score among the slots that may be played.

## Figures

On {export["n_positions"]:,} positions ({export["measured_on"]}). Difference is the largest \
distance from PyTorch on these positions: of a score in {unit}, of the value in points. Regret \
(q_gap) and errors are in points.

{_figures_table(export)}

int8 scales activations by the largest of a batch, so its scores depend a little on what else is \
in the batch. fp16 and int8 are for size; a CPU without half-precision kernels computes fp16 as \
fp32.

## Python

```python
{_python_example(file, export["loss_mode"])}```

## JavaScript (onnxruntime-web)

```js
{_javascript_example(file, export["loss_mode"])}```

## Provenance

* checkpoint `{export["checkpoint"]}`, SHA-256 `{export["checkpoint_sha256"]}`
* {hparams}
* made by `forge export` with {versions}

{_table(["file", "SHA-256"], [[f"`{f['file']}`", f"`{f['sha256']}`"] for f in export["files"]])}
"""
    return text.encode()


def _interface(loss_mode: str) -> dict[str, list[dict[str, Any]]]:
    shapes: dict[str, list[str | int]] = {
        "tokens": ["batch", N_TOKENS, N_FEATURES],
        "masks": ["batch", N_TOKENS],
    }
    inputs = [
        {"name": name, "type": "int8", "shape": shapes[name], "meaning": meaning}
        for name, meaning in input_texts().items()
    ]
    out_shapes: list[list[str | int]] = [["batch", 7], ["batch"]]
    outputs = [
        {"name": name, "type": "float32", "shape": shape, "meaning": meaning}
        for name, shape, meaning in zip(
            output_names(loss_mode), out_shapes, output_texts(loss_mode), strict=True
        )
    ]
    return {"inputs": inputs, "outputs": outputs}


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


def _figures_table(export: Mapping[str, Any]) -> str:
    names = list(export["torch_figures"])
    rows = [["PyTorch", "", "", "", "", *_figure_cells(export["torch_figures"])]]
    for file in export["files"]:
        agreement = file["agreement"]
        rows.append(
            [
                f"{file['variant']}: `{file['file']}`",
                f"{file['size_bytes'] / 1e6:.2f} MB",
                f"{agreement['max_score_difference']:.2g}",
                f"{agreement['max_value_difference_points']:.2g}",
                f"{agreement['same_move_rate']:.2%}",
                *_figure_cells(file["figures"]),
            ]
        )
    head = ["variant", "size", "score difference", "value difference", "same move", *names]
    return _table(head, rows)


def _figure_cells(figures: Mapping[str, float]) -> list[str]:
    return [
        f"{figure:.2%}" if name in ("accuracy", "blunder_rate") else f"{figure:.3f}"
        for name, figure in figures.items()
    ]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _python_example(file: str, loss_mode: str) -> str:
    scores = output_names(loss_mode)[0]
    return f"""\
import numpy as np
import onnxruntime
import torch

from forge import Deal, ops
from forge.oracle.state import INITIAL_STATE

deals = Deal.from_seed(0).tensor[None]  # int8 [1, 4, 7]
decls = torch.tensor([6], dtype=torch.int8)  # sixes
tokens, masks = ops.tokenize_states(deals, decls, torch.tensor([INITIAL_STATE]))

session = onnxruntime.InferenceSession("{file}")
{scores}, value = session.run(None, {{"tokens": tokens.numpy(), "masks": masks.numpy()}})
legal = np.ones((1, 7), dtype=bool)  # the first lead is free
best_slot = np.where(legal, {scores}, -np.inf).argmax(axis=1)
points_to_go = 42 * value
"""


def _javascript_example(file: str, loss_mode: str) -> str:
    scores = output_names(loss_mode)[0]
    return f"""\
import * as ort from "onnxruntime-web";

// tokens: Int8Array of n * 32 * 12, masks: Int8Array of n * 32, legal: n arrays of 7 booleans
const session = await ort.InferenceSession.create("{file}");
const {{ {scores}, value }} = await session.run({{
  tokens: new ort.Tensor("int8", tokens, [n, 32, 12]),
  masks: new ort.Tensor("int8", masks, [n, 32]),
}});
const bestSlots = legal.map((mayPlay, i) => {{
  const row = mayPlay.map((may, k) => (may ? {scores}.data[7 * i + k] : -Infinity));
  return row.indexOf(Math.max(...row));
}});
const pointsToGo = Array.from(value.data, (v) => 42 * v);
"""
