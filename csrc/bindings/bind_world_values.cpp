#include "bindings/common.h"
#include "decide/world_values_cpu.h"

namespace forge::bindings {

void bind_world_values(py::module_& m) {
  m.def(
      "world_values",
      [](const HostHands& hands, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed, const Host<const int32_t, ANY, N_HIDDEN>& worlds,
         const Host<int8_t, ANY, N_SLOTS>& q, cpu::SearchMemories& memories,
         int n_threads) -> int64_t {
        const SeenBatch one = seen_of(hands, decls, plays, needed);
        check_rows("hands", one.n, 1);
        check_rows("q", q.rows(), worlds.rows());
        return without_gil(n_threads, [&](const Parallel& how) {
          return cpu::world_values(one, worlds.data, worlds.rows(), q.data, memories, how);
        });
      },
      "Values every slot of one row in each world; the first world that does not fit, or -1.",
      "hands"_a, "decls"_a, "plays"_a, "needed"_a, "worlds"_a, "q"_a, "memories"_a, "n_threads"_a);
}

}  // namespace forge::bindings
