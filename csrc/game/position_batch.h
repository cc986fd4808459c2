// A batch of positions as the operators take it; a stride of 0 broadcasts one deal or declaration.
#pragma once

#include <cstdint>

#include "game/declaration.h"
#include "game/state.h"

namespace forge {

// Whether int8 [4, 7] holds each domino once.
FORGE_HD inline bool is_deal(const int8_t* deal) {
  uint32_t seen = 0;
  for (int k = 0; k < N_DOMINOES; ++k)
    if (deal[k] >= 0 && deal[k] < N_DOMINOES) seen |= uint32_t{1} << deal[k];
  return seen == 0x0FFFFFFF;
}

// What the border checks on the CPU. Devices cannot refuse without waiting, so they ask row by row.
FORGE_HD inline bool is_sound(const int8_t* deal, int decl, int64_t state) {
  return is_deal(deal) && decl >= 0 && decl < N_DECLARATIONS && !state_error(state);
}

struct PositionBatch {
  const int8_t* deals;    // [B, 4, 7], or [1, 4, 7] when deal_stride is 0
  const int8_t* decls;    // [B], or [1] when decl_stride is 0
  const int64_t* states;  // [B]
  int64_t n;              // B
  int64_t deal_stride, decl_stride;

  FORGE_INLINE const int8_t* deal(int64_t i) const { return deals + i * deal_stride; }
  FORGE_INLINE int decl(int64_t i) const { return decls[i * decl_stride]; }
};

}  // namespace forge
