// One name for positions that differ in nothing but which of two equal dominoes was played.
//
// Two dominoes of one seat with the same count are equal while no domino that another seat still
// holds tells them apart: none of a suit that one of them follows and the other doesn't, none whose
// rank lies between theirs. If the greater is played and the lesser is not, the position is worth
// what it is with the two changed round, so the table keeps it under the name with the greater one
// unplayed.
#pragma once

#include "core/macros.h"
#include "search/lanes.h"
#include "search/position.h"

namespace forge {

// The dominoes that can tell two of the same count apart, by rank.
struct ApartTables {
  uint32_t apart[N_DOMINOES][N_DOMINOES];
};

constexpr ApartTables make_apart_tables(int decl) {
  const RankTables t = make_rank_tables(decl);
  const LedTables x = make_led_tables(decl);
  uint32_t asks_for[N_SUITS] = {};  // dominoes that lead the suit
  for (int rank = 0; rank < N_DOMINOES; ++rank) asks_for[t.led_suit[rank]] |= uint32_t{1} << rank;
  ApartTables out{};
  for (int a = 0; a < N_DOMINOES; ++a)
    for (int b = 0; b < a; ++b) {
      const uint32_t between = ((uint32_t{1} << a) - 1) & (~uint32_t{1} << b);
      uint32_t apart = (x.led[a].follow ^ x.led[b].follow) | (x.beats[a] ^ x.beats[b]);
      for (int suit = 0; suit < N_SUITS; ++suit) {
        const uint32_t wins = t.can_win[suit], follows = t.follow[suit];
        if (((follows >> a ^ follows >> b) | (wins >> a ^ wins >> b)) & 1) apart |= asks_for[suit];
        if (wins >> a & wins >> b & 1) apart |= wins & between;
      }
      apart &= ~(uint32_t{1} << a | uint32_t{1} << b);
      out.apart[a][b] = out.apart[b][a] = apart;
    }
  return out;
}

inline constexpr ApartTables APART_TABLES[N_DECLARATIONS] = {
    make_apart_tables(0), make_apart_tables(1), make_apart_tables(2), make_apart_tables(3),
    make_apart_tables(4), make_apart_tables(5), make_apart_tables(6), make_apart_tables(7),
    make_apart_tables(8), make_apart_tables(9)};

// The pairs of a deal that may become equal, in columns of eight.
struct EqualPairs {
  // Four seats, 21 pairs each at the most.
  static constexpr int MAX_PAIRS = 88;
  // Pairs that more dominoes than that can tell apart become equal too late to be worth a look.
  static constexpr int MAX_APART = 6;

  alignas(32) int32_t alive[MAX_PAIRS];   // the pair and those that tell it apart
  alignas(32) int32_t lesser[MAX_PAIRS];  // the bit of the lesser one
  alignas(32) int32_t both[MAX_PAIRS];
  int n;  // a multiple of 8

  void find(const SearchDeal& d, int decl) {
    n = 0;
    for (int seat = 0; seat < N_SEATS; ++seat) {
      const uint32_t hand = d.owner[seat];
      for (uint32_t h = hand; h; h &= h - 1) {
        const int b = lowest(h);
        for (uint32_t g = hand & above(b); g; g &= g - 1) {
          const int a = lowest(g);
          if (d.tables->points[a] != d.tables->points[b]) continue;
          const uint32_t apart = APART_TABLES[decl].apart[a][b] & ~hand;
          if (popcount(apart) > MAX_APART) continue;
          const uint32_t pair = uint32_t{1} << a | uint32_t{1} << b;
          add(apart | pair, uint32_t{1} << b, pair);
        }
      }
    }
    while (n & 7) add(0, 1, 0);  // never equal
  }

 private:
  void add(uint32_t is_alive, uint32_t is_lesser, uint32_t are_both) {
    alive[n] = static_cast<int32_t>(is_alive);
    lesser[n] = static_cast<int32_t>(is_lesser);
    both[n++] = static_cast<int32_t>(are_both);
  }
};

// The name of a set of unplayed dominoes.
FORGE_INLINE uint32_t canonical(const EqualPairs& pairs, uint32_t unplayed) {
  for (;;) {
    const Lanes u = all_lanes(static_cast<int32_t>(unplayed));
    Lanes change = all_lanes(0);
    for (int k = 0; k < pairs.n; k += 8) {
      const Lanes alive = *reinterpret_cast<const Lanes*>(pairs.alive + k);
      const Lanes lesser_bit = *reinterpret_cast<const Lanes*>(pairs.lesser + k);
      const Lanes both = *reinterpret_cast<const Lanes*>(pairs.both + k);
      change = greater(change, ((alive & u) == lesser_bit) & both);
    }
    const int32_t pair = greatest(change);
    if (!pair) return unplayed;
    unplayed ^= static_cast<uint32_t>(pair);
  }
}

}  // namespace forge
