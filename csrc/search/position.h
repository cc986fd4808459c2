// The search's view of a position: dominoes by rank (game/rank_order.h), so that a hand is a mask
// and the winner of a trick its highest bit. Between tricks a position is (unplayed, leader): who
// holds a domino never changes, so the union of the hands says it all.
//
// Points here are those of the *leader's team* in what is still to be played, 0..remaining. The
// wrapper in search.h turns them into the team-0 frame.
#pragma once

#include "game/deal_context.h"
#include "search/table.h"

namespace forge {

struct SearchDeal {
  const RankTables* tables;
  uint32_t owner[N_SEATS];  // dominoes dealt to the seat
  uint32_t trumps;          // none under doubles-suit and notrump
  uint32_t counts;          // dominoes worth points
};

FORGE_HD inline SearchDeal make_search_deal(const int8_t* deal, int decl) {
  SearchDeal d;
  d.tables = &rank_tables(decl);
  d.trumps = decl <= DOUBLES_TRUMP ? d.tables->follow[CALLED_SUIT] : 0;
  d.counts = d.tables->tens | d.tables->fives;
  for (int seat = 0; seat < N_SEATS; ++seat) {
    d.owner[seat] = 0;
    for (int slot = 0; slot < N_SLOTS; ++slot)
      d.owner[seat] |= uint32_t{1} << d.tables->rank_of[deal[N_SLOTS * seat + slot]];
  }
  return d;
}

FORGE_INLINE uint32_t team_of(const SearchDeal& d, int seat) {
  return d.owner[seat] | d.owner[seat ^ 2];
}

// Points still to be won: one a trick and the counts.
FORGE_INLINE int points_in(const SearchDeal& d, uint32_t unplayed) {
  return popcount(unplayed) / 4 + count_of(*d.tables, unplayed);
}

FORGE_INLINE uint32_t legal_plays(const SearchDeal& d, uint32_t hand, int suit) {
  const uint32_t follows = hand & d.tables->follow[suit];
  return follows ? follows : hand;
}

// Untried plays of a seat in three classes, the most promising first; within a class the lowest
// rank (cheapest) first.
struct Plays {
  uint32_t first, second, third;

  FORGE_INLINE bool empty() const { return !(first | second | third); }
  FORGE_INLINE int pop() {
    if (first) return take(first);
    if (second) return take(second);
    return take(third);
  }

 private:
  static FORGE_INLINE int take(uint32_t& set) {
    const int rank = lowest(set);
    set &= set - 1;
    return rank;
  }
};

// Leads: what no opponent can beat, count first, then the rest. A lead that cut before goes first.
FORGE_INLINE Plays order_leads(const SearchDeal& d, uint32_t leads, uint32_t left, uint32_t right,
                               int known_best) {
  uint32_t sure = 0;
  for (uint32_t h = leads; h; h &= h - 1) {
    const int rank = lowest(h);
    const int suit = d.tables->led_suit[rank];
    const uint32_t beats = d.tables->can_win[suit] & above(rank);
    if (!((legal_plays(d, left, suit) | legal_plays(d, right, suit)) & beats))
      sure |= uint32_t{1} << rank;
  }
  Plays plays{sure & d.counts, sure & ~d.counts, leads & ~sure};
  if (leads >> known_best & 1) {
    const uint32_t best = uint32_t{1} << known_best;
    plays.third = (plays.third | plays.second) & ~best;
    plays.second = plays.first & ~best;
    plays.first = best;
  }
  return plays;
}

// Follows. winning: the rank that wins so far, ours: whether the partner holds the trick with it,
// threats: what the opponent still to play can beat it with or not (legal and able to win).
// Count onto a partner's safe trick; else what wins the trick for good; else the least harm.
FORGE_INLINE Plays order_follows(const SearchDeal& d, uint32_t legal, uint32_t can_win, int winning,
                                 bool ours, uint32_t threats) {
  const uint32_t safe = threats ? above(highest(threats)) : ~uint32_t{0};
  if (ours && (safe >> winning & 1)) return {legal & d.counts, legal & ~d.counts, 0};
  const uint32_t wins = legal & can_win & above(winning) & safe;
  return {wins, legal & ~wins & ~d.counts, legal & ~wins & d.counts};
}

// A question between tricks: does the leader's team get at least `target` of `remaining` points?
struct Question {
  uint32_t unplayed;
  int leader;
  int target;
  int remaining;
};

// The same question about the position after a trick worth `points`, for the team that leads now.
// From answer to answer: r of the child becomes `flip ? remaining - r : r + points`.
struct NextQuestion {
  Question question;
  bool flip;  // the other team leads
  int points;

