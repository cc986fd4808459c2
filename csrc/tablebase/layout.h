// Where things stand in the tablebase of one deal.
//
// A *level* is the states between tricks after k tricks, hands of size 7 - k; it has n = C(7, k)
// hands a seat. A state is (leader, four hand ranks r3, r2, r1, r0). The hands of seat 0 form a
// *row*: a 64-bit set of the reachable r0 for given (leader, r3, r2, r1).
//   reach  uint64, level by level   [leader][r3][r2][r1]          bit r0
//   values int8,   level by level   [r3][r2][r1][r0][leader]      (the four leaders share a word)
//
// The states inside a trick hang below the one at its start. In packed order they fall into
// *groups* by (plays of the current trick, leader); within a group they stand in the order of
// (m3, m2, m1, m0) at the start of the trick, that is chunk (m3) by chunk and row by row.
#pragma once

#include <cstdint>

#include "core/macros.h"
#include "tablebase/combinadics.h"

namespace forge {

inline constexpr int N_LEVELS = 8;
inline constexpr int N_HANDS = 128;  // chunks a leader: one per hand of seat 3

FORGE_HD constexpr int hands_at(int level) {
  constexpr int binomial[N_LEVELS] = {1, 7, 21, 35, 35, 21, 7, 1};
  return binomial[level];
}
FORGE_HD constexpr int64_t rows_at(int level) {
  const int64_t n = hands_at(level);
  return 4 * n * n * n;
}
FORGE_HD constexpr int64_t row_offset(int level) {
  int64_t offset = 0;
  for (int k = 0; k < level; ++k) offset += rows_at(k);
  return offset;
}
FORGE_HD constexpr int64_t value_offset(int level) {
  int64_t offset = 0;
  for (int k = 0; k < level; ++k) offset += rows_at(k) * hands_at(k);
  return offset;
}
inline constexpr int64_t N_ROWS = row_offset(N_LEVELS);      // 419,840
inline constexpr int64_t N_VALUES = value_offset(N_LEVELS);  // 13.6 million

// Groups of one leader, by the slots played so far.
inline constexpr int GROUP_2 = 343;           // two plays: 343 + 7 * p0 + p1
inline constexpr int GROUP_1 = GROUP_2 + 49;  // one play
inline constexpr int GROUP_0 = GROUP_1 + 7;   // between tricks
inline constexpr int N_GROUPS = GROUP_0 + 1;  // 400

// Slots as digits: (p0 * 7 + p1) * 7 + p2 among the groups of n_plays plays.
FORGE_HD constexpr int group_of(int n_plays, int digits) {
  constexpr int start[4] = {GROUP_0, GROUP_1, GROUP_2, 0};
  return start[n_plays] + digits;
}

// Group in packed order -> group: the last play is the most significant digit, 7 (none) the
// highest.
FORGE_INLINE int group_in_order(int i) {
  if (i < GROUP_2) return i % 7 * 49 + i / 7 % 7 * 7 + i / 49;
  if (i < GROUP_1) return GROUP_2 + (i - GROUP_2) % 7 * 7 + (i - GROUP_2) / 7;
  return i;
}

// Chunk tables (counts, then write cursors): uint32 [leader][m3][group].
inline constexpr int64_t N_COUNTS = int64_t{4} * N_HANDS * N_GROUPS;

struct Row {
  int leader;
  uint32_t hand[N_SEATS];  // [0] is not part of the row and stays 0
};

// A state between tricks as its row within the level and its one bit there.
struct BoundaryPlace {
  int64_t row;
  uint64_t rank;
};

// From an index into the level's values (its leader left out) and the leader; n_hands is the
// level's.
FORGE_INLINE BoundaryPlace place_of(uint32_t value_index, int leader, uint32_t n_hands) {
  const int64_t leader_stride = int64_t{n_hands} * n_hands * n_hands;
  return {value_index / 4 / n_hands + leader * leader_stride,
          uint64_t{1} << (value_index / 4 % n_hands)};
}

FORGE_INLINE Row row_at(int level, int64_t index) {
  const Combinadics& c = combinadics();
  const int n = hands_at(level);
  const int size = N_SLOTS - level;
  Row row{};
  row.hand[1] = c.hand[size][index % n];
  index /= n;
  row.hand[2] = c.hand[size][index % n];
  index /= n;
  row.hand[3] = c.hand[size][index % n];
  row.leader = static_cast<int>(index / n);
  return row;
}

}  // namespace forge
