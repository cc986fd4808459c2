// A batch of positions as the operators take it; a stride of 0 broadcasts one deal or declaration.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace forge {

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
