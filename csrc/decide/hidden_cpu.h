// CPU driver: who may hold what, before and after what the plays told. All buffers are the
// caller's.
#pragma once

#include "core/parallel.h"
#include "decide/settings.h"
#include "policy/network.h"
#include "policy/seen_hand.h"

namespace forge::cpu {

// By hidden seat, the one to the left of the seat to act first, and domino id: the chance that the
// seat holds it, 0 of dominoes that are played or own.
struct HiddenDominoes {
  double* before;       // [B, 3, 28] all worlds alike, exact
  double* after;        // [B, 3, 28] as the policy explains the plays
  int64_t* n_worlds;    // [B] weighed
  int64_t* n_possible;  // [B] all that fit
  double* effective;    // [B] how many alike would tell as much
};

// keys: int64 [B]. how: n_worlds, uniform and window count. Returns the first row that no hidden
// hands fit (its out is void), -1 if none.
int64_t hidden_dominoes(const SeenBatch& batch, const int64_t* keys, const PolicyWeights& weights,
                        const DecideSettings& how, const HiddenDominoes& out,
                        const Parallel& parallel);

}  // namespace forge::cpu
