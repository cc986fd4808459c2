#include "worlds/worlds_cpu.h"

#include <algorithm>

#include "worlds/kernels.h"

namespace forge::cpu {
namespace {

constexpr int64_t GRAIN_ROWS = 64;      // a count takes 0.5 us
constexpr int64_t GRAIN_WORLDS = 2048;  // a world 40 to 300 ns

// body(row, begin, end): worlds [begin, end) of the row, in pieces that may cut a row, so that one
// row with many samples is the work of all threads.
template <class Body>
void for_rows_of_worlds(int64_t n, int64_t n_samples, const Parallel& how, const Body& body) {
  parallel_for(how, n * n_samples, GRAIN_WORLDS, [&](int, int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t row = begin / n_samples;
      const int64_t row_end = std::min(end, (row + 1) * n_samples);
      body(row, begin - row * n_samples, row_end - row * n_samples);
      begin = row_end;
    }
  });
}

}  // namespace

void count_worlds(const ConstraintBatch& batch, int64_t* counts, const Parallel& how) {
  parallel_for(how, batch.n, GRAIN_ROWS, [&](int, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) CountWorlds{batch, counts}(i);
  });
}

void sample_worlds(const ConstraintBatch& batch, const int64_t* keys, int64_t n_samples,
                   Sampler sampler, int32_t* worlds, const Parallel& how) {
  for_rows_of_worlds(batch.n, n_samples, how, [&](int64_t row, int64_t begin, int64_t end) {
    int32_t* const out = worlds + N_HIDDEN * n_samples * row;
    const Constraints c = batch.at(row);
    if (!has_world(c)) {
      for (int64_t j = begin; j < end; ++j) write_world(NO_WORLD, j, out);
    } else if (sampler == Sampler::MRV) {
      for (int64_t j = begin; j < end; ++j) write_world(sample_mrv(c, keys[row], j), j, out);
    } else {
      WorldTable table;
      build_world_table(c, &table);
      World four[4];
      for (; begin + 4 <= end; begin += 4) {
        sample_uniform<4>(table, keys[row], begin, four);
        for (int k = 0; k < 4; ++k) write_world(four[k], begin + k, out);
      }
      for (; begin < end; ++begin) {
        sample_uniform<1>(table, keys[row], begin, four);
        write_world(four[0], begin, out);
      }
    }
  });
}

void enumerate_worlds(const ConstraintBatch& batch, int64_t start, int64_t n, int32_t* worlds,
                      const Parallel& how) {
  WorldTable table;
  build_world_table(batch.at(0), &table);
  const EnumerateWorlds kernel{&table, start, worlds};
  parallel_for(how, n, GRAIN_WORLDS, [&](int, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) kernel(i);
  });
}

}  // namespace forge::cpu
