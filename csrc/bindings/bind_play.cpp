#include "bindings/common.h"
#include "play/play_cpu.h"

namespace forge::bindings {

void bind_play(py::module_& m) {
  m.def(
      "play",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states,
         const HostSmall& slots, const Host<int64_t, ANY>& next, const Host<int8_t, ANY>& points,
         int n_threads) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("slots", slots.rows(), batch.n);
        check_rows("next", next.rows(), batch.n);
        check_rows("points", points.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::play({batch, slots.data, next.data, points.data}, how);
        });
      },
      "One play of each hand; next is -1 where the slot is not legal. Points in the team-0 frame.",
      "deals"_a, "decls"_a, "states"_a, "slots"_a, "next"_a, "points"_a, "n_threads"_a);
  m.def(
      "mark_legal_slots",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states,
         const Host<bool, ANY, N_SLOTS>& legal, int n_threads) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("legal", legal.rows(), batch.n);
        without_gil(n_threads,
                    [&](const Parallel& how) { cpu::mark_legal_slots({batch, legal.data}, how); });
      },
      "Which slots the seat to act may play.", "deals"_a, "decls"_a, "states"_a, "legal"_a,
      "n_threads"_a);
}

}  // namespace forge::bindings
