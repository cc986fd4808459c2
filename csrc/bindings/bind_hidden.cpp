#include "bindings/common.h"
#include "decide/hidden_cpu.h"

namespace forge::bindings {

void bind_hidden(py::module_& m) {
  m.def(
      "hidden_dominoes",
      [](const HostHands& hands, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed, const HostStates& keys,
         const Host<const float, N_POLICY_WEIGHTS>& weights, int64_t n_worlds, double uniform,
         int64_t window, const Host<double, ANY, N_HIDDEN, N_DOMINOES>& before,
         const Host<double, ANY, N_HIDDEN, N_DOMINOES>& after, const Host<int64_t, ANY>& counts,
         const Host<int64_t, ANY>& possible, const Host<double, ANY>& effective,
         int n_threads) -> int64_t {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        for (const int64_t rows : {keys.rows(), before.rows(), after.rows(), counts.rows(),
                                   possible.rows(), effective.rows()})
          check_rows("keys or the room for results", rows, batch.n);
        DecideSettings how;
        how.n_worlds = n_worlds;
        how.uniform = uniform;
        how.window = window;
        return without_gil(n_threads, [&](const Parallel& parallel) {
          return cpu::hidden_dominoes(
              batch, keys.data, {weights.data}, how,
              {before.data, after.data, counts.data, possible.data, effective.data}, parallel);
        });
      },
      "Who may hold what, before and after what plays told; the first row that no hidden hands "
      "fit, "
      "or -1.",
      "hands"_a, "decls"_a, "plays"_a, "needed"_a, "keys"_a, "weights"_a, "n_worlds"_a, "uniform"_a,
      "window"_a, "before"_a, "after"_a, "counts"_a, "possible"_a, "effective"_a, "n_threads"_a);
}

}  // namespace forge::bindings
