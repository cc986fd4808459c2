// A decision as a seat sees it, as sets of features: what describes the situation, and what
// describes each domino that may be played. Nothing here is known to one seat alone but its hand.
#pragma once

#include "policy/public_hand.h"

namespace forge {

inline constexpr int N_SEEN_SUITS = N_SUITS;  // pips and doubles that are no trumps
inline constexpr int MAX_CONTEXT = 56, MAX_CANDIDATE = 12;

struct Candidate {
  uint8_t rank;
  uint8_t n;
  uint16_t feature[MAX_CANDIDATE];
};

struct Features {
  int n_context = 0, n_candidates = 0;
  uint16_t context[MAX_CONTEXT];
  Candidate candidate[N_SLOTS];
};

// Where a block of features begins; each has the size that its comment says.
namespace feature {
inline constexpr int ROLE = 0,     // seat x place in the trick: 16
    TRICK = ROLE + 16,             // seat x trick: 28
    NEED = TRICK + 28,             // side x points needed 0..42: 86
    SLACK = NEED + 86,             // side x points that may be lost 0..12: 26
    NEED_SLACK = SLACK + 26,       // needed / 4 x slack: 11 x 13
    TRUMPS = NEED_SLACK + 143,     // own x unseen trumps: 64
    TRUMP_VOIDS = TRUMPS + 64,     // which of the others cannot hold one: 8
    TOP_TRUMPS = TRUMP_VOIDS + 8,  // who holds the best two: 9
    COUNTS = TOP_TRUMPS + 9,       // five count dominoes x own, unseen, in the trick, gone: 20
    SUIT = COUNTS + 20,            // suit x own 0..3 x unseen x best is own: 8 x 4 x 5 x 2
    SUIT_VOID = SUIT + 320,        // suit x which other cannot hold it: 24
    LED = SUIT_VOID + 24,          // suit led x place: 24
    WINNING = LED + 24,            // who x by a trump x count in the trick: 24
    THREATS = WINNING + 24,        // place x unseen dominoes that would beat it: 12
    BEHIND = THREATS + 12,         // who of those behind may hold one: 4
    STAKE = BEHIND + 4,            // what the trick as it stands decides x who wins it: 8
    HAND = STAKE + 8,              // declaration x domino held: 280
    N_LEGAL = HAND + 280,          // 8
    DECLARATION = N_LEGAL + 8,     // x side: 20
    N_CONTEXT = DECLARATION + 20,
                     IDENTITY = N_CONTEXT,  // declaration x domino x mode: 1120
    BY_SEAT = IDENTITY + 1120,              // domino x mode x seat: 448
    SITUATION = BY_SEAT + 448,              // how the trick then stands x count x side x place: 108
    DECIDES = SITUATION + 108,              // the same x what it then decides x side: 56
    LEAD_BEATEN = DECIDES + 56,             // trump x unseen above it in suit x unseen trumps: 50
    LEAD_LENGTH = LEAD_BEATEN + 50,         // trump x unseen of the suit x own others of it: 84
    LEAD_VOIDS = LEAD_LENGTH + 84,          // trump x who cannot follow x nothing above it: 32
    LEAD_COUNT = LEAD_VOIDS + 32,           // count x seat x nothing above it: 24
    AMONG_LEGAL = LEAD_COUNT + 24,  // mode x lowest, highest of those that may be played: 12
    LEAVES = AMONG_LEGAL + 12,      // leading or not x what is left of both suits x boss: 64
    TRUMPS_LEFT = LEAVES + 64,      // own trumps after it: 8
    DOUBLE = TRUMPS_LEFT + 8,       // a double x mode x side: 8
    N_FEATURES = DOUBLE + 8;
}  // namespace feature

namespace detail {

FORGE_INLINE int at_most(int x, int most) { return x < most ? x : most; }
FORGE_INLINE int at_least_0(int x) { return x > 0 ? x : 0; }

// 0, 1, 2, 3-4, more.
FORGE_INLINE int few(int n) { return n < 3 ? n : n < 5 ? 3 : 4; }

// Count points 0, 5, 10, more as 0..3.
FORGE_INLINE int fives(int count) { return at_most(count / 5, 3); }

// 0 own, 1 unseen, 2 neither: where a domino is.
FORGE_INLINE int whose(uint32_t bit, uint32_t hand, uint32_t unseen) {
  return bit & hand ? 0 : bit & unseen ? 1 : 2;
}

}  // namespace detail

// Isa: one copy for each set of instructions that it is compiled for (see evaluate.h).
template <class Isa>
class FeatureReader {
 public:
  // hand: what the seat to act holds; legal: of it, what it may play.
  FORGE_HD FeatureReader(const PublicHand& p, uint32_t hand, uint32_t legal)
      : p_(p),
        t_(*p.ranks),
        hand_(hand),
        legal_(legal),
        unseen_(ALL_RANKS & ~p.played & ~hand),
        me_(p.seat()),
        side_(me_ & 1),
        need_(detail::at_most(detail::at_least_0(p.need()), HAND_POINTS)),
        slack_(detail::at_most(detail::at_least_0(p.left() - p.need()), 12)),
        n_unseen_trumps_(popcount(unseen_ & p.trumps)) {
    may_[0] = 0;
    for (int k = 1; k < N_SEATS; ++k) may_[k] = unseen_ & ~p.excluded[(me_ + k) & 3];
  }

