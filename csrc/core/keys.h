// Keys of random streams by name: a key and a number make another key (SplitMix64, Steele, Lea and
// Flood 2014). The same as forge.play.keys.combine.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace forge {

FORGE_HD constexpr uint64_t mix_key(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

FORGE_HD constexpr int64_t combine_keys(int64_t key, int64_t part) {
  constexpr uint64_t GAMMA = 0x9E3779B97F4A7C15;
  const uint64_t mixed = mix_key(static_cast<uint64_t>(part) + GAMMA);
  return static_cast<int64_t>(mix_key((static_cast<uint64_t>(key) ^ mixed) + GAMMA));
}

}  // namespace forge
