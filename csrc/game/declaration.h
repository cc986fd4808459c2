// What a declaration makes of the dominoes: which are called, which suit a lead asks for, what
// follows it, and what wins.
#pragma once

#include "game/domino.h"

namespace forge {

inline constexpr int N_DECLARATIONS = 10;
inline constexpr int DOUBLES_TRUMP = 7;
inline constexpr int DOUBLES_SUIT = 8;
inline constexpr int NOTRUMP = 9;

// Suits 0..6 are the pips, 7 is the called suit (trumps, or the doubles under doubles-suit).
inline constexpr int N_SUITS = 8;
inline constexpr int CALLED_SUIT = 7;

FORGE_HD constexpr bool is_called(int decl, int domino) {
  if (decl < DOUBLES_TRUMP) return shows(domino, decl);
  return decl != NOTRUMP && is_double(domino);
}

// Called dominoes beat everything, except under doubles-suit.
FORGE_HD constexpr bool is_trump(int decl, int domino) {
  return decl != DOUBLES_SUIT && is_called(decl, domino);
}

FORGE_HD constexpr int led_suit(int decl, int domino) {
  return is_called(decl, domino) ? CALLED_SUIT : high_pip(domino);
}

FORGE_HD constexpr bool can_follow(int decl, int domino, int suit) {
  if (suit == CALLED_SUIT) return is_called(decl, domino);
  return !is_called(decl, domino) && shows(domino, suit);
}

FORGE_HD constexpr bool can_win(int decl, int domino, int suit) {
  return is_trump(decl, domino) || can_follow(decl, domino, suit);
}

// Power orders the dominoes so that among those that can win a trick the greatest power wins it,
// whatever suit was led: trumps over doubles over the rest by pip sum (a double is the highest of
// its suit). Ties are between dominoes that share no suit; the id breaks them.
FORGE_HD constexpr int power(int decl, int domino) {
  const int sum = high_pip(domino) + low_pip(domino);
  const int within_suit = is_double(domino) ? 13 + high_pip(domino) : sum;
  return ((is_trump(decl, domino) ? 32 : 0) + within_suit) * 32 + domino;
}

// Place of a domino in that order, 0 (weakest) .. 27: its *rank*. Sets of dominoes are 28-bit masks
// by rank wherever tricks are resolved: the winner of a trick is then one highest-bit instruction.
FORGE_HD constexpr int rank_of(int decl, int domino) {
  int rank = 0;
  for (int other = 0; other < N_DOMINOES; ++other) rank += power(decl, other) < power(decl, domino);
  return rank;
}

}  // namespace forge
