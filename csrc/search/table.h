// Transposition table of the search: positions between tricks, with bounds on what the leader's
// team gets of the points still to be played.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace forge {

// One entry in 8 bytes, so that a probe is one load:
//   0-29 key (unplayed dominoes by rank, leader) | 30-35 lower bound | 36-41 upper bound
//   42-46 best lead's rank | 47-63 epoch
// The key is whole, so a hit is never a collision. An entry of another epoch (another deal) is
// empty: starting on a new deal costs nothing.
struct TableEntry {
  uint64_t bits;

  FORGE_INLINE uint32_t key() const { return static_cast<uint32_t>(bits) & 0x3FFFFFFF; }
  FORGE_INLINE int lower() const { return static_cast<int>(bits >> 30) & 63; }
  FORGE_INLINE int upper() const { return static_cast<int>(bits >> 36) & 63; }
  FORGE_INLINE int lead() const { return static_cast<int>(bits >> 42) & 31; }
  FORGE_INLINE uint32_t epoch() const { return static_cast<uint32_t>(bits >> 47); }

  static FORGE_INLINE TableEntry make(uint32_t key, int lower, int upper, int lead,
                                      uint32_t epoch) {
    return {static_cast<uint64_t>(key) | static_cast<uint64_t>(lower) << 30 |
            static_cast<uint64_t>(upper) << 36 | static_cast<uint64_t>(lead) << 42 |
            static_cast<uint64_t>(epoch) << 47};
  }
};

inline constexpr uint32_t MAX_EPOCH = (1u << 17) - 1;

struct TableView {
  TableEntry* entries;  // [2^log2_size], zeroed once
  int log2_size;
  uint32_t epoch;  // 1 .. MAX_EPOCH

  FORGE_INLINE TableEntry& slot(uint32_t key) const {
    return entries[(key * 0x9E3779B1u) >> (32 - log2_size)];
  }
};

}  // namespace forge
