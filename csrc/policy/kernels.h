// Kernels over the rows of a batch of what seats see.
#pragma once

#include <cmath>

#include "policy/network.h"
#include "policy/seen_hand.h"

namespace forge {

struct OneIsa {};

// By slot, -inf where illegal; found: by candidate. out: [7]
FORGE_INLINE void write_logits(const SeenHand& seen, const Features& f, const float* found,
                               float* out) {
  for (int slot = 0; slot < N_SLOTS; ++slot) out[slot] = -INFINITY;
  for (int k = 0; k < f.n_candidates; ++k) out[seen.slot_of(f.candidate[k].rank)] = found[k];
}

// Evaluates a decision where it stands: f->candidate[k] has logits[k].
struct EvaluateHere {
  PolicyWeights weights;
  FORGE_HD void operator()(const PublicHand& p, uint32_t hand, uint32_t legal, Features* f,
                           float* logits) const {
    read_features<OneIsa>(p, hand, legal, f);
    policy_logits(weights, *f, logits);
  }
};

// Over B rows. What the CPU refuses at the border has no number.
struct PolicyLogits {
  SeenBatch batch;
  PolicyWeights weights;
  float* logits;  // [B, 7] by slot, -inf where illegal
  FORGE_HD void operator()(int64_t i) const {
    float* const out = logits + N_SLOTS * i;
    if (seen_error(batch, i)) {
      for (int slot = 0; slot < N_SLOTS; ++slot) out[slot] = NAN;
      return;
    }
    SeenHand seen;
    read_seen(batch, i, &seen);
    Features f;
    float found[N_SLOTS];
    EvaluateHere{weights}(seen.now, seen.hand, seen.legal, &f, found);
    write_logits(seen, f, found, out);
  }
};

}  // namespace forge
