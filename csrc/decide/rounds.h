// Some worlds of every decision of a chunk at a time: their positions in a row for the search.
//
// A chunk has `work`: a RoundRoom, and rows (of each `open`, `n_worlds`, `place` and the slots
// `asked()`).
#pragma once

#include "core/atomics.h"
#include "decide/values.h"
#include "decide/world_position.h"
#include "search/lane.h"
#include "worlds/world_table.h"

namespace forge {

// What there is room for on the device, beside what the caller keeps and the rows.
struct RoundRoom {
  int64_t n_rows;      // decisions
  int64_t pool;        // worlds of each
  int64_t window;      // of them in a round
  SeenHand* seen;      // [n_rows]
  WorldTable* tables;  // [n_rows]
  Owners* worlds;      // [n_rows, pool]
  int64_t* n_asked;    // [1]: positions of the round; they come first
  int64_t* queue;      // [1]: of the lanes, just behind
  int64_t* states;     // [n_rows * window]
  int8_t* deals;       // [n_rows * window, 28]
  int8_t* decls;       // [n_rows * window]
  int8_t* targets;     // [n_rows * window]
  uint8_t* slots;      // [n_rows * window]
  int8_t* answers;     // [n_rows * window, 7]
};

// Worlds [from, to) of every decision that is still open.
struct WorldRound {
  int64_t from, to;
  bool drops;       // plays, in the end
  bool for_points;  // values are points, not chances

  FORGE_INLINE int64_t n_worlds() const { return to - from; }
};

// Over rows: room for the positions of the round, one after the other.
template <class Chunk>
struct PlaceRows {
  Chunk c;
  WorldRound round;
  FORGE_HD void operator()(int64_t i) const {
    auto& r = c.work.rows[i];
    r.place = -1;
    if (!r.open || round.from >= r.n_worlds) return;
    const int64_t to = round.to < r.n_worlds ? round.to : r.n_worlds;
    r.place = atomic_add(c.work.n_asked, to - round.from);
  }
};

// Which position of the round an item is; false: none.
template <class Chunk>
FORGE_HD inline bool find_position(const Chunk& c, const WorldRound& round, int64_t i, int64_t* row,
                                   int64_t* world, int64_t* at) {
  *row = i / round.n_worlds();
  *world = round.from + i % round.n_worlds();
  const auto& r = c.work.rows[*row];
  *at = r.place + *world - round.from;
  return r.place >= 0 && *world < r.n_worlds;
}

// Over rows and the worlds of the round: what the search is asked.
template <class Chunk>
struct WritePositions {
  Chunk c;
  WorldRound round;
  FORGE_HD void operator()(int64_t i) const {
    int64_t row, world, at;
    if (!find_position(c, round, i, &row, &world, &at)) return;
    const auto& work = c.work;
    const SeenHand& seen = work.seen[row];
    const WorldPosition position(seen, work.worlds[work.pool * row + world]);
    for (int k = 0; k < N_DOMINOES; ++k) work.deals[N_DOMINOES * at + k] = position.deal[k];
    work.states[at] = position.state;
    work.decls[at] = static_cast<int8_t>(seen.now.decl);
    work.targets[at] = static_cast<int8_t>(target_of(seen));
    work.slots[at] = static_cast<uint8_t>(work.rows[row].asked());
  }
};

// A round of a chunk with room for so many positions.
template <class Chunk>
SearchJob search_job(const Chunk& c, const WorldRound& round, int64_t n_rows, int64_t n_lanes) {
  const auto& w = c.work;
  const int64_t n = n_rows * round.n_worlds();
  SearchJob job{};
  job.batch = {w.deals, w.decls, w.states, n, N_DOMINOES, 1};
  job.targets = round.for_points ? nullptr : w.targets;
  job.target_stride = 1;
  job.out = w.answers;
  job.slots_per_item = n >= n_lanes ? N_SLOTS : 1;
  job.queue = w.queue;
  job.width = N_SLOTS;
  job.slots = w.slots;
  job.n_rows = w.n_asked;
  return job;
}

// Answers of the search to all worlds of a round, in `work.answers` at their rows' places.
template <class Launch, class Search, class Chunk>
void ask_round(const Launch& launch, const Search& search, const Chunk& c, const WorldRound& round,
               int64_t n_rows, int64_t n_lanes) {
  launch.zero(c.work.n_asked, 2 * sizeof(int64_t));
  launch(n_rows, PlaceRows<Chunk>{c, round});
  launch(n_rows * round.n_worlds(), WritePositions<Chunk>{c, round});
  search(search_job(c, round, n_rows, n_lanes));
}

}  // namespace forge
