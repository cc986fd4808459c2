// Backward step of one row: the same walk as backward.h for all hands of seat 0 in the row at once.
//
// The hands are *lanes*, five to ten on average. A node of the trick (who has played what) is one
// group of the output, where the lanes' states stand side by side: the rules are applied once for
// all, and a cache line once fetched is filled. State by state the stores go to 1,200 places in
// turn, and each waits for the L2 cache: twice the time of everything else together.
#pragma once

#include <cstring>

#include "tablebase/backward.h"
#include "tablebase/forward.h"
#include "tablebase/tablebase.h"

namespace forge {

inline constexpr int MAX_LANES = 40;        // 35, rounded up to words
inline constexpr int PREFETCH_STATES = 24;  // a few rows on; 12 gains nothing, 48 less
inline constexpr uint64_t EIGHT_ILLEGAL = 0x8080808080808080;

// Some of the hands of a row, all before or all after playing one slot.
struct LaneSet {
  int n = 0;
  uint8_t lane[MAX_LANES];   // among the row's hands
  uint8_t hand[MAX_LANES];   // as held now
  uint8_t child[MAX_LANES];  // 4 * rank of that hand: its part of the child's index
};

// The set of lanes for the hands in `chosen`, a subset of the row's ranks, without `slot`.
inline void fill_lanes(LaneSet& set, uint64_t ranks, uint64_t chosen, int size, int slot) {
  const Combinadics& c = combinadics();
  int n = 0;
  for (uint64_t left = chosen; left; left &= left - 1) {
    const int rank = lowest(left);
    const uint32_t hand = c.hand[size][rank] & ~(1u << slot);
    set.lane[n] = static_cast<uint8_t>(popcount(ranks & ((uint64_t{1} << rank) - 1)));
    set.hand[n] = static_cast<uint8_t>(hand);
    set.child[n] = static_cast<uint8_t>(4 * c.rank[hand]);
    ++n;
  }
  set.n = n;
}

// q of n states; a handful at a time, for which a call of memset is dear.
inline void fill_illegal(int8_t* q, int n) {
  for (int i = 0; i + 1 < n; ++i) std::memcpy(q + N_SLOTS * i, &EIGHT_ILLEGAL, 8);
  std::memcpy(q + N_SLOTS * (n - 1), &EIGHT_ILLEGAL, 4);  // an eighth byte would be another's
  std::memcpy(q + N_SLOTS * n - 4, &EIGHT_ILLEGAL, 4);
}

template <Emit EMIT>
class RowWalk {
 public:
  // values: the next level's, [r3][r2][r1][r0][leader]; cursors: of the chunk.
  RowWalk(const DealContext& c, int level, const int8_t* values, const StateRows& out,
          uint32_t* cursors)
      : c_(c), level_(level), next_values_(values), out_(out), cursors_(cursors) {}

  // Walks all tricks that begin in the row; row_values[lane] is the value of its state.
  void walk(const Row& row, uint64_t ranks, int8_t* row_values) {
    leader_ = row.leader;
    ranks_ = ranks;
    for (int seat = 1; seat < N_SEATS; ++seat) index_.set(level_, seat, row.hand[seat]);
    const uint32_t hands = row.hand[1] << 7 | row.hand[2] << 14 | row.hand[3] << 21;
    fill_lanes(all_, ranks, ranks, N_SLOTS - level_, N_SLOTS);
    const TrickSoFar no_trick{};
    switch ((4 - leader_) & 3) {
      case 0:
        return node<0, 0>(hands, no_trick, 0, {}, all_, row_values);
      case 1:
        return node<0, 1>(hands, no_trick, 0, {}, all_, row_values);
      case 2:
        return node<0, 2>(hands, no_trick, 0, {}, all_, row_values);
      default:
        return node<0, 3>(hands, no_trick, 0, {}, all_, row_values);
    }
  }

 private:
  // The node after N_PLAYS plays when seat 0's turn is TURN; `hands` without seat 0's.
  template <int N_PLAYS, int TURN>
  void node(uint32_t hands, const TrickSoFar& trick, uint32_t child, const PlaysSoFar& plays,
            const LaneSet& lanes, int8_t* values) {
    const int group = group_of(N_PLAYS, plays.digits);
    const uint32_t at = EMIT == Emit::values ? 0 : cursors_[group];
    int8_t* q = EMIT == Emit::solution ? out_.q + int64_t{N_SLOTS} * at : nullptr;
    if (EMIT == Emit::solution) {
      fill_illegal(q, lanes.n);
      // The next row's states of this group go just behind: no hardware prefetcher follows 1,200
      // places, so ask for their cache lines now, to write.
      __builtin_prefetch(out_.states + at + PREFETCH_STATES, 1);
      __builtin_prefetch(q + N_SLOTS * PREFETCH_STATES, 1);
      __builtin_prefetch(out_.values + at + PREFETCH_STATES, 1);
    }
    if constexpr (N_PLAYS == TURN) seat_0_plays<N_PLAYS>(hands, trick, child, plays, values, q);
    else other_plays<N_PLAYS, TURN>(hands, trick, child, plays, lanes, values, q);
    if (EMIT == Emit::values) return;
    cursors_[group] = at + static_cast<uint32_t>(lanes.n);
    const int64_t rest = pack<N_PLAYS>(hands, leader_, plays);
    for (int i = 0; i < lanes.n; ++i)
      out_.states[at + static_cast<uint32_t>(i)] = rest | lanes.hand[i];
    if (EMIT == Emit::solution)
      for (int i = 0; i < lanes.n; ++i) out_.values[at + static_cast<uint32_t>(i)] = values[i];
  }

