#include "bindings/common.h"
#include "play/play_cpu.h"

namespace forge::bindings {

void bind_play(py::module_& m) {
  m.def(
      "play",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         Address slots, int64_t n, Address next, Address points, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::play({batch_at(deals, deal_stride, decls, decl_stride, states, n),
                     at<const int8_t>(slots), at<int64_t>(next), at<int8_t>(points)},
                    how);
        });
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("slots"), py::arg("n"), py::arg("next"), py::arg("points"),
      py::arg("n_threads"));
  m.def(
      "mark_legal_slots",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         int64_t n, Address legal, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::mark_legal_slots(
              {batch_at(deals, deal_stride, decls, decl_stride, states, n), at<bool>(legal)}, how);
        });
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("n"), py::arg("legal"), py::arg("n_threads"));
}

}  // namespace forge::bindings
