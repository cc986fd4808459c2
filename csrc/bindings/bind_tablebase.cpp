#include <string>
#include <tuple>

#include "bindings/common.h"
#include "tablebase/tablebase.h"
#include "tablebase/verify.h"

namespace forge::bindings {
namespace {

Reach reach_at(Address rows, Address counts) { return {at<uint64_t>(rows), at<uint32_t>(counts)}; }

}  // namespace

void bind_tablebase(py::module_& m) {
  m.attr("N_ROWS") = N_ROWS;
  m.attr("N_COUNTS") = N_COUNTS;
  m.attr("N_VALUES") = N_VALUES;

  m.def(
      "reach_states",
      [](Address deal, int decl, Address rows, Address counts, int n_threads) {
        return without_gil(n_threads, [&](const Parallel& how) {
          return cpu::reach_states(context_of(deal, decl), reach_at(rows, counts), how);
        });
      },
      py::arg("deal"), py::arg("decl"), py::arg("rows"), py::arg("counts"), py::arg("n_threads"));
  m.def(
      "emit_states",
      [](Address deal, int decl, Address rows, Address counts, Address level_values, Address states,
         Address values, Address q, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::emit_states(context_of(deal, decl), reach_at(rows, counts), at<int8_t>(level_values),
                           {at<int64_t>(states), at<int8_t>(values), at<int8_t>(q)}, how);
        });
      },
      py::arg("deal"), py::arg("decl"), py::arg("rows"), py::arg("counts"), py::arg("level_values"),
      py::arg("states"), py::arg("values"), py::arg("q"), py::arg("n_threads"));
  m.def(
      "backward_induction",
      [](Address deal, int decl, Address states, int64_t n, Address rows, Address counts,
         Address level_values, Address values, Address q, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::backward_induction(context_of(deal, decl), at<const int64_t>(states), n,
                                  reach_at(rows, counts), at<int8_t>(level_values),
                                  at<int8_t>(values), at<int8_t>(q), how);
        });
      },
      py::arg("deal"), py::arg("decl"), py::arg("states"), py::arg("n"), py::arg("rows"),
      py::arg("counts"), py::arg("level_values"), py::arg("values"), py::arg("q"),
      py::arg("n_threads"));
  m.def(
      "expand_states",
      [](Address deal, int decl, Address states, int64_t n, Address children, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::expand_states(context_of(deal, decl), at<const int64_t>(states), n,
                             at<int64_t>(children), how);
        });
      },
      py::arg("deal"), py::arg("decl"), py::arg("states"), py::arg("n"), py::arg("children"),
      py::arg("n_threads"));
  m.def(
      "verify_tablebase",
      [](Address deal, int decl, Address states, Address values, Address q, int64_t n,
         Address has_parent, int n_threads) {
        const Verdict v = without_gil(n_threads, [&](const Parallel& how) {
          return cpu::verify_tablebase(context_of(deal, decl), at<const int64_t>(states),
                                       at<const int8_t>(values), at<const int8_t>(q), n,
                                       at<uint8_t>(has_parent), how);
        });
        return std::make_tuple(v.n_faults, v.first_row, std::string(describe(v.first_fault)));
      },
      py::arg("deal"), py::arg("decl"), py::arg("states"), py::arg("values"), py::arg("q"),
      py::arg("n"), py::arg("has_parent"), py::arg("n_threads"));
}

}  // namespace forge::bindings