  // Seat 0 is to act: for each slot, some of the lanes may play it.
  template <int N_PLAYS>
  FORGE_INLINE void seat_0_plays(uint32_t hands, const TrickSoFar& trick, uint32_t child,
                                 const PlaysSoFar& plays, int8_t* values, int8_t* q) {
    if (EMIT != Emit::states) std::memset(values, level_ == N_SLOTS ? 0 : -128, MAX_LANES);
    if (level_ == N_SLOTS) return;
    for (int slot = 0; slot < N_SLOTS; ++slot) {
      if (N_PLAYS == 0) fill_led(slot);
      const LaneSet& lanes = after_slot_[slot];
      if (lanes.n == 0) continue;
      const auto take = [&](int i, int value) {
        const int lane = lanes.lane[i];
        if (value > values[lane]) values[lane] = static_cast<int8_t>(value);
        if (EMIT == Emit::solution) q[N_SLOTS * lane + slot] = static_cast<int8_t>(value);
      };
      const TrickSoFar next =
          N_PLAYS == 0 ? lead_trick(c_, 0, slot) : follow_trick(c_, trick, 0, slot);
      if constexpr (N_PLAYS < 3) {
        int8_t after[MAX_LANES];
        node<N_PLAYS + 1, N_PLAYS>(hands, next, child, plays.with<N_PLAYS>(slot), lanes, after);
        if (EMIT != Emit::states)
          for (int i = 0; i < lanes.n; ++i) take(i, after[i]);
      } else if constexpr (EMIT != Emit::states) {
        for_leaves(child, next, lanes, take);
      }
    }
  }

  // Another seat is to act: all lanes alike. The first slot sets the values, the others improve
  // them.
  template <int N_PLAYS, int TURN>
  FORGE_INLINE void other_plays(uint32_t hands, const TrickSoFar& trick, uint32_t child,
                                const PlaysSoFar& plays, const LaneSet& lanes, int8_t* values,
                                int8_t* q) {
    constexpr bool MAXIMISE = ((N_PLAYS - TURN) & 1) == 0;  // seat 0's team acts
    const int seat = (leader_ + N_PLAYS) & 3;
    uint32_t slots = hands >> (7 * seat) & FULL_HAND;
    if (N_PLAYS > 0) slots = legal_follows(c_, seat, slots, trick.suit);
    else if (EMIT != Emit::states && !slots) std::memset(values, 0, MAX_LANES);  // end of the hand
    for (bool first = true; slots; slots &= slots - 1, first = false) {
      const int slot = lowest(slots);
      const TrickSoFar next =
          N_PLAYS == 0 ? lead_trick(c_, seat, slot) : follow_trick(c_, trick, seat, slot);
      if (N_PLAYS == 0) fill_followed(next.suit);
      const uint32_t next_child = child + index_.part[seat][slot];
      const auto put = [&](int i, int value) {
        values[i] = static_cast<int8_t>(value);
        if (EMIT == Emit::solution) q[N_SLOTS * i + slot] = static_cast<int8_t>(value);
      };
      const auto improve = [&](int i, int value) {
        if (MAXIMISE ? value > values[i] : value < values[i])
          values[i] = static_cast<int8_t>(value);
        if (EMIT == Emit::solution) q[N_SLOTS * i + slot] = static_cast<int8_t>(value);
      };
      if constexpr (N_PLAYS < 3) {
        int8_t later[MAX_LANES];
        int8_t* after = first ? values : later;
        node<N_PLAYS + 1, TURN>(hands & ~(1u << (7 * seat + slot)), next, next_child,
                                plays.with<N_PLAYS>(slot), lanes, after);
        if (EMIT == Emit::states) continue;
        if (!first)
          for (int i = 0; i < lanes.n; ++i) improve(i, after[i]);
        else if (EMIT == Emit::solution)
          for (int i = 0; i < lanes.n; ++i) q[N_SLOTS * i + slot] = values[i];
      } else if constexpr (EMIT != Emit::states) {
        if (first) for_leaves(next_child, next, lanes, put);
        else for_leaves(next_child, next, lanes, improve);
      }
    }
  }

  // Values after a completed trick, from the next level.
  template <class Take>
  FORGE_INLINE void for_leaves(uint32_t child, const TrickSoFar& trick, const LaneSet& lanes,
                               const Take& take) const {
    const int8_t* next_values = next_values_ + child + trick.winner;
    const int points = team0_points(trick.winner, trick.points);
    for (int i = 0; i < lanes.n; ++i) take(i, next_values[lanes.child[i]] + points);
  }

  // Lanes after seat 0 leads the slot.
  void fill_led(int slot) {
    const int size = N_SLOTS - level_;
    fill_lanes(after_slot_[slot], ranks_, ranks_ & combinadics().holding[size][slot], size, slot);
  }

  // Lanes after seat 0 follows a lead of the suit, by slot.
  void fill_followed(int suit) {
    const int size = N_SLOTS - level_;
    for (int slot = 0; slot < N_SLOTS; ++slot)
      fill_lanes(after_slot_[slot], ranks_, hands_with_legal(c_, ranks_, size, suit, slot), size,
                 slot);
  }

  const DealContext& c_;
  const int level_;
  const int8_t* const next_values_;
  const StateRows out_;
  uint32_t* const cursors_;
  int leader_ = 0;
  uint64_t ranks_ = 0;
  ChildIndex index_{};
  LaneSet all_;
  LaneSet after_slot_[N_SLOTS];  // of the lead in hand
};

}  // namespace forge
