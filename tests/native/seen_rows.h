// What seats see in games of random play.
#pragma once

#include <algorithm>

#include "check.h"
#include "policy/network.h"
#include "policy/seen_hand.h"

namespace forge::testing {

struct SeenRows {
  std::vector<int8_t> hands, decls, plays, needed;
  std::vector<int8_t> deals = {};  // that they are of

  int64_t n() const { return static_cast<int64_t>(decls.size()); }
  SeenBatch batch() const { return {hands.data(), decls.data(), plays.data(), needed.data(), n()}; }
};

// Every decision from `from` plays on.
inline SeenRows all_seen(int n_games, int from = 0) {
  std::mt19937 random(5);
  SeenRows rows;
  for (int game = 0; game < n_games; ++game) {
    const Deal deal = random_deal(random);
    const int decl = game % N_DECLARATIONS;
    const DealContext context = make_deal_context(deal.dominoes, decl);
    int8_t plays[N_PLAYS];
    std::memset(plays, -1, sizeof plays);
    int64_t state = INITIAL_STATE;
    for (int k = 0; k < N_PLAYS; ++k) {
      const int8_t* const hand = deal.dominoes + 7 * seat_to_act(state);
      if (k >= from) {
        rows.hands.insert(rows.hands.end(), hand, hand + 7);
        rows.deals.insert(rows.deals.end(), deal.dominoes, deal.dominoes + N_DOMINOES);
        rows.decls.push_back(static_cast<int8_t>(decl));
        rows.plays.insert(rows.plays.end(), plays, plays + N_PLAYS);
        rows.needed.push_back(static_cast<int8_t>(30 + game % 13));
      }
      uint32_t legal = legal_slots(context, state);
      for (int skip = static_cast<int>(random() % static_cast<unsigned>(popcount(legal))); skip;
           --skip)
        legal &= legal - 1;
      const int slot = lowest(legal);
      plays[k] = hand[slot];
      state = play_slot(context, state, slot).state;
    }
  }
  return rows;
}

// One decision: the declarer leads the double six, nobody follows, and six sixes are nowhere to be.
inline SeenRows seen_that_fits_nowhere() {
  SeenRows rows;
  rows.hands = {7, 8, 9, 11, 12, 13, 27};
  rows.decls = {0};
  rows.needed = {30};
  rows.plays.assign(N_PLAYS, -1);
  std::copy_n(std::vector<int8_t>{27, 2, 4, 5}.begin(), 4, rows.plays.begin());
  CHECK(!seen_error(rows.batch(), 0));
  return rows;
}

inline std::vector<int64_t> keys_of(const SeenRows& rows) {
  std::vector<int64_t> keys(static_cast<size_t>(rows.n()));
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<int64_t>(i * 0x9E3779B97F4A7C15u);
  return keys;
}

inline std::vector<float> random_weights() {
  std::mt19937 random(7);
  std::vector<float> weights(static_cast<size_t>(N_POLICY_WEIGHTS));
  for (float& w : weights) w = (static_cast<float>(random() % 2001) - 1000.0f) / 4000.0f;
  return weights;
}

}  // namespace forge::testing
