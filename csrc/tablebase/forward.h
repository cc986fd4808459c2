// Forward step of one row: which rows one trick later it reaches, and how many states hang below it
// in each group. The 35 hands of seat 0 are handled at once, as a set.
#pragma once

#include "game/deal_context.h"
#include "tablebase/layout.h"

namespace forge {

// What seat 0 can do, for every hand in the row, when a suit is led.
struct SeatZero {
  int n;  // slots that are legal for at least one hand
  uint8_t slot[N_SLOTS];
  uint8_t strength[N_SLOTS];
  uint8_t n_hands[N_SLOTS];  // hands for which the slot is legal
  uint64_t after[N_SLOTS];   // those hands without the slot, as a set of the next level
};

// Ranks of the hands in `ranks` for which the slot is legal after `suit` was led.
FORGE_INLINE uint64_t hands_with_legal(const DealContext& c, uint64_t ranks, int size, int suit,
                                       int slot) {
  const Combinadics& hands = combinadics();
  uint64_t legal = ranks & hands.holding[size][slot];
  if (c.follow[0][suit] >> slot & 1) return legal;
  for (uint32_t follow = c.follow[0][suit]; follow; follow &= follow - 1)
    legal &= ~hands.holding[size][lowest(follow)];
  return legal;
}

FORGE_INLINE SeatZero seat_zero(const DealContext& c, uint64_t ranks, int size, int suit) {
  SeatZero z;
  z.n = 0;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    const uint64_t legal = hands_with_legal(c, ranks, size, suit, slot);
    if (!legal) continue;
    z.slot[z.n] = static_cast<uint8_t>(slot);
    z.strength[z.n] = c.strength[suit][0][slot];
    z.n_hands[z.n] = static_cast<uint8_t>(popcount(legal));
    z.after[z.n] = drop_slot(legal, size, slot);
    ++z.n;
  }
  return z;
}

// Rows of the next level, addressed by leader and the hands of seats 1..3.
struct NextRows {
  int n;  // hands a seat at the next level
  FORGE_INLINE int64_t index(int leader, uint32_t m1, uint32_t m2, uint32_t m3) const {
    const uint8_t* rank = combinadics().rank;
    return ((static_cast<int64_t>(leader) * n + rank[m3]) * n + rank[m2]) * n + rank[m1];
  }
};

// reach(next_row, set of r0) marks; count(group, n) adds up.
template <class Reach, class Count>
FORGE_HD inline void forward_row(const DealContext& c, int level, const Row& row, uint64_t ranks,
                                 const Reach& reach, const Count& count) {
  const int size = N_SLOTS - level;
  const int leader = row.leader;
  const uint32_t* hand = row.hand;
  const uint32_t n_all = static_cast<uint32_t>(popcount(ranks));
  count(GROUP_0, n_all);
  if (size == 0) return;
  const NextRows next{hands_at(level + 1)};

  if (leader == 0) {
    for (int p0 = 0; p0 < N_SLOTS; ++p0) {
      const uint64_t holding = ranks & combinadics().holding[size][p0];
      if (!holding) continue;
      const uint32_t n = static_cast<uint32_t>(popcount(holding));
      const uint64_t after = drop_slot(holding, size, p0);
      const TrickSoFar led = lead_trick(c, 0, p0);
      const uint32_t legal1 = legal_follows(c, 1, hand[1], led.suit);
      const uint32_t legal2 = legal_follows(c, 2, hand[2], led.suit);
      const uint32_t legal3 = legal_follows(c, 3, hand[3], led.suit);
      count(group_of(1, p0), n);
      for (uint32_t l1 = legal1; l1; l1 &= l1 - 1) {
        const int p1 = lowest(l1);
        const TrickSoFar t1 = follow_trick(c, led, 1, p1);
        count(group_of(2, p0 * 7 + p1), n);
        for (uint32_t l2 = legal2; l2; l2 &= l2 - 1) {
          const int p2 = lowest(l2);
          const TrickSoFar t2 = follow_trick(c, t1, 2, p2);
          count(group_of(3, (p0 * 7 + p1) * 7 + p2), n);
          for (uint32_t l3 = legal3; l3; l3 &= l3 - 1) {
            const int p3 = lowest(l3);
            const TrickSoFar t3 = follow_trick(c, t2, 3, p3);
            reach(next.index(t3.winner, hand[1] & ~(1u << p1), hand[2] & ~(1u << p2),
                             hand[3] & ~(1u << p3)),
                  after);
          }
        }
      }
    }
    return;
  }

  // Seat 0 follows. The three others are x (the leader), y and z in the order 1, 2, 3 of seats
  // after the leader, seat 0 left out; `turn` is seat 0's place in the trick.
  const int turn = (4 - leader) & 3;
  const int seat_y = turn == 1 ? (leader + 2) & 3 : (leader + 1) & 3;
  const int seat_z = turn == 3 ? (leader + 2) & 3 : (leader + 3) & 3;
  for (uint32_t lead = hand[leader]; lead; lead &= lead - 1) {
    const int px = lowest(lead);
    const TrickSoFar led = lead_trick(c, leader, px);
    const SeatZero zero = seat_zero(c, ranks, size, led.suit);
    const uint32_t legal_y = legal_follows(c, seat_y, hand[seat_y], led.suit);
    const uint32_t legal_z = legal_follows(c, seat_z, hand[seat_z], led.suit);
    count(group_of(1, px), n_all);
    if (turn == 1)
      for (int i = 0; i < zero.n; ++i) count(group_of(2, px * 7 + zero.slot[i]), zero.n_hands[i]);
    for (uint32_t ly = legal_y; ly; ly &= ly - 1) {
      const int py = lowest(ly);
      const TrickSoFar ty = follow_trick(c, led, seat_y, py);
      if (turn == 1) {
        for (int i = 0; i < zero.n; ++i)
          count(group_of(3, (px * 7 + zero.slot[i]) * 7 + py), zero.n_hands[i]);
      } else {
        count(group_of(2, px * 7 + py), n_all);
        if (turn == 2)
          for (int i = 0; i < zero.n; ++i)
            count(group_of(3, (px * 7 + py) * 7 + zero.slot[i]), zero.n_hands[i]);
      }
      for (uint32_t lz = legal_z; lz; lz &= lz - 1) {
        const int pz = lowest(lz);
        const TrickSoFar tz = follow_trick(c, ty, seat_z, pz);
        if (turn == 3) count(group_of(3, (px * 7 + py) * 7 + pz), n_all);
        uint32_t after[N_SEATS] = {0, hand[1], hand[2], hand[3]};
        after[leader] &= ~(1u << px);
        after[seat_y] &= ~(1u << py);
        after[seat_z] &= ~(1u << pz);
        uint64_t wins = 0, loses = 0;
        for (int i = 0; i < zero.n; ++i)
          (zero.strength[i] > tz.strength ? wins : loses) |= zero.after[i];
        if (wins) reach(next.index(0, after[1], after[2], after[3]), wins);
        if (loses) reach(next.index(tz.winner, after[1], after[2], after[3]), loses);
      }
    }
  }
}

}  // namespace forge
