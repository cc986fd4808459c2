// CPU drivers of the tablebase: the schedule over levels and chunks, and where the rows go.
#include <cstring>

#include "tablebase/backward_row.h"
#include "tablebase/forward.h"
#include "tablebase/tablebase.h"

namespace forge::cpu {
namespace {

// One leader and one hand of seat 3: n * n rows that stand together in the reach table, and whose
// states stand together in every group.
struct Chunk {
  int leader;
  uint32_t hand3;
  int64_t first_row;
  uint32_t* counts;
};

Chunk chunk_at(int level, int64_t index, const Reach& reach) {
  const int64_t n = hands_at(level);
  Chunk chunk;
  chunk.leader = static_cast<int>(index / n);
  chunk.hand3 = combinadics().hand[N_SLOTS - level][index % n];
  chunk.first_row = index * n * n;
  chunk.counts =
      reach.counts + (static_cast<int64_t>(chunk.leader) * N_HANDS + chunk.hand3) * N_GROUPS;
  return chunk;
}

int64_t rows_in_chunk(int level) { return static_cast<int64_t>(hands_at(level)) * hands_at(level); }

// Many parents reach the same row, so most marks change nothing: looking first keeps the atomic
// writes, 20 times dearer than a load, to a few a row.
void mark(uint64_t* row, uint64_t ranks) {
  auto* word = reinterpret_cast<std::atomic<uint64_t>*>(row);
  if (ranks & ~word->load(std::memory_order_relaxed))
    word->fetch_or(ranks, std::memory_order_relaxed);
}

// From the marked rows on, marks and counts everything below.
void reach_forward(const DealContext& c, const Reach& reach, const Parallel& how) {
  std::memset(reach.counts, 0, sizeof(uint32_t) * N_COUNTS);
  for (int level = 0; level < N_LEVELS; ++level) {
    const uint64_t* rows = reach.rows + row_offset(level);
    uint64_t* next = level + 1 < N_LEVELS ? reach.rows + row_offset(level + 1) : nullptr;
    parallel_for(how, 4 * hands_at(level), 1, [&](int, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Chunk chunk = chunk_at(level, i, reach);
        const auto count = [&](int group, uint32_t n) { chunk.counts[group] += n; };
        const auto reached = [&](int64_t row, uint64_t ranks) { mark(next + row, ranks); };
        for (int64_t r = chunk.first_row; r < chunk.first_row + rows_in_chunk(level); ++r)
          if (rows[r]) forward_row(c, level, row_at(level, r), rows[r], reached, count);
      }
    });
  }
}

// Turns the counts into the position of each chunk's first state, in packed order: groups by their
// plays (the last play is the most significant), then leader, then hand of seat 3.
int64_t place_chunks(uint32_t* counts) {
  uint32_t position = 0;
  const auto place = [&](int group) {
    for (int leader = 0; leader < N_SEATS; ++leader) {
      for (int hand = 0; hand < N_HANDS; ++hand) {
        uint32_t& cell = counts[(leader * N_HANDS + hand) * N_GROUPS + group];
        const uint32_t n = cell;
        cell = position;
        position += n;
      }
    }
  };
  for (int i = 0; i < N_GROUPS; ++i) place(group_in_order(i));
  return position;
}

// Fresh memory comes in pages of up to 2 MB that the system clears when they are first written. The
// first chunk alone writes to nearly all of them (2.7 s for 56 million states on a busy machine):
// here each is a piece, after which somebody looks whether to stop.
template <class Value>
void touch_pages(Value* data, int64_t n, const Parallel& how) {
  constexpr int64_t PAGE_VALUES = (1 << 21) / sizeof(Value);
  parallel_for(how, (n + PAGE_VALUES - 1) / PAGE_VALUES, 1, [&](int, int64_t begin, int64_t end) {
    for (int64_t page = begin; page < end; ++page) data[page * PAGE_VALUES] = 0;
  });
}

struct ValueTable {
  int8_t* values;
  FORGE_INLINE ValueLeaf operator()(int level) const { return {values + value_offset(level)}; }
};

// Backs up every reachable state at the start of a trick, level by level from the end, and writes
// what hangs below it.
template <Emit EMIT>
void back_up_levels(const DealContext& c, const Reach& reach, int8_t* level_values,
                    const StateRows& out, const Parallel& how) {
  for (int level = N_LEVELS - 1; level >= 0; --level) {
    const uint64_t* rows = reach.rows + row_offset(level);
    const int64_t n = hands_at(level);
    int8_t* values = nullptr;  // states alone have none
    const int8_t* next_values = nullptr;
    if (EMIT != Emit::states) {
      values = level_values + value_offset(level);
      next_values = level_values + value_offset(std::min(level + 1, N_LEVELS - 1));
    }
    parallel_for(how, 4 * n, 1, [&](int, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Chunk chunk = chunk_at(level, i, reach);
        RowWalk<EMIT> walk(c, level, next_values, out, chunk.counts);
        for (int64_t r = chunk.first_row; r < chunk.first_row + rows_in_chunk(level); ++r) {
          if (!rows[r]) continue;
          int8_t row_values[MAX_LANES];
          walk.walk(row_at(level, r), rows[r], row_values);
          if (EMIT == Emit::states) continue;
          int8_t* at = values + r % (n * n * n) * n * 4 + chunk.leader;
          int lane = 0;
          for (uint64_t set = rows[r]; set; set &= set - 1)
            at[4 * lowest(set)] = row_values[lane++];
        }
      }
    });
  }
}

}  // namespace

