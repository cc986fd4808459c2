// What a decision asks about a world, and what the answers are worth to the acting side. To be
// compiled without fused operations.
#pragma once

#include "decide/decisions.h"

namespace forge {

FORGE_HD inline uint32_t legal_slots(const SeenHand& seen) {
  uint32_t slots = 0;
  for (int slot = 0; slot < N_SLOTS; ++slot)
    slots |= (seen.legal >> seen.slot_rank[slot] & 1) << slot;
  return slots;
}

FORGE_INLINE bool is_choice(uint32_t slots) { return (slots & (slots - 1)) != 0; }

FORGE_INLINE bool defends(const SeenHand& seen) { return seen.now.seat() & 1; }

// The value-to-go with which the declarer's side makes the contract.
FORGE_INLINE int target_of(const SeenHand& seen) { return 2 * seen.now.need() - seen.now.left(); }

// Of a contract that is decided: whether it came out as the acting side wants it.
FORGE_INLINE bool came_out_well(const SeenHand& seen) { return seen.now.made() != defends(seen); }

// Share of rollouts.
FORGE_INLINE double mix_of(const DecideJob& job) {
  return job.weights.numbers ? job.settings.rollouts : 0.0;
}

// Weight of what the policy would play.
FORGE_INLINE double prior_of(const DecideJob& job) {
  return job.weights.numbers ? job.settings.prior : 0.0;
}

// made: with all hands open; rolled: by the policy's own play, which has a share of `mix`.
FORGE_INLINE double chance_in_world(bool made, bool rolled, double mix, bool of_defenders) {
  double chance = made;
  if (mix > 0) chance = (1 - mix) * chance + mix * rolled;
  return of_defenders ? 1 - chance : chance;
}

FORGE_INLINE double points_in_world(int8_t q, bool of_defenders) { return of_defenders ? -q : q; }

}  // namespace forge
