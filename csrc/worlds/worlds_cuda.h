#pragma once

#include <cstdint>

#include "worlds/kernels.h"

namespace forge::cuda {

void count_worlds(const ConstraintBatch& batch, int64_t* counts, void* stream);

// tables: [n_tables] of scratch; so many rows are sampled at a time.
void sample_uniform(const ConstraintBatch& batch, const int64_t* keys, int64_t n_samples,
                    WorldTable* tables, int64_t n_tables, int32_t* worlds, void* stream);
void sample_mrv(const ConstraintBatch& batch, const int64_t* keys, int64_t n_samples,
                int32_t* worlds, void* stream);

// batch: one row; table: [1] of scratch
void enumerate_worlds(const ConstraintBatch& batch, int64_t start, int64_t n, WorldTable* table,
                      int32_t* worlds, void* stream);

}  // namespace forge::cuda
