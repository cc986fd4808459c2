// CPU driver: what each play of one decision is worth in each of given worlds. All buffers are the
// caller's.
#pragma once

#include "core/parallel.h"
#include "policy/seen_hand.h"
#include "search/search_cpu.h"

namespace forge::cpu {

// one: a single row. worlds: int32 [W, 3], masks of the dominoes that the seats 1, 2, 3 places to
// the left still hold. q: int8 [W, 7], value-to-go of the acting side by slot of the seat to act,
// ILLEGAL where it may not be played. Returns the first world that does not fit what was played
// (nothing is valued then), -1 if all do.
int64_t world_values(const SeenBatch& one, const int32_t* worlds, int64_t n_worlds, int8_t* q,
                     SearchMemories& memories, const Parallel& how);

}  // namespace forge::cpu
