// One state -> one block of 32 tokens of 12 features, int8 (the Stage 1 input of a network).
#pragma once

#include <cstdint>

#include "game/deal_context.h"

namespace forge {

inline constexpr int N_TOKENS = 32;
inline constexpr int N_FEATURES = 12;
inline constexpr int NOT_CALLED = 7;  // trump rank of a domino that is not called
inline constexpr int N_DOMINO_FEATURES = 5;

// Features 0..4, what a domino is: high pip, low pip, is double, count class (0, 1, 2 for 0, 5, 10
// points), trump rank (0 = highest called domino, counting down; 7 = not called).
FORGE_HD inline void domino_features(int decl, int domino, int8_t* features) {
  const RankTables& tables = rank_tables(decl);
  const uint32_t called = tables.follow[CALLED_SUIT];
  const int rank = tables.rank_of[domino];
  features[0] = static_cast<int8_t>(high_pip(domino));
  features[1] = static_cast<int8_t>(low_pip(domino));
  features[2] = static_cast<int8_t>(is_double(domino));
  features[3] = static_cast<int8_t>(count_points(domino) / 5);
  features[4] =
      static_cast<int8_t>(called >> rank & 1 ? popcount(called & above(rank)) : NOT_CALLED);
}

// Which domino a token shows: seat and slot, or none for the context and for plays not yet made.
struct TokenPlace {
  int seat, slot;
  bool real;
};

FORGE_HD inline TokenPlace token_place(int64_t state, int index) {
  if (index == 0) return {0, 0, true};
  if (index <= N_DOMINOES) return {(index - 1) / N_SLOTS, (index - 1) % N_SLOTS, true};
  const int k = index - N_DOMINOES - 1;
  if (k >= n_plays_of(state)) return {0, 0, false};
  return {(leader_of(state) + k) & 3, play_of(state, k), true};
}

// One token of 12 features; `features` are those of its domino (unread without one). Every byte is
// written.
FORGE_HD inline void make_token(int decl, int64_t state, int index, const TokenPlace& place,
                                const int8_t* features, int8_t* token) {
  for (int i = 0; i < N_FEATURES; ++i) token[i] = 0;
  if (!place.real) return;
  const int player = seat_to_act(state);
  token[10] = static_cast<int8_t>(decl);
  token[11] = static_cast<int8_t>((leader_of(state) - player) & 3);
  if (index == 0) return;
  for (int i = 0; i < N_DOMINO_FEATURES; ++i) token[i] = features[i];
  const int relative = (place.seat - player) & 3;
  const bool dealt = index <= N_DOMINOES;
  token[5] = static_cast<int8_t>(relative);
  token[6] = static_cast<int8_t>(relative == 0);
  token[7] = static_cast<int8_t>(relative == 2);
  token[8] = static_cast<int8_t>(dealt && (hand_of(state, place.seat) >> place.slot & 1));
  token[9] = static_cast<int8_t>(dealt ? 1 + place.seat : 5 + index - N_DOMINOES - 1);
}

}  // namespace forge
