#include "bindings/common.h"
#include "decide/decide_cpu.h"

namespace forge::bindings {
void bind_decide(py::module_& m) {
  py::class_<DecideSettings>(m, "DecideSettings", "How a decision is made, see decide/settings.h.")
      .def(py::init([](int64_t n_worlds, int64_t pool, double rollouts, double uniform, bool weigh,
                       bool for_points, bool race, int64_t window, double prior) {
             return DecideSettings{n_worlds,   pool, rollouts, uniform, weigh,
                                   for_points, race, window,   prior};
           }),
           "n_worlds"_a, "pool"_a, "rollouts"_a, "uniform"_a, "weigh"_a, "for_points"_a, "race"_a,
           "window"_a, "prior"_a)
      .def_readonly("n_worlds", &DecideSettings::n_worlds, "Judged by.");
  m.def(
      "decide",
      [](const HostHands& hands, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed, const HostStates& keys, const OptionalWeights& weights,
         const DecideSettings& settings, const Host<int8_t, ANY>& slots,
         const Host<double, ANY, N_SLOTS>& chances, const Host<double, ANY, N_SLOTS>& points,
         const Host<int64_t, ANY>& n_worlds, const Host<double, ANY>& effective,
         int n_threads) -> int64_t {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        check_rows("keys", keys.rows(), batch.n);
        for (const int64_t rows :
             {slots.rows(), chances.rows(), points.rows(), n_worlds.rows(), effective.rows()})
          check_rows("the room for results", rows, batch.n);
        return without_gil(n_threads, [&](const Parallel& how) {
          const Decisions out{slots.data, chances.data, points.data, n_worlds.data, effective.data};
          return cpu::decide({batch, keys.data, {weights ? weights->data : nullptr}, settings, out},
                             how);
        });
      },
      "Chooses a slot of each row; the first row that no hidden hands fit, or -1.", "hands"_a,
      "decls"_a, "plays"_a, "needed"_a, "keys"_a, "weights"_a, "settings"_a, "slots"_a, "chances"_a,
      "points"_a, "n_worlds"_a, "effective"_a, "n_threads"_a);
}

}  // namespace forge::bindings
