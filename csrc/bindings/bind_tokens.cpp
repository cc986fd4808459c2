#include "bindings/common.h"
#include "tokens/tokens_cpu.h"

namespace forge::bindings {

void bind_tokens(py::module_& m) {
  m.def(
      "tokenize_states",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         int64_t n, Address tokens, Address masks, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::tokenize_states(batch_at(deals, deal_stride, decls, decl_stride, states, n),
                               at<int8_t>(tokens), at<int8_t>(masks), how);
        });
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("n"), py::arg("tokens"), py::arg("masks"), py::arg("n_threads"));
}

}  // namespace forge::bindings
