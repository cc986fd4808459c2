// CPU driver of estimates: E[Q], or the chance of the contract, of every legal slot. All buffers
// are the caller's.
#pragma once

#include "core/parallel.h"
#include "decide/estimates.h"
#include "policy/seen_hand.h"
#include "search/search_cpu.h"

namespace forge::cpu {

// keys: int64 [B]; an estimate depends on its row and its key alone. Where the chance is asked for,
// nothing is said of points. Returns the first row that no hidden hands fit (nothing is estimated
// then), -1 if none.
int64_t estimate(const SeenBatch& batch, const int64_t* keys, const PolicyWeights& weights,
                 const EstimateSettings& settings, const Estimates& out, SearchMemories& memories,
                 const Parallel& how);

}  // namespace forge::cpu
