#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "worlds/sample.h"

namespace forge::cpu {

// counts: int64 [B]
void count_worlds(const ConstraintBatch& batch, int64_t* counts, const Parallel& how);

// keys: int64 [B], worlds: int32 [B, n_samples, 3]
void sample_worlds(const ConstraintBatch& batch, const int64_t* keys, int64_t n_samples,
                   Sampler sampler, int32_t* worlds, const Parallel& how);

// batch: one row; worlds: int32 [n, 3], numbers start .. start + n - 1
void enumerate_worlds(const ConstraintBatch& batch, int64_t start, int64_t n, int32_t* worlds,
                      const Parallel& how);

}  // namespace forge::cpu
