// Ranking of 7-bit hands: the i-th hand of its size in ascending order, and sets of such ranks.
#pragma once

#include <cstdint>

#include "core/bits.h"
#include "game/domino.h"

namespace forge {

inline constexpr int MAX_HANDS = 35;  // C(7, 3): hands of one size

struct Combinadics {
  uint8_t n_hands[8];            // C(7, size)
  uint8_t rank[128];             // hand -> its place among the hands of its size
  uint8_t hand[8][MAX_HANDS];    // [size][rank] -> hand
  uint64_t holding[8][N_SLOTS];  // [size][slot] -> set of the ranks of hands that hold the slot
};

constexpr Combinadics make_combinadics() {
  Combinadics c{};
  for (int hand = 0; hand < 128; ++hand) {
    int size = 0;
    for (int slot = 0; slot < N_SLOTS; ++slot) size += hand >> slot & 1;
    const int rank = c.n_hands[size]++;
    c.rank[hand] = static_cast<uint8_t>(rank);
    c.hand[size][rank] = static_cast<uint8_t>(hand);
    for (int slot = 0; slot < N_SLOTS; ++slot)
      if (hand >> slot & 1) c.holding[size][slot] |= uint64_t{1} << rank;
  }
  return c;
}

inline constexpr Combinadics COMBINADICS = make_combinadics();
#if defined(__CUDACC__)
static __device__ const Combinadics DEVICE_COMBINADICS = make_combinadics();
#endif

FORGE_INLINE const Combinadics& combinadics() {
#if defined(__CUDA_ARCH__)
  return DEVICE_COMBINADICS;
#else
  return COMBINADICS;
#endif
}

FORGE_INLINE uint64_t all_ranks(int n_hands) { return (uint64_t{1} << n_hands) - 1; }

// From a set of ranks of hands of `size` that hold the slot to the ranks, among the hands of
// size - 1, of the same hands without it. Dropping a slot that all of them hold keeps their order.
FORGE_INLINE uint64_t drop_slot(uint64_t ranks, int size, int slot) {
  const Combinadics& c = combinadics();
  return move_bits(ranks, c.holding[size][slot],
                   all_ranks(c.n_hands[size - 1]) & ~c.holding[size - 1][slot]);
}

}  // namespace forge
