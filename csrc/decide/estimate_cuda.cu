#include "core/launch.cuh"
#include "decide/estimate_cuda.h"
#include "decide/estimate_schedule.h"
#include "search/search_cuda.h"

namespace forge::cuda {

void estimate(const EstimateJob& job, const EstimateWork& work, const LaneTables& tables,
              int64_t n_lanes, void* stream) {
  const auto on_lanes = [&](const SearchJob& asked) { search(asked, tables, n_lanes, stream); };
  launch_estimate(Launch{static_cast<cudaStream_t>(stream)}, on_lanes, job, work, n_lanes);
}

}  // namespace forge::cuda
