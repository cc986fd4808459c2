// CPU driver of estimates: E[Q], or the chance of the contract, of every legal slot. All buffers
// are the caller's.
#pragma once

#include "core/parallel.h"
#include "decide/estimate_settings.h"
#include "decide/sums.h"
#include "policy/network.h"
#include "policy/seen_hand.h"
#include "search/search_cpu.h"

namespace forge::cpu {

// Values are in the frame of the acting team; NaN (shares: 0) where a slot is illegal.
struct Estimates {
  double* mean;         // [B, 7] E[Q], points
  double* variance;     // [B, 7] mean squared distance to it
  double* shares;       // [B, 7, 85] of the weight, by value + 42
  double* chances;      // [B, 7] of the acting side's end: to make the contract, or to set it
  int64_t* n_possible;  // [B] worlds that there are
  int64_t* n_worlds;    // [B] counted
  double* effective;    // [B] how many alike would tell as much
  double* greatest;     // [B] the greatest share of a world
  bool* converged;      // [B] errors of all plays below the threshold, or all worlds counted
};

// keys: int64 [B]; an estimate depends on its row and its key alone. Where the chance is asked for,
// nothing is said of points. Returns the first row that no hidden hands fit (nothing is estimated
// then), -1 if none.
int64_t estimate(const SeenBatch& batch, const int64_t* keys, const PolicyWeights& weights,
                 const EstimateSettings& settings, const Estimates& out, SearchMemories& memories,
                 const Parallel& how);

}  // namespace forge::cpu
