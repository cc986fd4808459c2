// CPU drivers of the tablebase: the schedule over levels and chunks, and where the rows go.
#include "tablebase/tablebase.h"

#include <cstring>

#include "tablebase/backward.h"
#include "tablebase/forward.h"

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

int64_t rows_in_chunk(int level) {
  return static_cast<int64_t>(hands_at(level)) * hands_at(level);
}

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
  for (int p2 = 0; p2 < N_SLOTS; ++p2)
    for (int p1 = 0; p1 < N_SLOTS; ++p1)
      for (int p0 = 0; p0 < N_SLOTS; ++p0) place(group_of(3, (p0 * 7 + p1) * 7 + p2));
  for (int p1 = 0; p1 < N_SLOTS; ++p1)
    for (int p0 = 0; p0 < N_SLOTS; ++p0) place(group_of(2, p0 * 7 + p1));
  for (int p0 = 0; p0 < N_SLOTS; ++p0) place(group_of(1, p0));
  place(GROUP_0);
  return position;
}

struct StateSink {
  StateRows out;
  uint32_t* cursors;
  int leader;

  template <int N_PLAYS>
  FORGE_INLINE void put(uint32_t hands, int digits, int, uint64_t) {
    out.states[cursors[group_of(N_PLAYS, digits)]++] = pack<N_PLAYS>(hands, leader, digits);
  }
};

struct SolvedSink {
  StateRows out;
  uint32_t* cursors;
  int leader;

  template <int N_PLAYS>
  FORGE_INLINE void put(uint32_t hands, int digits, int value, uint64_t q) {
    const uint32_t at = cursors[group_of(N_PLAYS, digits)]++;
    out.states[at] = pack<N_PLAYS>(hands, leader, digits);
    out.values[at] = static_cast<int8_t>(value);
    // Seven bytes as two overlapping words: an eighth would belong to the next row.
    int8_t* row = out.q + int64_t{7} * at;
    const uint32_t low = static_cast<uint32_t>(q), high = static_cast<uint32_t>(q >> 24);
    std::memcpy(row, &low, 4);
    std::memcpy(row + 3, &high, 4);
  }
};

struct NoSink : NullSink {
  uint32_t* cursors;
  int leader;
};

struct ZeroLeaf {
  FORGE_INLINE int operator()(uint32_t, const TrickSoFar&) const { return 0; }
};

// Backs up every reachable state at the start of a trick, level by level from the end.
// values(level, index, value) keeps what the level above reads.
template <class Sink, class LeafAt, class Keep>
void back_up_levels(const DealContext& c, const Reach& reach, const Parallel& how,
                    const LeafAt& leaf_at, const Keep& keep, Sink prototype) {
  for (int level = N_LEVELS - 1; level >= 0; --level) {
    const uint64_t* rows = reach.rows + row_offset(level);
    const int size = N_SLOTS - level;
    const int64_t n = hands_at(level);
    parallel_for(how, 4 * n, 1, [&](int, int64_t begin, int64_t end) {
      ChildIndex index{};
      for (int64_t i = begin; i < end; ++i) {
        const Chunk chunk = chunk_at(level, i, reach);
        Sink sink = prototype;
        sink.cursors = chunk.counts;
        sink.leader = chunk.leader;
        for (int64_t r = chunk.first_row; r < chunk.first_row + rows_in_chunk(level); ++r) {
          if (!rows[r]) continue;
          const Row row = row_at(level, r);
          const uint32_t others = row.hand[1] << 7 | row.hand[2] << 14 | row.hand[3] << 21;
          if (size == 0) {
            sink.template put<0>(0, 0, 0, ALL_ILLEGAL);
            keep(level, chunk.leader, 0);
            continue;
          }
          for (int seat = 1; seat < N_SEATS; ++seat) index.set(level, seat, row.hand[seat]);
          const auto leaf = leaf_at(level + 1);
          const int64_t place = r % (n * n * n) * n;
          for (uint64_t set = rows[r]; set; set &= set - 1) {
            const int rank = lowest(set);
            const uint32_t hand = combinadics().hand[size][rank];
            index.set(level, 0, hand);
            const int value = back_up<0>(c, index, chunk.leader, others | hand, TrickSoFar{}, 0, 0,
                                         leaf, sink);
            keep(level, (place + rank) * 4 + chunk.leader, value);
          }
        }
      }
    });
  }
}

struct ValueTable {
  int8_t* values;
  FORGE_INLINE ValueLeaf operator()(int level) const { return {values + value_offset(level)}; }
};

}  // namespace

int64_t reach_states(const DealContext& c, const Reach& reach, const Parallel& how) {
  std::memset(reach.rows, 0, sizeof(uint64_t) * N_ROWS);
  reach.rows[row_offset(0)] = 1;  // all hands full, seat 0 leads
  reach_forward(c, reach, how);
  return place_chunks(reach.counts);
}

void emit_states(const DealContext& c, const Reach& reach, int8_t* level_values,
                 const StateRows& out, const Parallel& how) {
  if (!level_values) {
    back_up_levels(c, reach, how, [](int) { return ZeroLeaf{}; }, [](int, int64_t, int) {},
                   StateSink{out, nullptr, 0});
    return;
  }
  back_up_levels(
      c, reach, how, ValueTable{level_values},
      [&](int level, int64_t at, int value) {
        level_values[value_offset(level) + at] = static_cast<int8_t>(value);
      },
      SolvedSink{out, nullptr, 0});
}

void backward_induction(const DealContext& c, const int64_t* states, int64_t n, const Reach& reach,
                        int8_t* level_values, int8_t* values, int8_t* q, const Parallel& how) {
  std::memset(reach.rows, 0, sizeof(uint64_t) * N_ROWS);
  // Every state between tricks that one of the states leads to within its trick ...
  const auto mark_leaf = [&](int level) {
    uint64_t* rows = reach.rows + row_offset(level);
    const uint32_t n_hands = static_cast<uint32_t>(hands_at(level));
    return [=](uint32_t child, const TrickSoFar& trick) {
      const uint32_t column = child / 4 % n_hands;
      const int64_t row = child / 4 / n_hands + int64_t{trick.winner} * n_hands * n_hands * n_hands;
      mark(rows + row, uint64_t{1} << column);
      return 0;
    };
  };
  parallel_for(how, n, 4096, [&](int, int64_t begin, int64_t end) {
    uint64_t unused;
    for (int64_t i = begin; i < end; ++i) back_up_state(c, states[i], mark_leaf, &unused);
  });
  // ... and all that follows have their values first.
  reach_forward(c, reach, how);
  const ValueTable table{level_values};
  back_up_levels(
      c, reach, how, table,
      [&](int level, int64_t at, int value) {
        level_values[value_offset(level) + at] = static_cast<int8_t>(value);
      },
      NoSink{});
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
