#include "bindings/common.h"
#include "search/search_cpu.h"

namespace forge::bindings {
void bind_search(py::module_& m) {
  py::class_<cpu::SearchMemories>(m, "SearchMemories").def(py::init<>());
  m.def(
      "search",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         int64_t n, Address q, cpu::SearchMemories& memories, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::search(batch_at(deals, deal_stride, decls, decl_stride, states, n), at<int8_t>(q),
                      memories, how);
        });
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("n"), py::arg("q"), py::arg("memories"), py::arg("n_threads"));
  m.def(
      "search_at_least",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         Address targets, int64_t target_stride, int64_t n, Address out,
         cpu::SearchMemories& memories, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::search_at_least(batch_at(deals, deal_stride, decls, decl_stride, states, n),
                               at<const int8_t>(targets), target_stride, at<int8_t>(out), memories,
                               how);
        });
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("targets"), py::arg("target_stride"), py::arg("n"), py::arg("out"),
      py::arg("memories"), py::arg("n_threads"));
  m.def(
      "search_value",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         int64_t n, Address values, cpu::SearchMemories& memories, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::search_value(batch_at(deals, deal_stride, decls, decl_stride, states, n),
                            at<int8_t>(values), memories, how);
        });
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("n"), py::arg("values"), py::arg("memories"),
      py::arg("n_threads"));
  m.def(
      "search_made",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         Address targets, int64_t target_stride, int64_t n, Address made,
         cpu::SearchMemories& memories, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::search_made(batch_at(deals, deal_stride, decls, decl_stride, states, n),
                           at<const int8_t>(targets), target_stride, at<int8_t>(made), memories,
                           how);
        });
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("targets"), py::arg("target_stride"), py::arg("n"),
      py::arg("made"), py::arg("memories"), py::arg("n_threads"));
  py::class_<cpu::SearchMemory>(m, "SearchMemory")
      .def(py::init<>())
      .def(
          "search",
          [](cpu::SearchMemory& memory, Address deal, int decl, int64_t state, Address q) {
            const py::gil_scoped_release release;
            cpu::search_warm(memory, at<const int8_t>(deal), decl, state, at<int8_t>(q));
          },
          py::arg("deal"), py::arg("decl"), py::arg("state"), py::arg("q"))
      .def(
          "search_at_least",
          [](cpu::SearchMemory& memory, Address deal, int decl, int64_t state, int target,
             Address out) {
            const py::gil_scoped_release release;
            cpu::search_at_least_warm(memory, at<const int8_t>(deal), decl, state, target,
                                      at<int8_t>(out));
          },
          py::arg("deal"), py::arg("decl"), py::arg("state"), py::arg("target"), py::arg("out"));
}

}  // namespace forge::bindings
