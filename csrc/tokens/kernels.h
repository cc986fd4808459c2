// The kernel over the tokens of a batch of states.
#pragma once

#include "game/position_batch.h"
#include "tokens/token.h"

namespace forge {

// Over N * 32: one token an item, so that neighbours write neighbouring bytes.
struct MakeTokens {
  PositionBatch batch;
  int8_t* tokens;
  int8_t* masks;
  FORGE_HD void operator()(int64_t i) const {
    const int64_t row = i / N_TOKENS;
    const int index = static_cast<int>(i % N_TOKENS);
    const int8_t* deal = batch.deal(row);
    const int decl = batch.decl(row);
    const int64_t state = batch.states[row];
    // What cannot be (the CPU refuses it at the border) becomes a block of padding.
    const bool sound = !state_error(state) && decl >= 0 && decl < N_DECLARATIONS;
    const TokenPlace place = sound ? token_place(state, index) : TokenPlace{0, 0, false};
    const int domino = deal[N_SLOTS * place.seat + place.slot];
    int8_t features[N_DOMINO_FEATURES] = {};
    if (place.real && domino >= 0 && domino < N_DOMINOES) domino_features(decl, domino, features);
    make_token(decl, state, index, place, features, tokens + i * N_FEATURES);
    masks[i] = static_cast<int8_t>(place.real);
  }
};

}  // namespace forge
