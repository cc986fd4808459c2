#pragma once

#include "decide/kernels.h"
#include "search/kernels.h"

namespace forge::cuda {

// tables: of n_lanes lanes, with epochs.
void decide(const DecideJob& job, const DecideWork& work, const LaneTables& tables, int64_t n_lanes,
            void* stream);

}  // namespace forge::cuda
