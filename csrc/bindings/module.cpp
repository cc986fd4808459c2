// The native module: a table of contents.
#include "bindings/common.h"

PYBIND11_MODULE(_native, m) {
  using namespace forge::bindings;
  m.doc() =
      "The native core (csrc). forge.ops has the same for tensors, with errors that name the "
      "cause.";
  bind_build(m);
  bind_arrays(m);
  bind_memory(m);
  bind_rules(m);
  bind_tablebase(m);
  bind_search(m);
  bind_worlds(m);
  bind_tokens(m);
  bind_play(m);
  bind_policy(m);
  bind_decide(m);
  bind_estimate(m);
  bind_hidden(m);
  bind_play_out(m);
  bind_world_values(m);
#if defined(FORGE_WITH_CUDA)
  bind_cuda(m);
#endif
}
