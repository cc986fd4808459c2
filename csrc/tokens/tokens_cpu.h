#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "game/position_batch.h"

namespace forge::cpu {

// tokens: int8 [N, 32, 12], masks: int8 [N, 32]
void tokenize_states(const PositionBatch& batch, int8_t* tokens, int8_t* masks,
                     const Parallel& how);

}  // namespace forge::cpu
