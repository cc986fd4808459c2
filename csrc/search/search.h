// Exact answers about one position at any point of a hand, from null-window searches.
//
// `Answer` is how a driver runs one search: (question, prefix of the trick in progress) -> bound on
// the points of the leader's team. On the CPU it is alpha_beta.h, on the GPU machine.h.
#pragma once

#include "search/alpha_beta.h"

namespace forge {

// A position at the start of its current trick, and the plays made since.
struct SearchPosition {
  Question question;  // target unset
  Prefix prefix;
  int seat;           // to act
  int n_plays;
  uint32_t legal;     // slots
  uint32_t rank_bit[N_SLOTS];  // of the seat to act
};

FORGE_HD inline SearchPosition make_search_position(const SearchDeal& d, const int8_t* deal,
                                                    int64_t state) {
  SearchPosition p;
  const int leader = leader_of(state);
  p.n_plays = n_plays_of(state);
  p.seat = (leader + p.n_plays) & 3;
  p.prefix = free_trick();
  uint32_t unplayed = 0;
  for (int seat = 0; seat < N_SEATS; ++seat)
    for (uint32_t h = hand_of(state, seat); h; h &= h - 1)
      unplayed |= 1u << d.tables.rank_of[deal[N_SLOTS * seat + lowest(h)]];
  for (int k = 0; k < p.n_plays; ++k) {
    const int seat = (leader + k) & 3;
    p.prefix.allowed[k] = 1u << d.tables.rank_of[deal[N_SLOTS * seat + play_of(state, k)]];
    unplayed |= p.prefix.allowed[k];
  }
  const uint32_t hand = hand_of(state, p.seat);
  uint32_t ranks = d.owner[p.seat] & unplayed;
  if (p.n_plays) ranks = legal_plays(d, ranks, d.tables.led_suit[lowest(p.prefix.allowed[0])]);
  p.legal = 0;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    p.rank_bit[slot] = 1u << d.tables.rank_of[deal[N_SLOTS * p.seat + slot]];
    if ((hand >> slot & 1) && (ranks & p.rank_bit[slot])) p.legal |= 1u << slot;
  }
  p.question = {unplayed, leader, 0, points_in(d, unplayed)};
  return p;
}

// Whether the value after the slot is at least `target` (team-0 frame): one search.
template <class Answer>
FORGE_HD inline bool slot_at_least(const SearchPosition& p, int slot, int target,
                                   const Answer& answer) {
  const int remaining = p.question.remaining;
  const int points = (target + remaining + 1) >> 1;  // what team 0 needs of them
  if (points <= 0) return true;
  if (points > remaining) return false;
  Question q = p.question;
  Prefix prefix = p.prefix;
  prefix.allowed[p.n_plays] = p.rank_bit[slot];
  const bool team1_leads = q.leader & 1;
  q.target = team1_leads ? remaining - points + 1 : points;
  return (answer(q, prefix) >= q.target) != team1_leads;
}

// Exact q (team-0 frame) of the slot, from a first guess at the points of the leader's team, which
// is left at the exact number. Each search halves nothing: most of the work is in proving the two
// questions next to the value, so the guess moves to the bound found and takes bigger steps only
// after two misses.
template <class Answer>
FORGE_HD inline int slot_value(const SearchPosition& p, int slot, int* guess,
                               const Answer& answer) {
  Question q = p.question;
  Prefix prefix = p.prefix;
  prefix.allowed[p.n_plays] = p.rank_bit[slot];
  int lower = 0, upper = q.remaining, n_asked = 0;
  q.target = *guess;
  while (lower < upper) {
    if (q.target <= lower) q.target = lower + 1;
    if (q.target > upper) q.target = upper;
    const int r = answer(q, prefix);
    const int step = ++n_asked > 1 ? 4 : 0;
    if (r >= q.target) {
      lower = r;
      q.target = r + 1 + step;
    } else {
      upper = r;
      q.target = r - step;
    }
  }
  *guess = lower;
  const int value = 2 * lower - q.remaining;
  return q.leader & 1 ? -value : value;
}

// The declarer's side takes two thirds of the points on average.
FORGE_INLINE int first_guess(const SearchPosition& p) { return p.question.remaining * 2 / 3; }

// q: int8 [7]
template <class Answer>
FORGE_HD inline void search_position(const SearchPosition& p, int8_t* q, const Answer& answer) {
  int guess = first_guess(p);
  for (int slot = 0; slot < N_SLOTS; ++slot)
    q[slot] = p.legal >> slot & 1 ? static_cast<int8_t>(slot_value(p, slot, &guess, answer))
                                  : ILLEGAL;
}

// out: int8 [7], 1, 0 or -1 (illegal)
template <class Answer>
FORGE_HD inline void search_position_at_least(const SearchPosition& p, int target, int8_t* out,
                                              const Answer& answer) {
  for (int slot = 0; slot < N_SLOTS; ++slot)
    out[slot] = p.legal >> slot & 1
                    ? static_cast<int8_t>(slot_at_least(p, slot, target, answer))
                    : int8_t{-1};
}

}  // namespace forge
