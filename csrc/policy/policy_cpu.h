// CPU drivers of the policy. All buffers are the caller's.
#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "policy/evaluate.h"
#include "policy/seen_hand.h"

namespace forge::cpu {

// The first row that cannot be, and why; -1 if all can.
int64_t first_bad_seen(const SeenBatch& batch, const char** reason);

// logits: float [B, 7] by slot, -inf where illegal.
void policy_logits(const SeenBatch& batch, const PolicyWeights& weights, float* logits,
                   const Parallel& how);

// What a network learns from: features of each decision, `N_FEATURES` where there is none.
// context: int16 [B, MAX_CONTEXT]; candidates: int16 [B, 7, MAX_CANDIDATE] by slot.
void policy_features(const SeenBatch& batch, int16_t* context, int16_t* candidates,
                     const Parallel& how);

}  // namespace forge::cpu
