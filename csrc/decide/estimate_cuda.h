#pragma once

#include "decide/estimate_kernels.h"
#include "search/kernels.h"

namespace forge::cuda {

// Of a fixed number of worlds, not weighed by the oracle. tables: of n_lanes lanes, with epochs.
void estimate(const EstimateJob& job, const EstimateWork& work, const LaneTables& tables,
              int64_t n_lanes, void* stream);

}  // namespace forge::cuda
