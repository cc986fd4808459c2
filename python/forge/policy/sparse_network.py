"""The policy network in PyTorch, for training; `forge.ops.policy_logits` is its fast twin."""

from typing import Final

import torch
from torch import Tensor, nn

from forge.policy.numbers import HIDDEN_1, HIDDEN_2, N_POLICY_FEATURES, PolicyNumbers

NO_FEATURE: Final = N_POLICY_FEATURES


class PolicyNetwork(nn.Module):
    """Sums of embeddings, ReLU, a small layer, ReLU, one number a candidate."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = nn.EmbeddingBag(
            N_POLICY_FEATURES + 1, HIDDEN_1, mode="sum", padding_idx=NO_FEATURE
        )
        self.bias_1 = nn.Parameter(torch.zeros(HIDDEN_1))
        self.layer_2 = nn.Linear(HIDDEN_1, HIDDEN_2)
        self.layer_3 = nn.Linear(HIDDEN_2, 1, bias=False)
        with torch.no_grad():
            self.embeddings.weight.mul_(0.12)
            self.embeddings.weight[NO_FEATURE] = 0

    def forward(self, context: Tensor, candidates: Tensor) -> Tensor:
        """Logits.

        Args:
            context: int [B, 56].
            candidates: int [B, 7, 12]; a slot without features is illegal.

        Returns:
            float32 [B, 7], -inf where illegal.
        """
        legal = candidates[:, :, 0] != NO_FEATURE
        rows = legal.nonzero()[:, 0]
        of_context = self.embeddings(context.int())
        of_slots = self.embeddings(candidates[legal].int())
        hidden = torch.relu(of_context[rows] + of_slots + self.bias_1)
        logits = self.layer_3(torch.relu(self.layer_2(hidden)))[:, 0]
        found: Tensor = logits.new_full(legal.shape, -torch.inf)
        return found.masked_scatter(legal, logits)

    def numbers(self) -> PolicyNumbers:
        """All numbers, as the native core reads them."""
        parts = (
            self.embeddings.weight[:N_POLICY_FEATURES],
            self.bias_1,
            self.layer_2.weight.T,
            self.layer_2.bias,
            self.layer_3.weight,
        )
        flat = torch.cat([part.detach().float().cpu().reshape(-1) for part in parts])
        return PolicyNumbers(flat)

    @torch.no_grad()
    def start_from(self, policy: PolicyNumbers) -> None:
        """Take the numbers of a policy."""
        parts = policy.parts()
        self.embeddings.weight[:N_POLICY_FEATURES] = parts["embeddings"]
        self.bias_1.copy_(parts["bias_1"])
        self.layer_2.weight.copy_(parts["layer_2"].T)
        self.layer_2.bias.copy_(parts["bias_2"])
        self.layer_3.weight.copy_(parts["layer_3"][None])
