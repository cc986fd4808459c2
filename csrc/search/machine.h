// The search of alpha_beta.h unrolled into steps, for lanes of a GPU: neighbours work on different
// positions at different depths, and one step of any of them is the same code.
#pragma once

#include "search/position.h"

namespace forge {

struct TrickFrame {
  Question question;
  uint32_t trick;          // dominoes played to it so far
  Plays untried[N_SEATS];  // by turn
  int8_t value[N_SEATS];   // best so far for the seat whose turn it is
  uint8_t play[N_SEATS];
  uint8_t turn, suit;
  // How the answer goes back to the trick before (see NextQuestion).
  bool flip;
  int8_t points;
};

class SearchMachine {
 public:
  FORGE_HD void start(const SearchDeal& d, const Question& q, const Prefix& prefix) {
    prefix_ = prefix;
    depth_ = 0;
    TrickFrame& f = frames_[0];
    f.question = q;
    f.trick = 0;
    f.turn = 0;
    f.value[0] = -1;
    f.untried[0] = {d.owner[q.leader] & q.unplayed & prefix.allowed[0], 0, 0};
  }

  // Tries one play. True when the question asked at the start is answered.
  FORGE_HD bool step(const SearchDeal& d, const TableView& table, int* answer) {
    TrickFrame& f = frames_[depth_];
    const int turn = f.turn;
    const int play = f.untried[turn].pop();
    f.play[turn] = static_cast<uint8_t>(play);
    f.trick |= uint32_t{1} << play;
    if (turn == 0) f.suit = d.tables->led_suit[play];
    if (turn < 3) {
      begin_turn(d, f, turn + 1);
      return false;
    }
    const uint32_t winning = uint32_t{1} << winning_rank(*d.tables, f.suit, f.trick);
    int winner = 0;
    while (!(d.owner[winner] & winning)) ++winner;
    const NextQuestion next = after_trick(d, f.question, f.trick, winner);
    int r;
    if (answer_at_once(d, table, next.question, &r))
      return give_back(table, next.answer(r), answer);
    begin_trick(d, table, next);
    return false;
  }

 private:
  FORGE_HD void begin_trick(const SearchDeal& d, const TableView& table, const NextQuestion& next) {
    TrickFrame& f = frames_[++depth_];
    const Question& q = next.question;
    f.question = q;
    f.trick = 0;
    f.turn = 0;
    f.flip = next.flip;
    f.points = static_cast<int8_t>(next.points);
    f.value[0] = -1;
    f.untried[0] =
        order_leads(d, d.owner[q.leader] & q.unplayed, d.owner[(q.leader + 1) & 3] & q.unplayed,
                    d.owner[(q.leader + 3) & 3] & q.unplayed, known_lead(table, q));
  }

  FORGE_HD void begin_turn(const SearchDeal& d, TrickFrame& f, int turn) {
    const Question& q = f.question;
    const int seat = (q.leader + turn) & 3;
    const uint32_t can_win = d.tables->can_win[f.suit];
    const int winning = highest(f.trick & can_win);
    uint32_t legal = legal_plays(d, d.owner[seat] & q.unplayed, f.suit);
    if (depth_ == 0) legal &= prefix_.allowed[turn];
    uint32_t threats = 0;
    if (turn < 3) threats = legal_plays(d, d.owner[(seat + 1) & 3] & q.unplayed, f.suit) & can_win;
    f.untried[turn] =
        order_follows(d, legal, can_win, winning, team_of(d, seat) >> winning & 1, threats);
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
      if (!cut && !f.untried[turn].empty()) return false;
      r = value;
      if (turn > 0) {
        f.turn = static_cast<uint8_t>(turn - 1);
        continue;
      }
      if (depth_ == 0) {
        *answer = r;
        return true;
      }
      remember(table, f.question, r, cut ? f.play[0] : 31);
      r = f.flip ? f.question.remaining - r : r + f.points;
      --depth_;
    }
  }

  Prefix prefix_;
  int depth_;
  TrickFrame frames_[N_TRICKS];
};

}  // namespace forge
