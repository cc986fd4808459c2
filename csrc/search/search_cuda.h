#pragma once

#include "search/kernels.h"

namespace forge::cuda {

// Runs a job on n_lanes lanes.
void search(const SearchJob& job, const LaneTables& tables, int64_t n_lanes, void* stream);

}  // namespace forge::cuda
