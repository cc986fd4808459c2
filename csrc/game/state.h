// The packed state of a hand in play, 41 bits of an int64:
//   0-27  four 7-bit masks of the slots still in hand, seat 0 lowest
//   28-29 leader of the current trick      30-31 plays so far in it (0..3)
//   32-40 slots played by the leader, the second and the third seat, 3 bits each; 7 = none
#pragma once

#include <cstdint>

#include "core/macros.h"
#include "game/domino.h"

namespace forge {

inline constexpr uint32_t FULL_HAND = 127;
inline constexpr uint32_t NO_SLOT = 7;
inline constexpr int64_t NO_PLAYS = int64_t{0x1FF} << 32;
inline constexpr int64_t INITIAL_STATE = NO_PLAYS | 0x0FFFFFFF;
inline constexpr int8_t ILLEGAL = -128;  // the q of an illegal or missing slot

FORGE_INLINE uint32_t hand_of(int64_t state, int seat) {
  return static_cast<uint32_t>(state >> (7 * seat)) & FULL_HAND;
}
FORGE_INLINE int leader_of(int64_t state) { return static_cast<int>(state >> 28) & 3; }
FORGE_INLINE int n_plays_of(int64_t state) { return static_cast<int>(state >> 30) & 3; }
FORGE_INLINE int play_of(int64_t state, int k) {
  return static_cast<int>(state >> (32 + 3 * k)) & 7;
}
FORGE_INLINE int seat_to_act(int64_t state) { return (leader_of(state) + n_plays_of(state)) & 3; }

// A state between tricks.
FORGE_INLINE int64_t boundary_state(uint32_t hands, int leader) {
  return NO_PLAYS | (static_cast<int64_t>(leader) << 28) | static_cast<int64_t>(hands);
}

// Why a packed state cannot occur, or nullptr: the border check of everything that takes states.
// It looks at the packing alone (cards in hand and plays must add up), not at the rules.
FORGE_HD inline const char* state_error(int64_t state) {
  if (state < 0 || state >> 41) return "bits above 40 must be 0";
  const int n_plays = n_plays_of(state);
  const int leader = leader_of(state);
  int size = -1;
  for (int k = 0; k < N_SEATS; ++k) {
    const int seat = (leader + k) & 3;
    const uint32_t hand = hand_of(state, seat);
    int held = 0;
    for (uint32_t h = hand; h; h &= h - 1) ++held;
    if (k < 3) {
      const uint32_t slot = static_cast<uint32_t>(play_of(state, k));
      if (k < n_plays && (slot == NO_SLOT || (hand >> slot & 1)))
        return "a slot played to the current trick must exist and have left the hand";
      if (k >= n_plays && slot != NO_SLOT) return "slots not yet played must be 7";
    }
    held += k < n_plays;
    if (size < 0) size = held;
    if (held != size) return "the four hands must have played equally often";
  }
  if (n_plays && size == 0) return "an empty hand cannot have a trick in progress";
  return nullptr;
}

}  // namespace forge