  FORGE_HD void read(Features* f) const {
    f->n_context = 0;
    read_contract(f);
    read_trumps(f);
    read_dominoes(f);
    read_suits(f);
    if (p_.turn) read_trick(f);
    f->n_candidates = 0;
    for (uint32_t left = legal_; left; left &= left - 1)
      read_candidate(lowest(left), &f->candidate[f->n_candidates++]);
  }

 private:
  static FORGE_INLINE void add(Features* f, int feature) {
    f->context[f->n_context++] = static_cast<uint16_t>(feature);
  }
  static FORGE_INLINE void add(Candidate* c, int feature) {
    c->feature[c->n++] = static_cast<uint16_t>(feature);
  }

  FORGE_HD void read_contract(Features* f) const {
    using namespace feature;
    add(f, ROLE + 4 * me_ + p_.turn);
    add(f, TRICK + N_TRICKS * me_ + (p_.n_plays - p_.turn) / N_SEATS);
    add(f, NEED + 43 * side_ + need_);
    add(f, SLACK + 13 * side_ + slack_);
    add(f, NEED_SLACK + 13 * (need_ / 4) + slack_);
    add(f, N_LEGAL + popcount(legal_));
    add(f, DECLARATION + 2 * p_.decl + side_);
  }

  FORGE_HD void read_trumps(Features* f) const {
    using namespace feature;
    add(f, TRUMPS + 8 * popcount(hand_ & p_.trumps) + detail::at_most(n_unseen_trumps_, 7));
    int voids = 0;
    for (int k = 1; k < N_SEATS; ++k) voids |= !(may_[k] & p_.trumps) << (k - 1);
    add(f, TRUMP_VOIDS + voids);
    int holder[2] = {2, 2};
    uint32_t live = (hand_ | unseen_) & p_.trumps;
    for (int k = 0; k < 2 && live; ++k) {
      const uint32_t best = uint32_t{1} << highest(live);
      holder[k] = detail::whose(best, hand_, unseen_);
      live ^= best;
    }
    add(f, TOP_TRUMPS + 3 * holder[0] + holder[1]);
  }

  FORGE_HD void read_dominoes(Features* f) const {
    using namespace feature;
    uint32_t on_table = 0;
    for (int k = 0; k < p_.turn; ++k) on_table |= uint32_t{1} << p_.trick[k];
    int k = 0;
    for (int domino = 0; domino < N_DOMINOES; ++domino) {
      const int rank = t_.rank_of[domino];
      const uint32_t bit = uint32_t{1} << rank;
      if (count_points(domino)) {
        const int where = bit & on_table ? 2 : detail::whose(bit, hand_, unseen_);
        add(f, COUNTS + 4 * k++ + (where == 2 && !(bit & on_table) ? 3 : where));
      }
    }
    for (uint32_t h = hand_; h; h &= h - 1)
      add(f, HAND + N_DOMINOES * p_.decl + t_.domino_at[lowest(h)]);
  }

  // Trumps have features of their own.
  FORGE_HD void read_suits(Features* f) const {
    using namespace feature;
    for (int suit = 0; suit < N_SEEN_SUITS; ++suit) {
      const uint32_t all = t_.follow[suit] & ~p_.trumps;
      const uint32_t own = hand_ & all, theirs = unseen_ & all;
      if (!(own | theirs)) continue;
      add(f, SUIT + 40 * suit + 10 * detail::at_most(popcount(own), 3) +
                 2 * detail::few(popcount(theirs)) + (own > theirs));
      if (!theirs) continue;
      for (int k = 1; k < N_SEATS; ++k)
        if (!(may_[k] & all)) add(f, SUIT_VOID + 3 * suit + k - 1);
    }
  }

  FORGE_HD void read_trick(Features* f) const {
    using namespace feature;
    const int place = p_.turn - 1;
    const uint32_t beat = t_.can_win[p_.suit] & above(p_.winning) & unseen_;
    const int winner = ((p_.winner - me_) & 3) - 1;  // 1: the partner
    add(f, LED + 3 * p_.suit + place);
    add(f,
        WINNING + 8 * winner + 4 * (p_.trumps >> p_.winning & 1) + detail::fives(p_.trick_count));
    add(f, THREATS + 4 * place + detail::at_most(popcount(beat), 3));
    add(f, BEHIND + (p_.turn < 3 && (may_[1] & beat)) + 2 * (p_.turn == 1 && (may_[2] & beat)));
    add(f, STAKE + decides(p_.trick_count + 1) + 4 * (winner == 1));
  }

