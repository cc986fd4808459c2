#include "bindings/common.h"
#include "play/play_cpu.h"

namespace forge::bindings {

void bind_play(py::module_& m) {
  m.def("play",
        [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
           Address slots, int64_t n, Address next, Address points, int n_threads) {
          without_gil(n_threads, [&](const Parallel& how) {
            cpu::play({batch_at(deals, deal_stride, decls, decl_stride, states, n),
                       at<const int8_t>(slots), at<int64_t>(next), at<int8_t>(points)},
                      how);
          });
        });
}

}  // namespace forge::bindings
