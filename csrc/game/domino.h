// The 28 dominoes of a double-six set. A domino is its id: high*(high+1)/2 + low.
#pragma once

#include "core/macros.h"

namespace forge {

inline constexpr int N_DOMINOES = 28;
inline constexpr int N_PIPS = 7;  // blank to six
inline constexpr int N_SEATS = 4;
inline constexpr int N_SLOTS = 7;  // dominoes dealt to a seat
inline constexpr int N_TRICKS = 7;
inline constexpr int HAND_POINTS = 42;  // 7 tricks + 35 count points

FORGE_HD constexpr int high_pip(int domino) {
  return (domino >= 1) + (domino >= 3) + (domino >= 6) + (domino >= 10) + (domino >= 15) +
         (domino >= 21);
}

FORGE_HD constexpr int low_pip(int domino) {
  const int high = high_pip(domino);
  return domino - high * (high + 1) / 2;
}

FORGE_HD constexpr int domino_id(int high, int low) { return high * (high + 1) / 2 + low; }

FORGE_HD constexpr bool is_double(int domino) { return high_pip(domino) == low_pip(domino); }

FORGE_HD constexpr bool shows(int domino, int pip) {
  return high_pip(domino) == pip || low_pip(domino) == pip;
}

// Count points: a domino whose pips add up to 5 or 10 is worth that many.
FORGE_HD constexpr int count_points(int domino) {
  const int sum = high_pip(domino) + low_pip(domino);
  return sum == 5 || sum == 10 ? sum : 0;
}

}  // namespace forge
