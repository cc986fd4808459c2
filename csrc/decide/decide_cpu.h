// CPU driver of decisions: what each play of a seat is worth, judged by worlds. All buffers are the
// caller's.
#pragma once

#include "core/parallel.h"
#include "decide/settings.h"
#include "policy/network.h"
#include "policy/seen_hand.h"

namespace forge::cpu {

struct Decisions {
  int8_t* slots;      // [B] chosen
  double* chances;    // [B, 7] of the acting side's end (to make the contract or to set it), NaN
                      // where illegal; where a play was dropped, up to then
  double* points;     // [B, 7] E[Q] in the acting team's frame where it decided, else NaN
  int64_t* n_worlds;  // [B] judged by
  double* effective;  // [B] see SeatWorlds
};

// For points: by them alone, chances are NaN. Else chances first, then points, then the lower slot.
// A single legal play is not judged: its chance is NaN. keys: int64 [B]; a decision depends on its
// row and its key alone. Returns the first row that no hidden hands fit (its out is void), -1 if
// none.
int64_t decide(const SeenBatch& batch, const int64_t* keys, const PolicyWeights& weights,
               const DecideSettings& settings, const Decisions& out, const Parallel& how);

}  // namespace forge::cpu
