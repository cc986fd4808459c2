// The native module: a table of contents.
#include "bindings/common.h"

PYBIND11_MODULE(_native, m) {
  using namespace forge::bindings;
  m.doc() = "Crystal Forge native core. Buffers are passed as addresses; use forge.ops instead.";
  bind_build(m);
  bind_memory(m);
  bind_rules(m);
  bind_tablebase(m);
  bind_search(m);
  bind_worlds(m);
  bind_tokens(m);
  bind_play(m);
#if defined(FORGE_WITH_CUDA)
  bind_cuda(m);
#endif
}
