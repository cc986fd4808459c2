// Kernels over the rows of a batch of what seats see.
#pragma once

#include <cmath>

#include "policy/network.h"
#include "policy/seen_hand.h"

namespace forge {

struct OneIsa {};

// Over B rows. What the CPU refuses at the border has no number.
struct PolicyLogits {
  SeenBatch batch;
  PolicyWeights weights;
  float* logits;  // [B, 7] by slot, -inf where illegal
  FORGE_HD void operator()(int64_t i) const {
    float* const out = logits + N_SLOTS * i;
    const bool sound = !seen_error(batch, i);
    for (int slot = 0; slot < N_SLOTS; ++slot) out[slot] = sound ? -INFINITY : NAN;
    if (!sound) return;
    SeenHand seen;
    read_seen(batch, i, &seen);
    Features f;
    float found[N_SLOTS];
    read_features<OneIsa>(seen.now, seen.hand, seen.legal, &f);
    policy_logits(weights, f, found);
    for (int k = 0; k < f.n_candidates; ++k) out[seen.slot_of(f.candidate[k].rank)] = found[k];
  }
};

}  // namespace forge
