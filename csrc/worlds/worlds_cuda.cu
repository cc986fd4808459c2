#include "core/launch.cuh"
#include "worlds/worlds_cuda.h"

namespace forge::cuda {

void count_worlds(const ConstraintBatch& batch, int64_t* counts, void* stream) {
  Launch{static_cast<cudaStream_t>(stream)}(batch.n, CountWorlds{batch, counts});
}

void sample_uniform(const ConstraintBatch& batch, const int64_t* keys, int64_t n_samples,
                    WorldTable* tables, int64_t n_tables, int32_t* worlds, void* stream) {
  const Launch launch{static_cast<cudaStream_t>(stream)};
  for (int64_t begin = 0; begin < batch.n; begin += n_tables) {
    const int64_t n_rows = std::min(n_tables, batch.n - begin);
    launch(n_rows, BuildWorldTables{batch, begin, tables});
    launch(n_rows * n_samples, SampleUniformWorlds{tables, keys, begin, n_samples, worlds});
  }
}

void sample_mrv(const ConstraintBatch& batch, const int64_t* keys, int64_t n_samples,
                int32_t* worlds, void* stream) {
  Launch{static_cast<cudaStream_t>(stream)}(batch.n * n_samples,
                                            SampleMrvWorlds{batch, keys, n_samples, worlds});
}

void enumerate_worlds(const ConstraintBatch& batch, int64_t start, int64_t n, WorldTable* table,
                      int32_t* worlds, void* stream) {
  const Launch launch{static_cast<cudaStream_t>(stream)};
  launch(1, BuildWorldTables{batch, 0, table});
  launch(n, EnumerateWorlds{table, start, worlds});
}

}  // namespace forge::cuda
