#pragma once

#include <cstdint>

#include "core/parallel.h"

namespace forge::cpu {

struct TokenBatch {
  const int8_t* deals;    // [N, 4, 7], or [1, 4, 7] when deal_stride is 0
  const int8_t* decls;    // [N], or [1] when decl_stride is 0
  const int64_t* states;  // [N]
  int64_t n;
  int64_t deal_stride, decl_stride;
};

// tokens: int8 [N, 32, 12], masks: int8 [N, 32]
void tokenize_states(const TokenBatch& batch, int8_t* tokens, int8_t* masks, const Parallel& how);

}  // namespace forge::cpu
