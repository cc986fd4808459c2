// One state -> one block of 32 tokens of 12 features, int8 (the Stage 1 input of a network).
#pragma once

#include <cstdint>

#include "game/deal_context.h"

namespace forge {

inline constexpr int N_TOKENS = 32;
inline constexpr int N_FEATURES = 12;
inline constexpr int NOT_CALLED = 7;  // trump rank of a domino that is not called

// 0 for the highest called domino, counting down.
FORGE_HD inline int trump_rank(int decl, int domino) {
  if (!is_called(decl, domino)) return NOT_CALLED;
  int higher = 0;
  for (int other = 0; other < N_DOMINOES; ++other)
    higher += is_called(decl, other) && power(decl, other) > power(decl, domino);
  return higher;
}

struct TokenContext {
  int decl;
  int8_t domino[N_SEATS][N_SLOTS][5];  // features 0..4: what the domino is
};

FORGE_HD inline TokenContext make_token_context(const int8_t* deal, int decl) {
  TokenContext c;
  c.decl = decl;
  for (int seat = 0; seat < N_SEATS; ++seat) {
    for (int slot = 0; slot < N_SLOTS; ++slot) {
      const int domino = deal[N_SLOTS * seat + slot];
      int8_t* f = c.domino[seat][slot];
      f[0] = static_cast<int8_t>(high_pip(domino));
      f[1] = static_cast<int8_t>(low_pip(domino));
      f[2] = static_cast<int8_t>(is_double(domino));
      f[3] = static_cast<int8_t>(count_points(domino) / 5);
      f[4] = static_cast<int8_t>(trump_rank(decl, domino));
    }
  }
  return c;
}

// tokens: int8 [32, 12], mask: int8 [32] (1 = real token). Every byte is written.
FORGE_HD inline void tokenize_state(const TokenContext& c, int64_t state, int8_t* tokens,
                                    int8_t* mask) {
  const int player = seat_to_act(state);
  const int leader = leader_of(state);
  const int n_plays = n_plays_of(state);
  const auto from_player = [&](int seat) { return static_cast<int8_t>((seat - player) & 3); };
  const int8_t decl = static_cast<int8_t>(c.decl);

  int8_t* token = tokens;
  const auto put_domino = [&](int seat, int slot, bool in_hand, int type) {
    for (int i = 0; i < 5; ++i) token[i] = c.domino[seat][slot][i];
    token[5] = from_player(seat);
    token[6] = static_cast<int8_t>(token[5] == 0);
    token[7] = static_cast<int8_t>(token[5] == 2);
    token[8] = static_cast<int8_t>(in_hand);
    token[9] = static_cast<int8_t>(type);
    token[10] = decl;
    token[11] = from_player(leader);
  };

  for (int i = 0; i < N_FEATURES; ++i) token[i] = 0;
  token[10] = decl;
  token[11] = from_player(leader);
  *mask++ = 1;
  token += N_FEATURES;
  for (int seat = 0; seat < N_SEATS; ++seat) {
    for (int slot = 0; slot < N_SLOTS; ++slot) {
      put_domino(seat, slot, hand_of(state, seat) >> slot & 1, 1 + seat);
      *mask++ = 1;
      token += N_FEATURES;
    }
  }
  for (int k = 0; k < 3; ++k) {
    if (k < n_plays) {
      put_domino((leader + k) & 3, play_of(state, k), false, 5 + k);
    } else {
      for (int i = 0; i < N_FEATURES; ++i) token[i] = 0;
    }
    *mask++ = static_cast<int8_t>(k < n_plays);
    token += N_FEATURES;
  }
}

}  // namespace forge
