// The search of alpha_beta.h unrolled into steps, for lanes of a GPU: neighbours work on different
// positions at different depths, and one step of any of them is the same code.
#pragma once

#include "search/position.h"

namespace forge {

struct TrickFrame {
  Question question;
  uint32_t key;                              // in the table; of a trick with a prefix none
  uint32_t trick;                            // dominoes played to it so far
  Leads leads;                               // untried ones
  uint32_t untried[N_SEATS], wins[N_SEATS];  // by turn, of those that follow
  int8_t value[N_SEATS];                     // best so far for the seat whose turn it is
  uint8_t play[N_SEATS];
  uint8_t turn;
  // How the answer goes back to the trick before.
  NextQuestion back;
};

class SearchMachine {
 public:
  // in_prefix false: about the position between tricks, which has a place in the table. True if the
  // question is answered without a step.
  FORGE_HD bool start(const SearchDeal& d, const TableView& table, const Question& q,
                      const Prefix& prefix, bool in_prefix, int* answer) {
    prefix_ = prefix;
    in_prefix_ = in_prefix;
    depth_ = -1;
    if (!in_prefix && answer_at_once(d, table, q, answer)) return true;
    push(d, table, {q, 0, 0});
    return false;
  }

  // Tries one play. True when the question asked at the start is answered.
  FORGE_HD bool step(const SearchDeal& d, const TableView& table, int* answer) {
    TrickFrame& f = frames_[depth_];
    const int turn = f.turn;
    const Question& q = f.question;
    const int rank = turn ? follow(d, f, turn)
                          : f.leads.take(d, hand(d, q, 1), hand(d, q, 2), hand(d, q, 3), nullptr);
    f.play[turn] = static_cast<uint8_t>(rank);
    f.trick |= uint32_t{1} << rank;
    if (turn < 3) {
      begin_turn(d, f, turn + 1);
      return false;
    }
    const LedTables& t = *d.tables;
    const uint32_t winning = uint32_t{1} << highest(f.trick & t.led[f.play[0]].can_win);
    int winner = 0;
    while (!(d.owner[q.leader + winner] & winning)) ++winner;
    const NextQuestion next =
        after_trick(q, q.unplayed & ~f.trick, winner, 1 + count_of(t, f.trick));
    int r;
    if (answer_at_once(d, table, next.question, &r))
      return give_back(table, next.answer(r), answer);
    push(d, table, next);
    return false;
  }

 private:
  static FORGE_HD uint32_t hand(const SearchDeal& d, const Question& q, int turn) {
    return d.owner[q.leader + turn] & q.unplayed;
  }

  static FORGE_HD int follow(const SearchDeal& d, TrickFrame& f, int turn) {
    const uint32_t play = pick(f.untried[turn], f.wins[turn], d.tables->counts);
    f.untried[turn] ^= play;
    return lowest(play);
  }

  static FORGE_HD bool answer_at_once(const SearchDeal& d, const TableView& table,
                                      const Question& q, int* r) {
    if (q.target <= 0) {
      *r = 0;
      return true;
    }
    const int n_tricks = popcount(q.unplayed) / N_SEATS;
    if (n_tricks == 0) {
      *r = 0;
      return true;
    }
    if (n_tricks == 1) {
      *r = last_trick(d, q);
      return true;
    }
    bool found;
    if (look_up(table, table_key(q.unplayed, q.leader), q.target, r, &found)) return true;
    return !found && bound_decides(d, q, n_tricks, r);
  }

  FORGE_HD bool has_prefix() const { return depth_ == 0 && in_prefix_; }

  FORGE_HD void push(const SearchDeal& d, const TableView& table, const NextQuestion& next) {
    TrickFrame& f = frames_[++depth_];
    const Question& q = next.question;
    f.question = q;
    f.back = next;
    f.key = table_key(q.unplayed, q.leader);
    f.trick = 0;
    f.turn = 0;
    f.value[0] = -1;
    f.leads = has_prefix() ? Leads::of(hand(d, q, 0) & prefix_.allowed[0], 31)
                           : Leads::of(hand(d, q, 0), known_lead(table, f.key));
  }

  FORGE_HD void begin_turn(const SearchDeal& d, TrickFrame& f, int turn) {
    const Question& q = f.question;
    const LedSuit& suit = d.tables->led[f.play[0]];
    const uint32_t winning = uint32_t{1} << highest(f.trick & suit.can_win);
    // The seats of the same parity are of one team.
    const bool partner_wins =
        ((d.owner[q.leader + turn] | d.owner[(q.leader + turn + 2) & 3]) & winning) != 0;
    uint32_t ours = partner_wins ? winning : 0, theirs = partner_wins ? 0 : winning;
    if (turn < 3) theirs |= legal_plays(hand(d, q, turn + 1), suit) & suit.can_win;
    if (turn == 1) ours |= legal_plays(hand(d, q, 3), suit) & suit.can_win;
    uint32_t legal = legal_plays(hand(d, q, turn), suit);
    if (has_prefix()) legal &= prefix_.allowed[turn];
    f.untried[turn] = legal;
    f.wins[turn] = winners(ours, theirs, suit.can_win);
    f.value[turn] = turn & 1 ? 127 : -1;
    f.turn = static_cast<uint8_t>(turn);
  }

  // Gives the value r of the last play back to the turns and tricks above, as far as they are
  // decided by it.
  FORGE_HD bool give_back(const TableView& table, int r, int* answer) {
    for (;;) {
      TrickFrame& f = frames_[depth_];
      const int turn = f.turn;
      const int target = f.question.target;
      f.trick &= ~(uint32_t{1} << f.play[turn]);
      int value = f.value[turn];
      const bool leaders_team = !(turn & 1);
      if (leaders_team ? r > value : r < value) value = r;
      f.value[turn] = static_cast<int8_t>(value);
      const bool cut = leaders_team ? value >= target : value < target;
      if (!cut && (turn ? f.untried[turn] : f.leads.untried)) return false;
      r = value;
      if (turn > 0) {
        f.turn = static_cast<uint8_t>(turn - 1);
        continue;
      }
      if (!has_prefix()) remember(table, f.key, f.question, r, cut ? f.play[0] : 31);
      if (depth_ == 0) {
        *answer = r;
        return true;
      }
      r = f.back.answer(r);
      --depth_;
    }
  }

  Prefix prefix_;
  bool in_prefix_;
  int depth_;
  TrickFrame frames_[N_TRICKS];
};

}  // namespace forge
