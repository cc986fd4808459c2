// The order in which the kernels of estimates run; see schedule.h.
#pragma once

#include "decide/estimate_kernels.h"

namespace forge {

template <class Launch, class Search>
void launch_estimate(const Launch& launch, const Search& search, const EstimateJob& job,
                     const EstimateWork& work, int64_t n_lanes) {
  const int64_t n_worlds = most_valued(job.settings);
  for (int64_t begin = 0; begin < job.batch.n; begin += work.n_rows) {
    const EstimateChunk c{job, work, begin};
    const int64_t left = job.batch.n - begin, n = left < work.n_rows ? left : work.n_rows;
    launch(n, BeginEstimates{c});
    launch(n * work.pool, DrawEstimates{c});
    launch(n, SettleEstimates{c});
    for (int64_t from = 0; from < n_worlds; from += work.window) {
      const int64_t to = from + work.window < n_worlds ? from + work.window : n_worlds;
      const WorldRound round{from, to, false, !job.settings.for_chance};
      ask_round(launch, search, c, round, n, n_lanes);
      launch(n, AddEstimates{c, round});
    }
    launch(n, KeepEstimates{c});
  }
}

}  // namespace forge
