// Backward step of one state: value-to-go and q (team-0 frame) from the values one trick later.
#pragma once

#include "game/deal_context.h"
#include "tablebase/layout.h"

namespace forge {

// Seven q bytes in a word, slot 0 lowest; the eighth byte is unused.
inline constexpr uint64_t ALL_ILLEGAL = 0x0080808080808080;

FORGE_INLINE uint64_t with_q(uint64_t q, int slot, int value) {
  return q ^ static_cast<uint64_t>(static_cast<uint8_t>(value) ^ 0x80u) << (8 * slot);
}

// The part of a child's index that a seat contributes by playing a slot: [seat][slot].
struct ChildIndex {
  uint32_t part[N_SEATS][N_SLOTS];

  static FORGE_INLINE uint32_t stride(int level, int seat) {
    const uint32_t n = static_cast<uint32_t>(hands_at(level + 1));
    uint32_t stride = 4;
    for (int s = 0; s < seat; ++s) stride *= n;
    return stride;
  }
  FORGE_INLINE void set(int level, int seat, uint32_t hand) {
    if (hand == 0) return;  // the end of the hand has no next level
    const uint32_t seat_stride = stride(level, seat);
    for (uint32_t h = hand; h; h &= h - 1) {
      const int slot = lowest(h);
      part[seat][slot] = combinadics().rank[hand & ~(1u << slot)] * seat_stride;
    }
  }
};

// The slots played to the current trick, as a group's digits (layout.h) and as bits of the state.
struct PlaysSoFar {
  int digits = 0;
  int64_t bits = 0;

  template <int N_PLAYS>
  FORGE_INLINE PlaysSoFar with(int slot) const {
    return {digits * 7 + slot, bits | static_cast<int64_t>(slot) << (32 + 3 * N_PLAYS)};
  }
};

// Packed state from its parts; none of the later plays is made.
template <int N_PLAYS>
FORGE_INLINE int64_t pack(uint32_t hands, int leader, const PlaysSoFar& plays) {
  constexpr int64_t rest = NO_PLAYS & ~((int64_t{1} << (32 + 3 * N_PLAYS)) - 1);
  return rest | int64_t{N_PLAYS} << 30 | plays.bits | static_cast<int64_t>(leader) << 28 |
         static_cast<int64_t>(hands);
}

// Walks the rest of a trick from a state with N_PLAYS plays. `leaf(child, trick)` gives the value
// after the completed trick; `sink.put<N>(hands, plays, value, q)` sees every state on the way,
// children first. Returns the value of the state.
template <int N_PLAYS, class Leaf, class Sink>
FORGE_HD inline int back_up(const DealContext& c, const ChildIndex& index, int leader,
                            uint32_t hands, const TrickSoFar& trick, uint32_t child,
                            const PlaysSoFar& plays, const Leaf& leaf, Sink& sink) {
  const int seat = (leader + N_PLAYS) & 3;
  const uint32_t hand = hands >> (7 * seat) & FULL_HAND;
  uint32_t legal = hand;
  if constexpr (N_PLAYS > 0) legal = legal_follows(c, seat, hand, trick.suit);
  const bool maximise = !(seat & 1);
  int best = maximise ? -128 : 127;
  uint64_t q = ALL_ILLEGAL;
  for (; legal; legal &= legal - 1) {
    const int slot = lowest(legal);
    TrickSoFar next;
    if constexpr (N_PLAYS == 0) next = lead_trick(c, seat, slot);
    else next = follow_trick(c, trick, seat, slot);
    const uint32_t next_child = child + index.part[seat][slot];
    int value;
    if constexpr (N_PLAYS == 3) {
      value = leaf(next_child, next);
    } else {
      value = back_up<N_PLAYS + 1>(c, index, leader, hands & ~(1u << (7 * seat + slot)), next,
                                   next_child, plays.with<N_PLAYS>(slot), leaf, sink);
    }
    q = with_q(q, slot, value);
    if (maximise ? value > best : value < best) best = value;
  }
  sink.template put<N_PLAYS>(hands, plays, best, q);
  return best;
}

// Leaf that reads the next level's values [r3][r2][r1][r0][leader].
struct ValueLeaf {
  const int8_t* values;
  FORGE_INLINE int operator()(uint32_t child, const TrickSoFar& trick) const {
    return values[child + static_cast<uint32_t>(trick.winner)] +
           team0_points(trick.winner, trick.points);
  }
};

struct NullSink {
  template <int N_PLAYS>
  FORGE_INLINE void put(uint32_t, const PlaysSoFar&, int, uint64_t) {}
};

// Index parts of a state anywhere in a trick, and what the seats that have played contribute.
struct StateIndex {
  ChildIndex index;
  int level;
  uint32_t child;  // from the seats that have played
};

FORGE_INLINE StateIndex index_state(int64_t state) {
  StateIndex s{};
  const int leader = leader_of(state);
  const int n_plays = n_plays_of(state);
  s.level = N_SLOTS - popcount(hand_of(state, (leader + 3) & 3));
  if (s.level == N_SLOTS) return s;
  for (int k = 0; k < N_SEATS; ++k) {
    const int seat = (leader + k) & 3;
    const uint32_t hand = hand_of(state, seat);
    if (k < n_plays) s.child += combinadics().rank[hand] * ChildIndex::stride(s.level, seat);
    else s.index.set(s.level, seat, hand);
  }
  return s;
}

// Keeps the q of the state the walk began at; deeper states go by.
template <int START>
struct LastQ {
  uint64_t q = ALL_ILLEGAL;
  template <int N_PLAYS>
  FORGE_INLINE void put(uint32_t, const PlaysSoFar&, int, uint64_t state_q) {
    if constexpr (N_PLAYS == START) q = state_q;
  }
};

template <int N_PLAYS, class Leaf>
FORGE_HD inline int back_up_at(const DealContext& c, const StateIndex& s, int64_t state,
                               const Leaf& leaf, uint64_t* q) {
  LastQ<N_PLAYS> last;
  const int value =
      back_up<N_PLAYS>(c, s.index, leader_of(state), static_cast<uint32_t>(state) & 0x0FFFFFFF,
                       trick_of(c, state), s.child, PlaysSoFar{}, leaf, last);
  *q = last.q;
  return value;
}

// Value and q of any one state; `leaf_at(level)` gives the leaf that reads that level's values.
template <class LeafAt>
FORGE_HD inline int back_up_state(const DealContext& c, int64_t state, const LeafAt& leaf_at,
                                  uint64_t* q) {
  const StateIndex s = index_state(state);
  *q = ALL_ILLEGAL;
  if (s.level == N_SLOTS) return 0;
  const auto leaf = leaf_at(s.level + 1);
  switch (n_plays_of(state)) {
    case 0:
      return back_up_at<0>(c, s, state, leaf, q);
    case 1:
      return back_up_at<1>(c, s, state, leaf, q);
    case 2:
      return back_up_at<2>(c, s, state, leaf, q);
    default:
      return back_up_at<3>(c, s, state, leaf, q);
  }
}

}  // namespace forge
