// One deal under one declaration, by seat and slot: what the tablebase and the state ops look up.
#pragma once

#include <cstdint>

#include "core/bits.h"
#include "game/declaration.h"
#include "game/rank_order.h"
#include "game/state.h"

namespace forge {

struct DealContext {
  uint8_t domino[N_SEATS][N_SLOTS];
  uint8_t led_suit[N_SEATS][N_SLOTS];
  uint8_t points[N_SEATS][N_SLOTS];       // count points
  uint8_t follow[N_SEATS][N_SUITS];       // mask of the slots that can follow the suit
  uint8_t strength[N_SUITS][N_SEATS][8];  // by led suit; 0 cannot win, else the greatest wins
};

// deal: int8 [4, 7] domino ids in slot order.
FORGE_HD inline DealContext make_deal_context(const int8_t* deal, int decl) {
  DealContext c;
  const RankTables& tables = rank_tables(decl);
  for (int seat = 0; seat < N_SEATS; ++seat) {
    for (int suit = 0; suit < N_SUITS; ++suit) c.follow[seat][suit] = 0;
    for (int slot = 0; slot < N_SLOTS; ++slot) {
      const int domino = deal[N_SLOTS * seat + slot];
      const int rank = tables.rank_of[domino];
      c.domino[seat][slot] = static_cast<uint8_t>(domino);
      c.led_suit[seat][slot] = tables.led_suit[rank];
      c.points[seat][slot] = static_cast<uint8_t>(count_points(domino));
      for (int suit = 0; suit < N_SUITS; ++suit) {
        const bool follows = tables.follow[suit] >> rank & 1;
        const bool wins = tables.can_win[suit] >> rank & 1;
        if (follows) c.follow[seat][suit] |= static_cast<uint8_t>(1u << slot);
        c.strength[suit][seat][slot] = static_cast<uint8_t>(wins ? rank + 1 : 0);
      }
    }
    for (int suit = 0; suit < N_SUITS; ++suit) c.strength[suit][seat][N_SLOTS] = 0;
  }
  return c;
}

// The slots a seat may play to a trick in which the suit was led.
FORGE_INLINE uint32_t legal_follows(const DealContext& c, int seat, uint32_t hand, int suit) {
  const uint32_t follows = hand & c.follow[seat][suit];
  return follows ? follows : hand;
}

// A trick in progress: who is winning it and what it is worth.
struct TrickSoFar {
  int suit;
  int winner;    // seat
  int strength;  // of the winning domino
  int points;    // 1 + count points so far
};

FORGE_INLINE TrickSoFar lead_trick(const DealContext& c, int seat, int slot) {
  const int suit = c.led_suit[seat][slot];
  return {suit, seat, c.strength[suit][seat][slot], 1 + c.points[seat][slot]};
}

FORGE_INLINE TrickSoFar follow_trick(const DealContext& c, const TrickSoFar& trick, int seat,
                                     int slot) {
  const int strength = c.strength[trick.suit][seat][slot];
  const bool wins = strength > trick.strength;
  return {trick.suit, wins ? seat : trick.winner, wins ? strength : trick.strength,
          trick.points + c.points[seat][slot]};
}

// +points if the seat is of team 0, else -points.
FORGE_INLINE int team0_points(int seat, int points) { return seat & 1 ? -points : points; }

// The trick in progress of a packed state; with no plays yet everything is 0.
FORGE_INLINE TrickSoFar trick_of(const DealContext& c, int64_t state) {
  const int n_plays = n_plays_of(state);
  const int leader = leader_of(state);
  TrickSoFar trick{0, leader, 0, 0};
  if (n_plays == 0) return trick;
  trick = lead_trick(c, leader, play_of(state, 0));
  for (int k = 1; k < n_plays; ++k)
    trick = follow_trick(c, trick, (leader + k) & 3, play_of(state, k));
  return trick;
}

// Mask of the slots that the seat to act may play.
FORGE_INLINE uint32_t legal_slots(const DealContext& c, int64_t state) {
  const int seat = seat_to_act(state);
  const uint32_t hand = hand_of(state, seat);
  if (n_plays_of(state) == 0) return hand;
  const int leader = leader_of(state);
  return legal_follows(c, seat, hand, c.led_suit[leader][play_of(state, 0)]);
}

struct Play {
  int64_t state;  // after the play
  int points;     // team-0 frame, 0 inside a trick
};

// Plays a legal slot.
FORGE_INLINE Play play_slot(const DealContext& c, int64_t state, int slot) {
  const int n_plays = n_plays_of(state);
  const int leader = leader_of(state);
  const int seat = (leader + n_plays) & 3;
  const int64_t left = state & ~(int64_t{1} << (7 * seat + slot));
  if (n_plays < 3) {
    const int64_t cleared = left & ~(int64_t{7} << (32 + 3 * n_plays));
    return {(cleared | static_cast<int64_t>(slot) << (32 + 3 * n_plays)) + (int64_t{1} << 30), 0};
  }
  const TrickSoFar trick = follow_trick(c, trick_of(c, state), seat, slot);
  return {boundary_state(static_cast<uint32_t>(left) & 0x0FFFFFFF, trick.winner),
          team0_points(trick.winner, trick.points)};
}

// children: int64 [7], -1 where the slot is illegal.
FORGE_INLINE void expand_state(const DealContext& c, int64_t state, int64_t* children) {
  const uint32_t legal = legal_slots(c, state);
  for (int slot = 0; slot < N_SLOTS; ++slot)
    children[slot] = legal >> slot & 1 ? play_slot(c, state, slot).state : int64_t{-1};
}

}  // namespace forge
