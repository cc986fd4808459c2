// The order in which the kernels of decisions run. Launch is core/launch.cuh's, or a loop in the
// native tests; search(SearchJob) runs n_lanes lanes whose tables last.
//
// The host learns nothing on the way: rounds that no decision is open for any more do nothing.
#pragma once

#include "decide/kernels.h"

namespace forge {

template <class Launch, class Search>
void launch_race(const Launch& launch, const Search& search, const DecideChunk& c, int64_t n_rows,
                 int64_t n_lanes, bool for_points) {
  const DecideSettings& how = c.job.settings;
  int64_t look = how.race ? FIRST_LOOK : how.n_worlds + 1;
  for (int64_t from = 0; from < how.n_worlds;) {
    int64_t to = from + c.work.window;
    to = to < how.n_worlds ? to : how.n_worlds;
    to = to < look ? to : look;
    const WorldRound round{from, to, to == look, for_points};
    ask_round(launch, search, c, round, n_rows, n_lanes);
    if (!for_points && mix_of(c.job) > 0)
      launch(N_SLOTS * n_rows * round.n_worlds(), RollOut{c, round});
    launch(n_rows, AddWorlds{c, round});
    if (to == look) look = next_look(look);
    from = to;
  }
}

template <class Launch, class Search>
void launch_decide(const Launch& launch, const Search& search, const DecideJob& job,
                   const DecideWork& work, int64_t n_lanes) {
  for (int64_t begin = 0; begin < job.batch.n; begin += work.n_rows) {
    const DecideChunk c{job, work, begin};
    const int64_t left = job.batch.n - begin, n = left < work.n_rows ? left : work.n_rows;
    launch(n, BeginDecisions{c});
    launch(n * work.pool, DrawWorlds{c});
    launch(n, SettleWorlds{c});
    if (!job.settings.for_points) launch_race(launch, search, c, n, n_lanes, false);
    launch(n, KeepChances{c});
    launch_race(launch, search, c, n, n_lanes, true);
    launch(n, KeepPoints{c});
  }
}

}  // namespace forge
