"""The CUDA kernel of what one seat sees; `policy_schemas` has its contract."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from forge.build import native
from forge.ops import policy_schemas as schemas
from forge.ops.device import current_stream, on_device


def _policy_logits(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    schemas.check_seen(hands, decls, plays, needed)
    schemas.check_weights(hands, weights)
    logits = schemas.empty_logits(hands)
    with torch.cuda.device(hands.device):
        native.cuda.policy_logits(
            on_device(hands.contiguous()),
            on_device(decls.contiguous()),
            on_device(plays.contiguous()),
            on_device(needed.contiguous()),
            on_device(weights.contiguous()),
            on_device(logits),
            current_stream(hands),
        )
    return logits


KERNELS: dict[str, Callable[..., Any]] = {"policy_logits": _policy_logits}
