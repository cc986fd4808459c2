// Per-declaration tables in rank order (see declaration.h): 28-bit sets of dominoes by rank.
#pragma once

#include <cstdint>

#include "core/bits.h"
#include "game/declaration.h"

namespace forge {

struct RankTables {
  uint32_t follow[N_SUITS];       // dominoes that can follow the suit
  uint32_t can_win[N_SUITS];      // dominoes that can win a trick in which the suit was led
  uint32_t tens, fives;           // dominoes worth 10 and 5
  uint8_t led_suit[N_DOMINOES];   // by rank
  uint8_t domino_at[N_DOMINOES];  // rank -> domino id
  uint8_t rank_of[N_DOMINOES];    // domino id -> rank
};

constexpr RankTables make_rank_tables(int decl) {
  RankTables t{};
  for (int domino = 0; domino < N_DOMINOES; ++domino) {
    const int rank = rank_of(decl, domino);
    const uint32_t bit = uint32_t{1} << rank;
    t.rank_of[domino] = static_cast<uint8_t>(rank);
    t.domino_at[rank] = static_cast<uint8_t>(domino);
    t.led_suit[rank] = static_cast<uint8_t>(led_suit(decl, domino));
    if (count_points(domino) == 10) t.tens |= bit;
    if (count_points(domino) == 5) t.fives |= bit;
    for (int suit = 0; suit < N_SUITS; ++suit) {
      if (can_follow(decl, domino, suit)) t.follow[suit] |= bit;
      if (can_win(decl, domino, suit)) t.can_win[suit] |= bit;
    }
  }
  return t;
}

inline constexpr RankTables RANK_TABLES[N_DECLARATIONS] = {
    make_rank_tables(0), make_rank_tables(1), make_rank_tables(2), make_rank_tables(3),
    make_rank_tables(4), make_rank_tables(5), make_rank_tables(6), make_rank_tables(7),
    make_rank_tables(8), make_rank_tables(9)};

#if defined(__CUDACC__)
// The same constants where a kernel can index them at run time.
static __device__ const RankTables DEVICE_RANK_TABLES[N_DECLARATIONS] = {
    make_rank_tables(0), make_rank_tables(1), make_rank_tables(2), make_rank_tables(3),
    make_rank_tables(4), make_rank_tables(5), make_rank_tables(6), make_rank_tables(7),
    make_rank_tables(8), make_rank_tables(9)};
#endif

FORGE_INLINE const RankTables& rank_tables(int decl) {
#if defined(__CUDA_ARCH__)
  return DEVICE_RANK_TABLES[decl];
#else
  return RANK_TABLES[decl];
#endif
}

// Count points of a set of dominoes (mask by rank).
FORGE_INLINE int count_of(const RankTables& t, uint32_t dominoes) {
  return 5 * (popcount(dominoes & t.fives) + 2 * popcount(dominoes & t.tens));
}

// The rank that wins among the dominoes played to a trick; the led one always can.
FORGE_INLINE int winning_rank(const RankTables& t, int suit, uint32_t played) {
  return highest(played & t.can_win[suit]);
}

}  // namespace forge
