// The search's view of a position: dominoes by rank (game/rank_order.h), so that a hand is a mask
// and the winner of a trick its highest bit. Between tricks a position is (unplayed, leader): who
// holds a domino never changes, so the union of the hands says it all.
//
// Points here are those of the *leader's team* in what is still to be played, 0..remaining. The
// wrapper in search.h turns them into the team-0 frame.
#pragma once

#include "game/deal_context.h"
#include "search/led_tables.h"
#include "search/table.h"

namespace forge {

struct SearchDeal {
  const LedTables* tables;
  const RankTables* ranks;
  uint32_t owner[2 * N_SEATS];  // dominoes dealt to the seat; twice round, so that seats add up
};

FORGE_HD inline SearchDeal make_search_deal(const int8_t* deal, int decl) {
  SearchDeal d;
  d.tables = &led_tables(decl);
  d.ranks = &rank_tables(decl);
  for (int seat = 0; seat < N_SEATS; ++seat) {
    uint32_t owned = 0;
    for (int slot = 0; slot < N_SLOTS; ++slot)
      owned |= uint32_t{1} << d.ranks->rank_of[deal[N_SLOTS * seat + slot]];
    d.owner[seat] = d.owner[seat + N_SEATS] = owned;
  }
  return d;
}

// Count points of a set of dominoes.
FORGE_INLINE int count_of(const LedTables& t, uint32_t dominoes) {
  return 5 * (popcount(dominoes & t.counts) + popcount(dominoes & t.tens));
}

// Points still to be won: one a trick and the counts.
FORGE_INLINE int points_in(const SearchDeal& d, uint32_t unplayed) {
  return popcount(unplayed) / 4 + count_of(*d.tables, unplayed);
}

FORGE_INLINE uint32_t legal_plays(uint32_t hand, const LedSuit& suit) {
  const uint32_t follows = hand & suit.follow;
  return follows ? follows : hand;
}

// What cut before, by seat and rank of the lead: [N_SEATS * 32]. Devices have none.
using LeadHistory = uint32_t*;

// Untried leads, the most promising first: the one that cut when the position was last looked at;
// then count that the leader's team wins whatever the other side does (by the lead alone, or with
// the partner's best), other sure leads, other leads the team wins, no count, count. Within a class
// the one that has cut most often, of equals the lowest.
struct Leads {
  uint32_t untried;
  uint32_t sure, team;
  int known;  // rank, -1: none
  bool ordered;

  // known: a rank, or 31.
  FORGE_INLINE static Leads of(uint32_t untried, int known) {
    return {untried, 0, 0, untried >> known & 1 ? known : -1, false};
  }

  FORGE_INLINE int take(const SearchDeal& d, uint32_t left, uint32_t partner, uint32_t right,
                        LeadHistory history) {
    int rank;
    if (known >= 0) {
      rank = known;
      known = -1;
    } else if (!(untried & (untried - 1))) {
      rank = lowest(untried);
    } else {
      if (!ordered) order(d, left, partner, right);
      rank = best_of(first_class(d.tables->counts), history);
    }
    untried &= ~(uint32_t{1} << rank);
    return rank;
  }

 private:
  FORGE_INLINE void order(const SearchDeal& d, uint32_t left, uint32_t partner, uint32_t right) {
    ordered = true;
    for (uint32_t h = untried; h; h &= h - 1) {
      const uint32_t lead = h & (0u - h);
      const LedSuit& suit = d.tables->led[lowest(h)];
      const uint32_t theirs = (legal_plays(left, suit) | legal_plays(right, suit)) & suit.can_win;
      if (lead > theirs) sure |= lead;
      if ((legal_plays(partner, suit) & suit.can_win) > theirs) team |= lead;
    }
  }

  FORGE_INLINE uint32_t first_class(uint32_t counts) const {
    const uint32_t classes[] = {(sure | team) & counts, sure, team, ~counts};
    for (const uint32_t each : classes)
      if (each & untried) return each & untried;
    return untried;
  }

