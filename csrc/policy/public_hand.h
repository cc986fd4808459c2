// What everybody at the table knows of a hand: the contract, what was played, who cannot follow.
// Seats are counted from the declarer, who leads first; dominoes are masks by rank.
#pragma once

#include <cstdint>

#include "core/bits.h"
#include "game/rank_order.h"

namespace forge {

inline constexpr int N_PLAYS = N_SEATS * N_SLOTS;
inline constexpr uint32_t ALL_RANKS = 0x0FFFFFFF;

struct PublicHand {
  const RankTables* ranks;
  int decl;
  int needed;                  // points that the declarer's side needs of the 42
  uint32_t trumps;             // none under doubles-suit and notrump
  uint32_t played;             // by anybody
  uint32_t by[N_SEATS];        // by the seat
  uint32_t excluded[N_SEATS];  // what it has shown not to hold
  int leader, turn;            // seat that leads the trick; plays in it
  uint8_t trick[N_SEATS];      // their ranks
  int suit, winner, winning;   // of the trick in progress: suit led, who wins it, with which rank
  int trick_count;             // count points in it
  int won[2];                  // points of the declarer's side and of the other
  int n_plays;

  FORGE_INLINE int seat() const { return (leader + turn) & 3; }
  // What the declarer's side still needs, and what is still to be won.
  FORGE_INLINE int need() const { return needed - won[0]; }
  FORGE_INLINE int left() const { return HAND_POINTS - won[0] - won[1]; }
  FORGE_INLINE bool made() const { return need() <= 0; }
  FORGE_INLINE bool decided() const { return made() || need() > left(); }

  FORGE_INLINE uint32_t legal(uint32_t hand) const {
    const uint32_t follows = turn ? hand & ranks->follow[suit] : 0;
    return follows ? follows : hand;
  }
  FORGE_INLINE int count(int rank) const { return count_of(*ranks, uint32_t{1} << rank); }
};

FORGE_HD inline PublicHand start_hand(int decl, int needed) {
  PublicHand p{};
  p.ranks = &rank_tables(decl);
  p.decl = decl;
  p.needed = needed;
  p.trumps = decl <= DOUBLES_TRUMP ? p.ranks->follow[CALLED_SUIT] : 0;
  return p;
}

// The seat to act plays a domino that it may play.
FORGE_HD inline void play_rank(PublicHand* p, int rank) {
  const RankTables& t = *p->ranks;
  const int seat = p->seat();
  const uint32_t bit = uint32_t{1} << rank;
  if (p->turn == 0) {
    p->suit = t.led_suit[rank];
    p->winner = seat;
    p->winning = rank;
    p->trick_count = 0;
  } else {
    if (!(t.follow[p->suit] & bit)) p->excluded[seat] |= t.follow[p->suit];
    if ((t.can_win[p->suit] & bit) && rank > p->winning) {
      p->winner = seat;
      p->winning = rank;
    }
  }
  p->trick[p->turn] = static_cast<uint8_t>(rank);
  p->played |= bit;
  p->by[seat] |= bit;
  p->trick_count += p->count(rank);
  ++p->n_plays;
  if (++p->turn == N_SEATS) {
    p->won[p->winner & 1] += 1 + p->trick_count;
    p->leader = p->winner;
    p->turn = 0;
    p->trick_count = 0;
  }
}

}  // namespace forge
