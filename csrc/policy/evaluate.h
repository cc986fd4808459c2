// How one decision is evaluated on this processor: features and network compiled for what it can
// do.
#pragma once

#include "policy/network.h"

namespace forge::cpu {

// hand: what the seat to act holds; legal: of it, what it may play. f->candidate[k] has logits[k];
// logits: [7].
using EvaluatePolicy = void (*)(const PolicyWeights&, const PublicHand&, uint32_t hand,
                                uint32_t legal, Features* f, float* logits);

template <class Isa>
FORGE_INLINE void evaluate_policy(const PolicyWeights& w, const PublicHand& p, uint32_t hand,
                                  uint32_t legal, Features* f, float* logits) {
  read_features<Isa>(p, hand, legal, f);
  policy_logits(w, *f, logits);
}

// For every processor that the module runs on.
void evaluate_portable(const PolicyWeights&, const PublicHand&, uint32_t hand, uint32_t legal,
                       Features* f, float* logits);

#if defined(__x86_64__)
void evaluate_avx2(const PolicyWeights&, const PublicHand&, uint32_t hand, uint32_t legal,
                   Features* f, float* logits);
#endif

// The fastest one that runs here; the bytes are the same.
EvaluatePolicy fastest_policy();

}  // namespace forge::cpu
