// The rules as tables by domino id, for programs in other languages: none has a copy of its own.
#pragma once

#include <array>
#include <cstdint>

#include "game/rank_order.h"

namespace forge::bindings {

template <class Number>
using ByDomino = std::array<Number, N_DOMINOES>;

template <class Number>
using BySuit = std::array<ByDomino<Number>, N_SUITS>;

struct RuleTables {
  ByDomino<int8_t> high, low, count_points;
  std::array<ByDomino<int8_t>, N_DECLARATIONS> led_suit;
  std::array<BySuit<uint8_t>, N_DECLARATIONS> follows;   // 1 or 0
  std::array<BySuit<uint8_t>, N_DECLARATIONS> strength;  // 0 cannot win, else the greatest wins
};

inline RuleTables make_rule_tables() {
  RuleTables tables{};
  for (int domino = 0; domino < N_DOMINOES; ++domino) {
    tables.high[domino] = static_cast<int8_t>(high_pip(domino));
    tables.low[domino] = static_cast<int8_t>(low_pip(domino));
    tables.count_points[domino] = static_cast<int8_t>(count_points(domino));
    for (int decl = 0; decl < N_DECLARATIONS; ++decl) {
      const forge::RankTables& t = rank_tables(decl);
      const int rank = t.rank_of[domino];
      tables.led_suit[decl][domino] = static_cast<int8_t>(t.led_suit[rank]);
      for (int suit = 0; suit < N_SUITS; ++suit) {
        const bool wins = t.can_win[suit] >> rank & 1;
        tables.follows[decl][suit][domino] = t.follow[suit] >> rank & 1;
        tables.strength[decl][suit][domino] = static_cast<uint8_t>(wins ? rank + 1 : 0);
      }
    }
  }
  return tables;
}

}  // namespace forge::bindings