int64_t reach_states(const DealContext& c, const Reach& reach, const Parallel& how) {
  std::memset(reach.rows, 0, sizeof(uint64_t) * N_ROWS);
  reach.rows[row_offset(0)] = 1;  // all hands full, seat 0 leads
  reach_forward(c, reach, how);
  return place_chunks(reach.counts);
}

void emit_states(const DealContext& c, const Reach& reach, int8_t* level_values,
                 const StateRows& out, int64_t n, const Parallel& how) {
  touch_pages(out.states, n, how);
  if (level_values) {
    touch_pages(out.values, n, how);
    touch_pages(out.q, n * N_SLOTS, how);
  }
  if (level_values) back_up_levels<Emit::solution>(c, reach, level_values, out, how);
  else back_up_levels<Emit::states>(c, reach, nullptr, out, how);
}

void backward_induction(const DealContext& c, const int64_t* states, int64_t n, const Reach& reach,
                        int8_t* level_values, int8_t* values, int8_t* q, const Parallel& how) {
  std::memset(reach.rows, 0, sizeof(uint64_t) * N_ROWS);
  // Every state between tricks that one of the states leads to within its trick ...
  const auto mark_leaf = [&](int level) {
    uint64_t* rows = reach.rows + row_offset(level);
    const uint32_t n_hands = static_cast<uint32_t>(hands_at(level));
    return [=](uint32_t child, const TrickSoFar& trick) {
      const BoundaryPlace place = place_of(child, trick.winner, n_hands);
      mark(rows + place.row, place.rank);
      return 0;
    };
  };
  parallel_for(how, n, 4096, [&](int, int64_t begin, int64_t end) {
    uint64_t unused;
    for (int64_t i = begin; i < end; ++i) back_up_state(c, states[i], mark_leaf, &unused);
  });
  // ... and all that follows have their values first.
  reach_forward(c, reach, how);
  back_up_levels<Emit::values>(c, reach, level_values, {}, how);
  const ValueTable table{level_values};
  parallel_for(how, n, 4096, [&](int, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      uint64_t word;
      values[i] = static_cast<int8_t>(back_up_state(c, states[i], table, &word));
      std::memcpy(q + 7 * i, &word, 7);
    }
  });
}

void expand_states(const DealContext& c, const int64_t* states, int64_t n, int64_t* children,
                   const Parallel& how) {
  parallel_for(how, n, 16384, [&](int, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) expand_state(c, states[i], children + N_SLOTS * i);
  });
}

}  // namespace forge::cpu