  // What a trick of so many points would decide: 1 the contract made, 2 set.
  FORGE_INLINE int decides(int points) const { return (points >= need_) + 2 * (points > slack_); }

  FORGE_HD void read_candidate(int rank, Candidate* c) const {
    using namespace feature;
    const uint32_t bit = uint32_t{1} << rank;
    const int domino = t_.domino_at[rank];
    const bool trump = p_.trumps & bit;
    // 0 leads, 1 follows, 2 trumps in, 3 throws off
    const int mode = !p_.turn ? 0 : t_.follow[p_.suit] & bit ? 1 : trump ? 2 : 3;
    c->rank = static_cast<uint8_t>(rank);
    c->n = 0;
    add(c, IDENTITY + 4 * (N_DOMINOES * p_.decl + domino) + mode);
    add(c, BY_SEAT + 4 * (4 * domino + mode) + me_);
    if (mode == 0) read_lead(rank, trump, c);
    else read_follow(rank, mode, c);
    if (trump) add(c, TRUMPS_LEFT + popcount(hand_ & p_.trumps) - 1);
    else read_rest(rank, mode, c);
    if (is_double(domino)) add(c, DOUBLE + 2 * mode + side_);
  }

  FORGE_HD void read_lead(int rank, bool trump, Candidate* c) const {
    using namespace feature;
    const uint32_t bit = uint32_t{1} << rank;
    const int suit = t_.led_suit[rank], count = p_.count(rank) / 5;
    const uint32_t all = t_.follow[suit];
    const int n_above = popcount(t_.can_win[suit] & above(rank) & unseen_ & all);
    const bool boss = n_above == 0;
    int voids = 0;
    for (int k = 1; k < N_SEATS; ++k)
      voids |= (!(may_[k] & all) && (trump || (may_[k] & p_.trumps))) << (k - 1);
    add(c, LEAD_BEATEN + 25 * trump + 5 * detail::at_most(n_above, 4) +
               (trump ? 0 : detail::at_most(n_unseen_trumps_, 4)));
    add(c, LEAD_LENGTH + 42 * trump + 6 * detail::at_most(popcount(unseen_ & all), 6) +
               detail::at_most(popcount(hand_ & all & ~bit), 5));
    add(c, LEAD_VOIDS + 16 * trump + 2 * voids + boss);
    add(c, LEAD_COUNT + 2 * (4 * count + me_) + boss);
    add(c, DECIDES + 2 * (4 * 6 + decides(p_.count(rank) + 1)) + side_);
  }

  FORGE_HD void read_follow(int rank, int mode, Candidate* c) const {
    using namespace feature;
    const uint32_t bit = uint32_t{1} << rank, can_win = t_.can_win[p_.suit];
    const bool takes = (can_win & bit) && rank > p_.winning;
    const bool ours = takes || !((p_.winner ^ me_) & 1);
    const uint32_t beat = can_win & unseen_ & above(takes ? rank : p_.winning);
    const bool danger = p_.turn < 3 && (may_[1] & beat);
    // 0, 1 taken, 2, 3 the partner's, each safe or in danger; 4 the partner may still take it; 5
    // lost
    int stands = p_.turn == 1 && (may_[2] & beat) ? 4 : 5;
    if (ours) stands = (takes ? 0 : 2) + danger;
    const int count = p_.count(rank);
    add(c, SITUATION + 3 * (2 * (3 * stands + count / 5) + side_) + p_.turn - 1);
    add(c, DECIDES + 2 * (4 * stands + decides(p_.trick_count + count + 1)) + side_);
    add(c, AMONG_LEGAL + 4 * (mode - 1) + !(legal_ & (bit - 1)) + 2 * !(legal_ & above(rank)));
  }

  FORGE_HD void read_rest(int rank, int mode, Candidate* c) const {
    using namespace feature;
    const uint32_t bit = uint32_t{1} << rank;
    const uint32_t all = t_.follow[t_.led_suit[rank]];
    const uint32_t low = t_.follow[low_pip(t_.domino_at[rank])];
    const int n = detail::at_most(popcount(hand_ & all & ~bit), 3);
    const int n_low = detail::at_most(popcount(hand_ & low & ~bit), 3);
    const bool boss = !(unseen_ & all & above(rank));
    add(c, LEAVES + 32 * (mode > 0) + 2 * (4 * n + n_low) + boss);
  }

  const PublicHand& p_;
  const RankTables& t_;
  const uint32_t hand_, legal_, unseen_;
  uint32_t may_[N_SEATS];  // what the seat so many places to the left may hold
  const int me_, side_, need_, slack_, n_unseen_trumps_;
};

template <class Isa>
FORGE_HD inline void read_features(const PublicHand& p, uint32_t hand, uint32_t legal,
                                   Features* f) {
  FeatureReader<Isa>(p, hand, legal).read(f);
}

}  // namespace forge
