// What each play of a seat is worth, judged by worlds.
#pragma once

#include "decide/settings.h"
#include "policy/network.h"
#include "policy/seen_hand.h"

namespace forge {

struct Decisions {
  int8_t* slots;      // [B] chosen
  double* chances;    // [B, 7] of the acting side's end (to make the contract or to set it), NaN
                      // where illegal; where a play was dropped, up to then
  double* points;     // [B, 7] E[Q] in the acting team's frame where it decided, else NaN
  int64_t* n_worlds;  // [B] judged by
  double* effective;  // [B] how many worlds alike would tell as much as those that were weighed
};

// For points: by them alone, chances are NaN. Else chances first, then points, then the lower slot.
// A single legal play is not judged: its chance is NaN. A decision depends on its row and its key
// alone.
struct DecideJob {
  SeenBatch batch;
  const int64_t* keys;    // [B]
  PolicyWeights weights;  // none: numbers is null
  DecideSettings settings;
  Decisions out;
};

}  // namespace forge
