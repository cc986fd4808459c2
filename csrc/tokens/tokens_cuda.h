#pragma once

#include "game/position_batch.h"

namespace forge::cuda {

void tokenize_states(const PositionBatch& batch, int8_t* tokens, int8_t* masks, void* stream);

}  // namespace forge::cuda
