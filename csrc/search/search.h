// Exact answers about one position at any point of a hand, from null-window searches.
//
// `Answer` is how a driver runs one search: (question, prefix of the trick in progress, whether
// there is one) -> bound on the points of the leader's team. On the CPU it is alpha_beta.h, on the
// GPU machine.h.
#pragma once

#include "search/position.h"

namespace forge {

// A position at the start of its current trick, and the plays made since.
struct SearchPosition {
  Question question;  // target unset
  Prefix prefix;
  int seat;  // to act
  int n_plays;
  uint32_t legal;              // slots
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
      unplayed |= 1u << d.ranks->rank_of[deal[N_SLOTS * seat + lowest(h)]];
  for (int k = 0; k < p.n_plays; ++k) {
    const int seat = (leader + k) & 3;
    p.prefix.allowed[k] = 1u << d.ranks->rank_of[deal[N_SLOTS * seat + play_of(state, k)]];
    unplayed |= p.prefix.allowed[k];
  }
  const uint32_t hand = hand_of(state, p.seat);
  uint32_t ranks = d.owner[p.seat] & unplayed;
  if (p.n_plays) ranks = legal_plays(ranks, d.tables->led[lowest(p.prefix.allowed[0])]);
  p.legal = 0;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    p.rank_bit[slot] = 1u << d.ranks->rank_of[deal[N_SLOTS * p.seat + slot]];
    if ((hand >> slot & 1) && (ranks & p.rank_bit[slot])) p.legal |= 1u << slot;
  }
  p.question = {unplayed, leader, 0, points_in(d, unplayed)};
  return p;
}

// What to ask the search to know whether the value after a slot is at least `target` (team-0
// frame).
struct Threshold {
  int target;   // points of the leader's team
  bool negate;  // team 1 leads: the answer is the opposite

  FORGE_INLINE bool yes(int r) const { return (r >= target) != negate; }
};

FORGE_INLINE Threshold threshold_of(const SearchPosition& p, int target) {
  const int remaining = p.question.remaining;
  const int points = (target + remaining + 1) >> 1;  // what team 0 needs of them
  const bool team1_leads = p.question.leader & 1;
  return {team1_leads ? remaining - points + 1 : points, team1_leads};
}

// Answers that need no search: nobody wins less than nothing or more than all.
FORGE_INLINE bool threshold_is_trivial(const SearchPosition& p, const Threshold& t, int* r) {
  if (t.target > 0 && t.target <= p.question.remaining) return false;
  *r = t.target <= 0 ? t.target : p.question.remaining;
  return true;
}

// Closes in on the exact points of the leader's team after a slot, one null window at a time.
// Most of the work is in proving the two questions next to the value, so the next target is at the
// bound just found, with bigger steps only after the second miss.
struct Hunt {
  int lower, upper, target, n_asked;

  FORGE_INLINE void start(int remaining, int guess) {
    lower = 0;
    upper = remaining;
    n_asked = 0;
    aim(guess);
  }
  FORGE_INLINE bool open() const { return lower < upper; }
  FORGE_INLINE void aim(int at) {
    target = at <= lower ? lower + 1 : at;
    if (target > upper) target = upper;
  }
  FORGE_INLINE void answered(int r) {
    const int step = ++n_asked > 1 ? 4 : 0;
    if (r >= target) {
      lower = r;
      aim(r + 1 + step);
    } else {
      upper = r;
      aim(r - step);
    }
  }
};

// The trick's prefix with the slot played.
FORGE_INLINE Prefix prefix_with(const SearchPosition& p, int slot) {
  Prefix prefix = p.prefix;
  prefix.allowed[p.n_plays] = p.rank_bit[slot];
  return prefix;
}

// Points of the leader's team -> value-to-go, team-0 frame.
FORGE_INLINE int8_t value_of_points(const SearchPosition& p, int points) {
  const int value = 2 * points - p.question.remaining;
  return static_cast<int8_t>(p.question.leader & 1 ? -value : value);
}

// The declarer's side takes two thirds of the points on average.
FORGE_INLINE int first_guess(const SearchPosition& p) { return p.question.remaining * 2 / 3; }

// Exact points of the leader's team; prefix: see `Answer`.
template <class Answer>
inline int hunt_points(const SearchPosition& p, int guess, const Prefix& prefix, bool in_prefix,
                       const Answer& answer) {
  Question question = p.question;
  Hunt hunt;
  hunt.start(question.remaining, guess);
  while (hunt.open()) {
    question.target = hunt.target;
    hunt.answered(answer(question, prefix, in_prefix));
  }
  return hunt.lower;
}

// The value of the position itself is that of one node, whoever is to act.
template <class Answer>
inline int value_points(const SearchPosition& p, int guess, const Answer& answer) {
  return hunt_points(p, guess, p.prefix, p.n_plays > 0, answer);
}

// same.first(slot): the first slot that is the same play (equal_slots.h). q: int8 [7]
template <class Same, class Answer>
inline void search_position(const SearchPosition& p, const Same& same, int8_t* q,
                            const Answer& answer) {
  int guess = first_guess(p);
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    q[slot] = ILLEGAL;
    if (!(p.legal >> slot & 1)) continue;
    if (const int first = same.first(slot); first != slot) {
      q[slot] = q[first];
      continue;
    }
    guess = hunt_points(p, guess, prefix_with(p, slot), true, answer);  // siblings are often alike
    q[slot] = value_of_points(p, guess);
  }
}

// out: int8 [7], 1, 0 or -1 (illegal)
template <class Same, class Answer>
inline void search_position_at_least(const SearchPosition& p, const Same& same, int target,
                                     int8_t* out, const Answer& answer) {
  const Threshold threshold = threshold_of(p, target);
  Question question = p.question;
  question.target = threshold.target;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    out[slot] = -1;
    if (!(p.legal >> slot & 1)) continue;
    if (const int first = same.first(slot); first != slot) {
      out[slot] = out[first];
      continue;
    }
    int r;
    if (!threshold_is_trivial(p, threshold, &r)) r = answer(question, prefix_with(p, slot), true);
    out[slot] = threshold.yes(r);
  }
}

// Whether the value of the position is at least `target` (team-0 frame).
template <class Answer>
inline bool search_position_made(const SearchPosition& p, int target, const Answer& answer) {
  const Threshold threshold = threshold_of(p, target);
  int r;
  if (threshold_is_trivial(p, threshold, &r)) return threshold.yes(r);
  Question question = p.question;
  question.target = threshold.target;
  return threshold.yes(answer(question, p.prefix, p.n_plays > 0));
}

}  // namespace forge
