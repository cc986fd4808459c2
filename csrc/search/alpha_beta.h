// Null-window alpha-beta on the CPU, a trick at a time: four nested loops, the leader's team
// maximising. One function for each number of tricks left, so that bounds and loops know it.
#pragma once

#include "search/canonical.h"
#include "search/position.h"
#include "search/two_tricks.h"

namespace forge {

// With fewer tricks left a name for several positions costs more than it saves.
inline constexpr int LEAST_CANONICAL_TRICKS = 3;

// What a search works on. Everything but the deal lasts: over the questions about a position, and
// over the worlds of a decision.
struct SearchRoom {
  const SearchDeal* deal;
  const EqualPairs* pairs;
  TableView table;
  LeadHistory history;
};

// Isa: an instruction set by name, so that the same code compiled for two of them stays two.
template <class Isa, int N>
FORGE_INLINE uint32_t key_of(const SearchRoom& room, const Question& q) {
  const uint32_t name =
      N >= LEAST_CANONICAL_TRICKS ? canonical(*room.pairs, q.unplayed) : q.unplayed;
  return table_key(name, q.leader);
}

template <class Isa, int N, bool IN_PREFIX>
int search_trick(const SearchRoom& room, const Question& q, uint32_t key, const Prefix& prefix);

// The answer about a position with N tricks left: a bound, *r >= target or *r < target.
template <class Isa, int N>
FORGE_INLINE int answer_question(const SearchRoom& room, const Question& q) {
  if (q.target <= 0) return 0;
  if constexpr (N == 0) {
    return 0;
  } else if constexpr (N == 1) {
    return last_trick(*room.deal, q);
  } else {
    int r;
    bool found;
    const uint32_t key = key_of<Isa, N>(room, q);
    if (look_up(room.table, key, q.target, &r, &found)) return r;
    if constexpr (N == 2) {
      r = points_of_two_tricks(*room.deal, q);
      room.table.slot(key) = TableEntry::make(key, r, r, 31, room.table.epoch);
      return r;
    } else {
      // What the table knows was not decided by bounds when it was looked at first.
      if (!found && bound_decides(*room.deal, q, N, &r)) return r;
      return search_trick<Isa, N, false>(room, q, key, free_trick());
    }
  }
}

// IN_PREFIX: the trick begins with `prefix`, and its answer is not the position's, so the table
// stays out of it.
template <class Isa, int N, bool IN_PREFIX>
int search_trick(const SearchRoom& room, const Question& q, uint32_t key, const Prefix& prefix) {
  const SearchDeal& d = *room.deal;
  const LedTables& t = *d.tables;
  const uint32_t counts = t.counts;
  const uint32_t hand0 = d.owner[q.leader] & q.unplayed;
  const uint32_t hand1 = d.owner[q.leader + 1] & q.unplayed;
  const uint32_t hand2 = d.owner[q.leader + 2] & q.unplayed;
  const uint32_t hand3 = d.owner[q.leader + 3] & q.unplayed;
  // So late in a hand there is nothing to learn from it.
  const LeadHistory history = N > 2 ? room.history + 32 * q.leader : nullptr;
  Leads leads = IN_PREFIX ? Leads::of(hand0 & prefix.allowed[0], 31)
                          : Leads::of(hand0, known_lead(room.table, key));
  int best = -1, best_lead = 31;
  do {
    const int rank0 = leads.take(d, hand1, hand2, hand3, history);
    const uint32_t play0 = uint32_t{1} << rank0;
    const LedSuit suit = t.led[rank0];
    uint32_t legal1 = legal_plays(hand1, suit);
    uint32_t legal2 = legal_plays(hand2, suit);
    uint32_t legal3 = legal_plays(hand3, suit);
    const uint32_t threats2 = legal2 & suit.can_win, threats3 = legal3 & suit.can_win;
    if (IN_PREFIX) {
      legal1 &= prefix.allowed[1];
      legal2 &= prefix.allowed[2];
      legal3 &= prefix.allowed[3];
    }
    const int points0 = 1 + t.points[rank0];
    const uint32_t wins1 = winners(threats3, threats2 | play0, suit.can_win);
    int value1 = 127;
    do {
      const uint32_t play1 = pick(legal1, wins1, counts);
      legal1 ^= play1;
      const bool beaten1 = (play1 & suit.can_win) > play0;  // by seat 1
      const uint32_t best1 = beaten1 ? play1 : play0;
      const int points1 = points0 + t.points[lowest(play1)];
      const uint32_t wins2 =
          winners(beaten1 ? 0 : play0, beaten1 ? threats3 | play1 : threats3, suit.can_win);
      uint32_t left2 = legal2;
      int value2 = -1;
      do {
        const uint32_t play2 = pick(left2, wins2, counts);
        left2 ^= play2;
        const bool beaten2 = (play2 & suit.can_win) > best1;
        const uint32_t best2 = beaten2 ? play2 : best1;
        const int turn2 = beaten2 ? 2 : beaten1;
        const int points2 = points1 + t.points[lowest(play2)];
        const uint32_t unplayed = q.unplayed & ~(play0 | play1 | play2);
        const uint32_t wins3 = turn2 == 1 ? EVERYTHING_WINS : suit.can_win & above_all(best2);
        uint32_t left3 = legal3;
        int value3 = 127;
        do {
          const uint32_t play3 = pick(left3, wins3, counts);
          left3 ^= play3;
          const int turn = (play3 & suit.can_win) > best2 ? 3 : turn2;
          const NextQuestion next =
              after_trick(q, unplayed & ~play3, turn, points2 + t.points[lowest(play3)]);
          const int r = next.answer(answer_question<Isa, N - 1>(room, next.question));
          value3 = r < value3 ? r : value3;
        } while (value3 >= q.target && left3);
        value2 = value3 > value2 ? value3 : value2;
      } while (value2 < q.target && left2);
      value1 = value2 < value1 ? value2 : value1;
    } while (value1 >= q.target && legal1);
    best = value1 > best ? value1 : best;
    if (best >= q.target) {
      best_lead = rank0;
      if (N > 2 && !IN_PREFIX) history[rank0] += uint32_t{1} << (2 * N);
      break;
    }
  } while (leads.untried);
  if (!IN_PREFIX) remember(room.table, key, q, best, best_lead);
  return best;
}

template <class Isa, int N>
int answer_with(const SearchRoom& room, const Question& q, const Prefix& prefix, bool in_prefix) {
  if (!in_prefix) return answer_question<Isa, N>(room, q);
  return search_trick<Isa, N, true>(room, q, 0, prefix);
}

// The answer about a position whose trick begins with `prefix`; in_prefix false: about the position
// between tricks, which the table may know. At least one trick is left.
template <class Isa>
FORGE_INLINE int answer_root(const SearchRoom& room, const Question& q, const Prefix& prefix,
                             bool in_prefix) {
  switch (popcount(q.unplayed) / N_SEATS) {
    case 1:
      return last_trick(*room.deal, q);
    case 2:
      return answer_with<Isa, 2>(room, q, prefix, in_prefix);
    case 3:
      return answer_with<Isa, 3>(room, q, prefix, in_prefix);
    case 4:
      return answer_with<Isa, 4>(room, q, prefix, in_prefix);
    case 5:
      return answer_with<Isa, 5>(room, q, prefix, in_prefix);
    case 6:
      return answer_with<Isa, 6>(room, q, prefix, in_prefix);
    default:
      return answer_with<Isa, 7>(room, q, prefix, in_prefix);
  }
}

}  // namespace forge
