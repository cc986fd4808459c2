// A deal that a seat may be looking at.
#pragma once

#include "policy/seen_hand.h"
#include "worlds/constraints.h"

namespace forge {

// By rank, what every seat (counted from the declarer) was dealt.
struct Owners {
  uint32_t dealt[N_SEATS];
  double weight;
};

// Dominoes by id -> by rank.
FORGE_INLINE uint32_t ranks_of(const RankTables& t, uint32_t dominoes) {
  uint32_t ranks = 0;
  for (; dominoes; dominoes &= dominoes - 1) ranks |= uint32_t{1} << t.rank_of[lowest(dominoes)];
  return ranks;
}

FORGE_INLINE uint32_t dominoes_of(const RankTables& t, uint32_t ranks) {
  uint32_t dominoes = 0;
  for (; ranks; ranks &= ranks - 1) dominoes |= uint32_t{1} << t.domino_at[lowest(ranks)];
  return dominoes;
}

// What the seat to act knows of the three others, the one to its left first.
FORGE_HD inline Constraints constraints_of(const SeenHand& seen) {
  const PublicHand& p = seen.now;
  Constraints c;
  for (int k = 0; k < N_HIDDEN; ++k) {
    const int seat = (p.seat() + 1 + k) & 3;
    const uint32_t may = ALL_RANKS & ~(p.played | seen.hand | p.excluded[seat]);
    c.allowed[k] = dominoes_of(*p.ranks, may);
    c.size[k] = N_SLOTS - popcount(p.by[seat]);
  }
  return c;
}

// A world of these constraints; it counts once.
FORGE_HD inline Owners owners_of(const SeenHand& seen, const World& world) {
  const PublicHand& p = seen.now;
  Owners owners;
  owners.weight = 1;
  owners.dealt[p.seat()] = seen.dealt;
  for (int k = 0; k < N_HIDDEN; ++k) {
    const int seat = (p.seat() + 1 + k) & 3;
    owners.dealt[seat] = ranks_of(*p.ranks, world.hand[k]) | p.by[seat];
  }
  return owners;
}

}  // namespace forge