  static FORGE_INLINE int best_of(uint32_t set, LeadHistory history) {
    int best = lowest(set);
    if (!history) return best;
    for (set &= set - 1; set; set &= set - 1)
      if (history[lowest(set)] > history[best]) best = lowest(set);
    return best;
  }
};

// What the seats that follow may play, and which of it wins for good or is as good as winning: a
// mask of ranks, all of them where the trick is the seat's team's anyway.
inline constexpr uint32_t EVERYTHING_WINS = ~uint32_t{0};

// All bits strictly above the highest of x; all bits where x is 0.
FORGE_INLINE uint32_t above_all(uint32_t x) { return x ? above(highest(x)) : ~uint32_t{0}; }

// ours: with what the seat's partner wins the trick so far, or may still win it; theirs: the same
// of the other side. Of those that can win, so that the greater mask has the better domino.
FORGE_INLINE uint32_t winners(uint32_t ours, uint32_t theirs, uint32_t can_win) {
  return ours > theirs ? EVERYTHING_WINS : can_win & above_all(theirs);
}

// The most promising of the plays left, as a bit: winners with count, winners, without count, the
// rest; the lowest of them.
FORGE_INLINE uint32_t pick(uint32_t left, uint32_t wins, uint32_t counts) {
  uint32_t set = left;
  uint32_t better = set & ~counts;
  set = better ? better : set;
  better = left & wins;
  set = better ? better : set;
  better &= counts;
  set = better ? better : set;
  return set & (0u - set);
}

// A question between tricks: does the leader's team get at least `target` of `remaining` points?
struct Question {
  uint32_t unplayed;
  int leader;
  int target;
  int remaining;
};

// The same question about the position after a trick worth `points` that the seat `turn` places to
// the left of the leader wins, for the team that leads now. From answer to answer: r of the child
// becomes `remaining - r` where the other team leads, else `r + points`.
struct NextQuestion {
  Question question;
  int points;
  int flip;  // -1 where the other team leads, else 0

