// A world as the search takes it.
#pragma once

#include "decide/owners.h"
#include "game/state.h"

namespace forge {

// The seat to act has its slots, the others theirs by rank.
struct WorldPosition {
  int8_t deal[N_DOMINOES];
  int64_t state;
  uint8_t slot_of[N_DOMINOES];  // by rank

  FORGE_HD WorldPosition(const SeenHand& seen, const Owners& world) {
    const PublicHand& p = seen.now;
    for (int seat = 0; seat < N_SEATS; ++seat) {
      uint32_t left = world.dealt[seat];
      for (int slot = 0; slot < N_SLOTS; ++slot, left &= left - 1) {
        const int rank = seat == p.seat() ? seen.slot_rank[slot] : lowest(left);
        deal[N_SLOTS * seat + slot] = static_cast<int8_t>(p.ranks->domino_at[rank]);
        slot_of[rank] = static_cast<uint8_t>(slot);
      }
    }
    state = before(p, world);
  }

  // The packed state when so much was public: now or before an earlier play.
  FORGE_HD int64_t before(const PublicHand& p, const Owners& world) const {
    uint32_t held = 0;
    for (int seat = 0; seat < N_SEATS; ++seat)
      for (uint32_t left = world.dealt[seat] & ~p.played; left; left &= left - 1)
        held |= uint32_t{1} << (N_SLOTS * seat + slot_of[lowest(left)]);
    int64_t packed = boundary_state(held, p.leader) | static_cast<int64_t>(p.turn) << 30;
    for (int k = 0; k < p.turn; ++k) {
      packed &= ~(int64_t{7} << (32 + 3 * k));
      packed |= static_cast<int64_t>(slot_of[p.trick[k]]) << (32 + 3 * k);
    }
    return packed;
  }
};

}  // namespace forge
