"""Smaller forms of an fp32 ONNX graph: half-precision and dynamically quantised weights."""

import tempfile
import warnings
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.extras import extra

with extra("export"):
    import onnx

VARIANTS: Final = ("fp32", "fp16", "int8")
# onnxruntime has no half-precision kernel on the CPU for these: they stay fp32.
_NO_HALF_KERNEL: Final = ("ScatterElements",)


def parse_variants(text: str) -> tuple[str, ...]:
    """`fp32,int8` -> the variants named, without repeats, in the order of `VARIANTS`.

    Raises:
        ForgeError: on an unknown name, or if none is named.
    """
    named = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in named if name not in VARIANTS]
    if unknown or not named:
        got = ", ".join(unknown) or repr(text)
        raise ForgeError(f"unknown variant {got}: valid are {', '.join(VARIANTS)}")
    return tuple(name for name in VARIANTS if name in named)


def make_variant(name: str, model: onnx.ModelProto) -> onnx.ModelProto:
    """One variant of an fp32 model, which is left as it is.

    Inputs and outputs keep their names and types: in every variant, scores and value come out as
    float32.

    Args:
        name: one of `VARIANTS`.
        model: the fp32 model.
    """
    return {"fp32": _copy, "fp16": _to_fp16, "int8": _to_int8}[name](model)


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    return copied


def _to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights and arithmetic in half precision."""
    with extra("export"):
        from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
        from onnxruntime.transformers.onnx_model import OnnxModel

    with warnings.catch_warnings():
        # It warns of every constant that half precision cannot hold; the check against PyTorch
        # that each variant goes through says whether that matters.
        warnings.simplefilter("ignore")
        converted: onnx.ModelProto = convert_float_to_float16(
            _copy(model),
            keep_io_types=True,
            op_block_list=[*DEFAULT_OP_BLOCK_LIST, *_NO_HALF_KERNEL],
        )
    # It puts casts around what stays fp32 at the end, where onnxruntime alone would find them.
    OnnxModel(converted).topological_sort()
    return converted


def _to_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Matrices as int8, one scale a column; activations quantised as they come, one scale a batch.

    Embeddings, norms and biases stay fp32: they are a hundredth of the weights.
    """
    with extra("export"):
        from onnxruntime.quantization import QuantType, quantize_dynamic
        from onnxruntime.quantization.preprocess import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        prepared, quantised = Path(folder, "prepared.onnx"), Path(folder, "int8.onnx")
        # Shapes are known already. Without this step the quantiser advises to take it.
        quant_pre_process(
            model, prepared, skip_optimization=True, skip_onnx_shape=True, skip_symbolic_shape=True
        )
        quantize_dynamic(
            prepared,
            quantised,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            # Weights of seven bits: with eight the sums of two products overflow on processors
            # without VNNI, silently.
            reduce_range=True,
        )
        made: onnx.ModelProto = onnx.load(quantised)
    made.producer_name, made.producer_version = model.producer_name, model.producer_version
    return made