  FORGE_INLINE int answer(int r) const {
    return (flip ? question.remaining : points) + ((r ^ flip) - flip);
  }
};

FORGE_INLINE NextQuestion after_trick(const Question& q, uint32_t unplayed, int turn, int points) {
  NextQuestion next;
  const int flip = -(turn & 1), remaining = q.remaining - points;
  next.points = points;
  next.flip = flip;
  next.question.unplayed = unplayed;
  next.question.leader = (q.leader + turn) & 3;
  next.question.remaining = remaining;
  // remaining - target + 1, or target - points
  next.question.target = ((q.target - (flip ? remaining : points)) ^ flip) + (flip & 2);
  return next;
}

// The trick that the search begins in: what each seat may play to it, in playing order. Plays made
// already allow just themselves.
struct Prefix {
  uint32_t allowed[N_SEATS];
};

FORGE_INLINE Prefix free_trick() { return {{~0u, ~0u, ~0u, ~0u}}; }

// The last trick plays itself. Points of the leader's team.
FORGE_INLINE int last_trick(const SearchDeal& d, const Question& q) {
  const uint32_t ours = (d.owner[q.leader] | d.owner[q.leader + 2]) & q.unplayed;
  const uint32_t can_win = d.tables->led[lowest(d.owner[q.leader] & q.unplayed)].can_win;
  return (ours & can_win) > (q.unplayed & ~ours & can_win) ? q.remaining : 0;
}

// The answer that the table holds, if it decides; *found: whether it knows the position.
FORGE_INLINE bool look_up(const TableView& table, uint32_t key, int target, int* r, bool* found) {
  const TableEntry entry = table.slot(key);
  *found = entry.key() == key && entry.epoch() == table.epoch;
  if (!*found) return false;
  *r = entry.lower();
  if (*r >= target) return true;
  *r = entry.upper();
  return *r < target;
}

// Bounds from sure winners, with `n_tricks` tricks left, at least two. *r is a bound where it
// decides: *r >= target means that the team gets at least *r, *r < target that it gets at most *r.
//
// A trump above all of the other team's wins the trick it falls in, whoever leads; partners' may
// fall together, so the tricks are those of one of them. And the leader can cash, one after the
// other, the dominoes that no one else can beat. Where its top trumps draw all of the other team's,
// trumps of others do not count: a trick that a trump of ours falls in is then ours, whoever leads.
FORGE_INLINE bool bound_decides(const SearchDeal& d, const Question& q, int n_tricks, int* r) {
  const LedTables& t = *d.tables;
  const uint32_t hand = d.owner[q.leader] & q.unplayed;
  const uint32_t partner = d.owner[q.leader + 2] & q.unplayed;
  const uint32_t left = d.owner[q.leader + 1] & q.unplayed;
  const uint32_t right = d.owner[q.leader + 3] & q.unplayed;
  const uint32_t others = q.unplayed & ~hand;
  uint32_t our_sure = 0, their_sure = 0;
  int our_tricks = 0, their_tricks = 0;
  uint32_t can_beat = others;
  if (t.trumps) {
    const uint32_t our_trumps = t.trumps & (hand | partner);
    const uint32_t their_trumps = t.trumps & (left | right);
    our_sure = our_trumps & above_all(their_trumps);
    their_sure = their_trumps & above_all(our_trumps);
    const int own = popcount(our_sure & hand), partners = popcount(our_sure & partner);
    our_tricks = own > partners ? own : partners;
    const int of_left = popcount(their_sure & left), of_right = popcount(their_sure & right);
    their_tricks = of_left > of_right ? of_left : of_right;
    if (their_tricks == n_tricks) {
      *r = 0;
      return true;
    }
    const uint32_t top = hand & t.trumps & above_all(t.trumps & others);
    const int n_top = popcount(top);
    const int n_left = popcount(t.trumps & left), n_right = popcount(t.trumps & right);
    if (n_top >= (n_left > n_right ? n_left : n_right)) can_beat = others & ~t.trumps;
  }
  uint32_t cash = 0, h = hand;
  for (int i = 0; i < n_tricks; ++i, h &= h - 1)
    cash |= can_beat & t.beats[lowest(h)] ? 0 : h & (0u - h);
  const int n_cash = popcount(cash);
  if (n_cash > our_tricks) our_tricks = n_cash;
  if (our_tricks == n_tricks) {
    *r = q.remaining;
    return true;
  }
  *r = our_tricks + count_of(t, our_sure | cash);
  if (*r >= q.target) return true;
  *r = q.remaining - their_tricks - count_of(t, their_sure);
  return *r < q.target;
}

FORGE_INLINE uint32_t table_key(uint32_t unplayed, int leader) {
  return unplayed | static_cast<uint32_t>(leader) << 28;
}

// Keeps what a search found out; lead 31: none cut.
FORGE_INLINE void remember(const TableView& table, uint32_t key, const Question& q, int r,
                           int lead) {
  TableEntry& entry = table.slot(key);
  int lower = 0, upper = q.remaining;
  if (entry.key() == key && entry.epoch() == table.epoch) {
    lower = entry.lower();
    upper = entry.upper();
    if (lead == 31) lead = entry.lead();
  }
  if (r >= q.target) lower = r > lower ? r : lower;
  else upper = r < upper ? r : upper;
  entry = TableEntry::make(key, lower, upper, lead, table.epoch);
}

// The lead that cut when the position was last looked at, or 31. Of a position under another name
// (see canonical.h) it may be one that is not in the hand.
FORGE_INLINE int known_lead(const TableView& table, uint32_t key) {
  const TableEntry entry = table.slot(key);
  return entry.key() == key && entry.epoch() == table.epoch ? entry.lead() : 31;
}

}  // namespace forge
