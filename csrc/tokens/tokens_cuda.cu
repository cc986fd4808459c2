#include "core/launch.cuh"
#include "tokens/kernels.h"
#include "tokens/tokens_cuda.h"

namespace forge::cuda {

void tokenize_states(const PositionBatch& batch, int8_t* tokens, int8_t* masks, void* stream) {
  Launch{static_cast<cudaStream_t>(stream)}(batch.n * N_TOKENS, MakeTokens{batch, tokens, masks});
}

}  // namespace forge::cuda
