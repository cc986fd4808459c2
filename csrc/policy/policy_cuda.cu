#include "core/launch.cuh"
#include "policy/kernels.h"
#include "policy/policy_cuda.h"

namespace forge::cuda {

void policy_logits(const SeenBatch& batch, const PolicyWeights& weights, float* logits,
                   void* stream) {
  Launch{static_cast<cudaStream_t>(stream)}(batch.n, PolicyLogits{batch, weights, logits});
}

}  // namespace forge::cuda
