"""Operators that PyTorch's exporter writes but ONNX or onnxruntime refuses, written another way."""

from collections.abc import Mapping

from forge.extras import extra

with extra("export"):
    from onnx import GraphProto, NodeProto, TensorProto
    from onnx.helper import make_node


def make_portable(graph: GraphProto) -> None:
    """Replace, in place, nodes that do not run everywhere.

    * `GatherND` takes int64 indices only; PyTorch indexes with int32 as well.
    * `Where` between booleans is in the standard, but onnxruntime has no CPU kernel for it.
    """
    types = _element_types(graph)
    nodes: list[NodeProto] = []
    for node in graph.node:
        index_type = types.get(node.input[1]) if node.op_type == "GatherND" else None
        if index_type not in (None, TensorProto.INT64):
            nodes += _with_int64_indices(node)
        elif node.op_type == "Where" and types.get(node.output[0]) == TensorProto.BOOL:
            nodes += _as_logic(node)
        else:
            nodes.append(node)
    copies = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def _element_types(graph: GraphProto) -> Mapping[str, int]:
    """Element type by the name of a value, as far as the graph says."""
    values = (*graph.value_info, *graph.input, *graph.output)
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    return types | {constant.name: constant.data_type for constant in graph.initializer}


def _with_int64_indices(node: NodeProto) -> list[NodeProto]:
    data, indices = node.input
    wide = f"{node.name}_indices"
    cast = make_node("Cast", [indices], [wide], f"{node.name}_cast", to=TensorProto.INT64)
    gather = make_node("GatherND", [data, wide], list(node.output), node.name)
    gather.attribute.extend(node.attribute)
    return [cast, gather]


def _as_logic(node: NodeProto) -> list[NodeProto]:
    """(condition and a) or (not condition and b)."""
    condition, a, b = node.input
    name = node.name
    return [
        make_node("And", [condition, a], [f"{name}_if"], f"{name}_and"),
        make_node("Not", [condition], [f"{name}_not"], f"{name}_negated"),
        make_node("And", [f"{name}_not", b], [f"{name}_else"], f"{name}_and_not"),
        make_node("Or", [f"{name}_if", f"{name}_else"], list(node.output), name),
    ]
