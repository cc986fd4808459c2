#include "core/launch.cuh"
#include "search/kernels.h"
#include "search/search_cuda.h"

namespace forge::cuda {

void search(const SearchJob& job, const LaneTables& tables, int64_t n_lanes, void* stream) {
  if (job.batch.n <= 0) return;
  Launch{static_cast<cudaStream_t>(stream)}(n_lanes, RunLanes{job, tables});
}

}  // namespace forge::cuda
