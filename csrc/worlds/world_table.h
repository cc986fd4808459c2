// All worlds of one question, in order: how many there are, and the i-th of them.
//
// The unseen dominoes are dealt one by one, lowest id first. How many ways the rest can be dealt
// depends on the room left in the first two hands alone (the third has what remains), so a table
// over (dominoes dealt, room, room) counts them all; walking through it un-ranks an index. The
// order is that of the text that names the seat of each unseen domino, lowest id first: "000...",
// ...
#pragma once

#include <cstdint>

#include "worlds/constraints.h"

namespace forge {

// cell = STRIDE * room of seat 0 + room of seat 1, rooms 0..7. The column between two rows stands
// for a hand that is full already.
inline constexpr int STRIDE = N_SLOTS + 2;
inline constexpr int N_CELLS = STRIDE * (N_SLOTS + 1);

// Ways to deal the rest of the dominoes, for every cell. They number at most 21! / 7!^3 =
// 399,072,960, less than 2^29.
class Ways {
 public:
  // Nothing is left to deal: one way if the hands are full.
  FORGE_INLINE Ways() { ways_[STRIDE] = 1; }

  FORGE_INLINE uint32_t at(int cell) const { return ways_[STRIDE + cell]; }

  // Deals one more domino in front; first [N_CELLS] and both [N_CELLS] become the ways that begin
  // with seat 0, and with seat 0 or 1. One loop over all cells, for the sake of vectors.
  FORGE_INLINE void add(bool may0, bool may1, bool may2, uint32_t* __restrict__ first,
                        uint32_t* __restrict__ both) {
    const uint32_t m0 = 0u - may0, m1 = 0u - may1, m2 = 0u - may2;
    uint32_t any[N_CELLS];
    for (int cell = 0; cell < N_CELLS; ++cell) {
      const uint32_t to0 = m0 & ways_[cell];
      const uint32_t to01 = to0 + (m1 & ways_[cell + STRIDE - 1]);
      first[cell] = to0;
      both[cell] = to01;
      any[cell] = to01 + (m2 & ways_[cell + STRIDE]);
    }
    for (int cell = 0; cell < N_CELLS; ++cell) ways_[STRIDE + cell] = any[cell];
    for (int room0 = 0; room0 <= N_SLOTS; ++room0) ways_[STRIDE * (room0 + 2) - 1] = 0;
  }

 private:
  uint32_t ways_[STRIDE + N_CELLS] = {};  // a row of zeros in front: seat 0 is full already
};

// A row for each unseen domino, the lowest first.
using WayRow = uint32_t[N_CELLS];

// Fills rows n-1 .. 0 and returns how many worlds there are, 0 for what is no question. With a
// `step` of 0 all rows are one: for the number alone.
FORGE_HD inline uint32_t fill_rows(const Constraints& c, WayRow* first, WayRow* both, int step) {
  if (!has_world(c)) return 0;
  Ways ways;
  uint32_t left = unseen_of(c);
  for (int i = popcount(left) - 1; i >= 0; --i) {
    const int domino = highest(left);
    left &= ~(uint32_t{1} << domino);
    ways.add(c.allowed[0] >> domino & 1, c.allowed[1] >> domino & 1, c.allowed[2] >> domino & 1,
             first[i * step], both[i * step]);
  }
  return ways.at(STRIDE * c.size[0] + c.size[1]);
}

FORGE_HD inline uint32_t count_worlds(const Constraints& c) {
  WayRow first[1], both[1];
  return fill_rows(c, first, both, 0);
}

// 12.1 KB: built once for a question, then read for every index.
struct WorldTable {
  uint32_t n_worlds;
  uint32_t unseen;
  int32_t n_unseen;
  int32_t start;  // the cell of empty hands
  alignas(64) WayRow first[MAX_UNSEEN];
  alignas(64) WayRow both[MAX_UNSEEN];
};

FORGE_HD inline void build_world_table(const Constraints& c, WorldTable* table) {
  table->n_worlds = fill_rows(c, table->first, table->both, 1);
  table->unseen = unseen_of(c);
  table->n_unseen = popcount(table->unseen);
  table->start = STRIDE * c.size[0] + c.size[1];
}

// Worlds number index[0 .. N-1] of the n_worlds; N walks at a time, because a step of one waits
// mostly for its table. Without branches: the seat of a domino is a coin flip, and a wrong guess
// costs more than the whole step.
template <int N>
FORGE_INLINE void unrank_worlds(const WorldTable& table, const uint32_t* index, World* worlds) {
  uint32_t rest[N], hand0[N], hand01[N];
  int32_t cell[N];
  for (int k = 0; k < N; ++k) {
    rest[k] = index[k];
    hand0[k] = hand01[k] = 0;
    cell[k] = table.start;
  }
  uint32_t left = table.unseen;
  for (int i = 0; i < table.n_unseen; ++i) {
    const uint32_t bit = left & (~left + 1);
    left ^= bit;
    for (int k = 0; k < N; ++k) {
      const uint32_t first = table.first[i][cell[k]], both = table.both[i][cell[k]];
      const uint32_t in0 = 0u - (rest[k] < first), in01 = 0u - (rest[k] < both);
      hand0[k] |= bit & in0;
      hand01[k] |= bit & in01;
      rest[k] -= in01 ? first & ~in0 : both;
      cell[k] -= static_cast<int32_t>((STRIDE & in0) | (1 & in01 & ~in0));
    }
  }
  for (int k = 0; k < N; ++k)
    worlds[k] = {{hand0[k], hand01[k] & ~hand0[k], table.unseen & ~hand01[k]}};
}

}  // namespace forge