  FORGE_INLINE int answer(int r) const { return flip ? question.remaining - r : r + points; }
};

FORGE_INLINE NextQuestion after_trick(const SearchDeal& d, const Question& q, uint32_t trick,
                                      int winner) {
  NextQuestion next;
  next.points = 1 + count_of(*d.tables, trick);
  next.flip = (winner ^ q.leader) & 1;
  next.question.unplayed = q.unplayed & ~trick;
  next.question.leader = winner;
  next.question.remaining = q.remaining - next.points;
  next.question.target =
      next.flip ? next.question.remaining - q.target + 1 : q.target - next.points;
  return next;
}

// Restricts the plays of the trick at the root to those already made and the one asked about.
struct Prefix {
  uint32_t allowed[N_SEATS];  // by turn; all ones where the seat is free to choose
};

FORGE_INLINE Prefix free_trick() { return {{~0u, ~0u, ~0u, ~0u}}; }

FORGE_INLINE uint32_t table_key(const Question& q) {
  return q.unplayed | static_cast<uint32_t>(q.leader) << 28;
}

// Tries to answer without looking ahead. The answer is a bound: *r >= target means that the team
// gets at least *r, *r < target that it gets at most *r.
FORGE_INLINE bool answer_at_once(const SearchDeal& d, const TableView& table, const Question& q,
                                 int* r) {
  if (q.target <= 0) {
    *r = 0;
    return true;
  }
  if (q.target > q.remaining) {
    *r = q.remaining;
    return true;
  }
  const uint32_t unplayed = q.unplayed;
  const uint32_t ours = team_of(d, q.leader) & unplayed;
  const uint32_t hand = d.owner[q.leader] & unplayed;
  if (popcount(unplayed) == 4) {  // the last trick plays itself
    const int suit = d.tables->led_suit[highest(hand)];
    *r = ours >> winning_rank(*d.tables, suit, unplayed) & 1 ? q.remaining : 0;
    return true;
  }
  const TableEntry entry = table.slot(table_key(q));
  if (entry.key() == table_key(q) && entry.epoch() == table.epoch) {
    *r = entry.lower();
    if (*r >= q.target) return true;
    *r = entry.upper();
    return *r < q.target;
  }
  // Bounds from sure winners. A trump above all of the other team's wins the trick it falls in,
  // whoever leads; partners' may fall together, so the tricks are those of one of them. And the
  // leader can cash, one after the other, the dominoes that no one else can beat.
  const uint32_t theirs = unplayed & ~ours;
  const uint32_t our_trumps = d.trumps & ours, their_trumps = d.trumps & theirs;
  uint32_t our_sure = 0, their_sure = 0;
  int our_tricks = 0, their_tricks = 0;
  if (our_trumps > their_trumps) {
    our_sure = their_trumps ? our_trumps & above(highest(their_trumps)) : our_trumps;
    const int own = popcount(our_sure & d.owner[q.leader]);
    our_tricks = own > popcount(our_sure) - own ? own : popcount(our_sure) - own;
  } else if (their_trumps) {
    their_sure = our_trumps ? their_trumps & above(highest(our_trumps)) : their_trumps;
    const int left = popcount(their_sure & d.owner[(q.leader + 1) & 3]);
    their_tricks = left > popcount(their_sure) - left ? left : popcount(their_sure) - left;
  }
  uint32_t cash = 0;
  const uint32_t others = unplayed & ~hand;
  for (uint32_t h = hand; h; h &= h - 1) {
    const int rank = lowest(h);
    if (!(others & d.tables->can_win[d.tables->led_suit[rank]] & above(rank)))
      cash |= uint32_t{1} << rank;
  }
  if (popcount(cash) > our_tricks) our_tricks = popcount(cash);
  *r = our_tricks + count_of(*d.tables, our_sure | cash);
  if (*r >= q.target) return true;
  *r = q.remaining - their_tricks - count_of(*d.tables, their_sure);
  return *r < q.target;
}

// Keeps what a search found out.
FORGE_INLINE void remember(const TableView& table, const Question& q, int r, int lead) {
  TableEntry& entry = table.slot(table_key(q));
  int lower = 0, upper = q.remaining;
  if (entry.key() == table_key(q) && entry.epoch() == table.epoch) {
    lower = entry.lower();
    upper = entry.upper();
  }
  if (r >= q.target) lower = r > lower ? r : lower;
  else upper = r < upper ? r : upper;
  entry = TableEntry::make(table_key(q), lower, upper, lead, table.epoch);
}

// The lead that cut when the position was last looked at, or 31.
FORGE_INLINE int known_lead(const TableView& table, const Question& q) {
  const TableEntry entry = table.slot(table_key(q));
  return entry.key() == table_key(q) && entry.epoch() == table.epoch ? entry.lead() : 31;
}

}  // namespace forge
