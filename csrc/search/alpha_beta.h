// Null-window alpha-beta, a trick at a time: four nested loops, the leader's team maximising.
#pragma once

#include "search/position.h"

namespace forge {

// AT_ROOT: the trick begins with `prefix` and its answer is not the position's, so the table stays
// out of it.
template <bool AT_ROOT>
inline int search_trick(const SearchDeal& d, const TableView& table, const Question& q,
                        const Prefix& prefix) {
  const RankTables& t = *d.tables;
  const uint32_t hand0 = d.owner[q.leader] & q.unplayed;
  const uint32_t hand1 = d.owner[(q.leader + 1) & 3] & q.unplayed;
  const uint32_t hand2 = d.owner[(q.leader + 2) & 3] & q.unplayed;
  const uint32_t hand3 = d.owner[(q.leader + 3) & 3] & q.unplayed;
  Plays leads = AT_ROOT ? Plays{prefix.allowed[0] & hand0, 0, 0}
                        : order_leads(d, hand0, hand1, hand3, known_lead(table, q));
  int best = -1, best_lead = 31;
  while (!leads.empty()) {
    const int play0 = leads.pop();
    const int suit = t.led_suit[play0];
    const uint32_t can_win = t.can_win[suit];
    uint32_t legal1 = legal_plays(d, hand1, suit);
    uint32_t legal2 = legal_plays(d, hand2, suit);
    uint32_t legal3 = legal_plays(d, hand3, suit);
    const uint32_t threats2 = legal2 & can_win, threats3 = legal3 & can_win;
    if (AT_ROOT) {
      legal1 &= prefix.allowed[1];
      legal2 &= prefix.allowed[2];
      legal3 &= prefix.allowed[3];
    }
    int value1 = 127;
    Plays plays1 = order_follows(d, legal1, can_win, play0, false, threats2);
    while (!plays1.empty()) {
      const int play1 = plays1.pop();
      const bool beaten1 = (can_win & above(play0)) >> play1 & 1;  // by seat 1
      const int winning1 = beaten1 ? play1 : play0;
      int value2 = -1;
      Plays plays2 = order_follows(d, legal2, can_win, winning1, !beaten1, threats3);
      while (!plays2.empty()) {
        const int play2 = plays2.pop();
        const bool beaten2 = (can_win & above(winning1)) >> play2 & 1;
        const int winning2 = beaten2 ? play2 : winning1;
        const bool theirs = beaten1 && !beaten2;
        const uint32_t played = 1u << play0 | 1u << play1 | 1u << play2;
        int value3 = 127;
        Plays plays3 = order_follows(d, legal3, can_win, winning2, theirs, 0);
        while (!plays3.empty()) {
          const int play3 = plays3.pop();
          const bool beaten3 = (can_win & above(winning2)) >> play3 & 1;
          const int turn = beaten3 ? 3 : beaten2 ? 2 : beaten1 ? 1 : 0;
          const NextQuestion next = after_trick(d, q, played | 1u << play3, (q.leader + turn) & 3);
          int r;
          if (!answer_at_once(d, table, next.question, &r))
            r = search_trick<false>(d, table, next.question, prefix);
          r = next.answer(r);
          if (r < value3) value3 = r;
          if (value3 < q.target) break;
        }
        if (value3 > value2) value2 = value3;
        if (value2 >= q.target) break;
      }
      if (value2 < value1) value1 = value2;
      if (value1 < q.target) break;
    }
    if (value1 > best) best = value1;
    if (best >= q.target) {
      best_lead = play0;
      break;
    }
  }
  if (!AT_ROOT) remember(table, q, best, best_lead);
  return best;
}

}  // namespace forge
