#pragma once

#include "policy/network.h"
#include "policy/seen_hand.h"

namespace forge::cuda {

// logits: float [B, 7]
void policy_logits(const SeenBatch& batch, const PolicyWeights& weights, float* logits,
                   void* stream);

}  // namespace forge::cuda
