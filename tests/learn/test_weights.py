"""Weights as files."""

import json
import struct

import safetensors.torch
import torch

from forge.learn.weights import safetensors_bytes

STATE = {"b.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(5, dtype=torch.float16)}


def test_equal_weights_are_equal_files() -> None:
    # The order of what the library writes differs from call to call.
    files = {safetensors_bytes(STATE, {"lr": 1e-3, "größe": "é"}, 2) for _ in range(20)}
    assert len(files) == 1
    (content,) = files
    (size,) = struct.unpack_from("<Q", content)
    assert size % 8 == 0
    metadata = json.loads(content[8 : 8 + size])["__metadata__"]
    assert list(metadata) == sorted(metadata)
    assert json.loads(metadata["hyper_parameters"]) == {"lr": 1e-3, "größe": "é"}


def test_the_tensors_stay() -> None:
    found = safetensors.torch.load(safetensors_bytes(STATE, {}, 1))
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)
    assert all(found[name].dtype == STATE[name].dtype for name in STATE)
