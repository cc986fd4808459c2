// One play of a batch of hands, and which plays there are.
#pragma once

#include "game/deal_context.h"
#include "game/position_batch.h"

namespace forge {

// What stands where the slot is not legal.
inline constexpr Play NO_PLAY{-1, 0};

FORGE_INLINE Play play_if_legal(const DealContext& c, int64_t state, int slot) {
  const bool legal = slot >= 0 && slot < N_SLOTS && (legal_slots(c, state) >> slot & 1);
  return legal ? play_slot(c, state, slot) : NO_PLAY;
}

struct PlayJob {
  PositionBatch batch;
  const int8_t* slots;  // [B]
  int64_t* next;        // [B]
  int8_t* points;       // [B], team-0 frame

  FORGE_INLINE void write(int64_t i, const Play& play) const {
    next[i] = play.state;
    points[i] = static_cast<int8_t>(play.points);
  }
};

struct LegalJob {
  PositionBatch batch;
  bool* legal;  // [B, 7]; all false where the hand is over

  FORGE_INLINE void write(int64_t i, uint32_t slots) const {
    for (int slot = 0; slot < N_SLOTS; ++slot) legal[N_SLOTS * i + slot] = slots >> slot & 1;
  }
};

}  // namespace forge
