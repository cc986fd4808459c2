#include "core/launch.cuh"
#include "search/kernels.h"
#include "search/search_cuda.h"

namespace forge::cuda {

void search(const SearchJob& job, TableEntry* entries, int log2_size, int64_t n_lanes,
            void* stream) {
  if (job.batch.n <= 0) return;
  Launch{static_cast<cudaStream_t>(stream)}(n_lanes, RunLanes{job, entries, log2_size});
}

}  // namespace forge::cuda
