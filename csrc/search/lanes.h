// Eight numbers at a time. The compiler's vectors are one source for every instruction set: what
// AVX2 does in one instruction, others do in two or eight, with the same result.
#pragma once

#include <cstdint>

namespace forge {

using Lanes = int32_t __attribute__((vector_size(32)));

FORGE_INLINE Lanes all_lanes(int32_t x) { return Lanes{x, x, x, x, x, x, x, x}; }

// Where the mask is -1 (else 0) the one, else the other.
FORGE_INLINE Lanes select(Lanes mask, Lanes one, Lanes other) { return mask ? one : other; }
FORGE_INLINE Lanes greater(Lanes a, Lanes b) { return a > b ? a : b; }
FORGE_INLINE Lanes lesser(Lanes a, Lanes b) { return a < b ? a : b; }

// Each lane's neighbour one, two places off in its pair, its four.
FORGE_INLINE Lanes swap_ones(Lanes x) {
  return __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
}
FORGE_INLINE Lanes swap_twos(Lanes x) {
  return __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5);
}
FORGE_INLINE Lanes swap_fours(Lanes x) {
  return __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3);
}

FORGE_INLINE int32_t greatest(Lanes x) {
  x = greater(x, swap_fours(x));
  x = greater(x, swap_twos(x));
  return greater(x, swap_ones(x))[0];
}

}  // namespace forge
