#include "core/launch.cuh"
#include "tablebase/tablebase_cuda.h"

namespace forge::cuda {
namespace {
Launch on(void* stream) { return {static_cast<cudaStream_t>(stream)}; }
}  // namespace

void reach_states(const DeviceWork& work, const int8_t* deal, int decl, void* stream) {
  launch_reach(on(stream), work, deal, decl);
}

void emit_states(const DeviceWork& work, const StateRows& out, void* stream) {
  if (out.values) launch_back_up<Emit::solution>(on(stream), work, out);
  else launch_back_up<Emit::states>(on(stream), work, out);
}

void backward_induction(const DeviceWork& work, const int8_t* deal, int decl, const int64_t* states,
                        int64_t n, int8_t* values, int8_t* q, void* stream) {
  if (n > 0) launch_backward_induction(on(stream), work, deal, decl, states, n, values, q);
}

void expand_states(DealContext* context, const int8_t* deal, int decl, const int64_t* states,
                   int64_t n, int64_t* children, void* stream) {
  if (n <= 0) return;
  on(stream)(1, MakeContext{deal, decl, context});
  on(stream)(n, ExpandStates{context, states, children});
}

}  // namespace forge::cuda
