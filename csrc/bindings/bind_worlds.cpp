#include <string>
#include <utility>

#include "bindings/common.h"
#include "worlds/worlds_cpu.h"

namespace forge::bindings {
namespace {

// (row, reason) of the first row of which `reason_of` says something, or (-1, "").
template <class Reason>
std::pair<int64_t, std::string> first_bad(const ConstraintBatch& batch, const Reason& reason_of) {
  const py::gil_scoped_release release;
  for (int64_t i = 0; i < batch.n; ++i)
    if (const char* reason = reason_of(batch.at(i))) return {i, reason};
  return {-1, ""};
}

}  // namespace

void bind_worlds(py::module_& m) {
  m.attr("SAMPLER_UNIFORM") = static_cast<int>(Sampler::UNIFORM);
  m.attr("SAMPLER_MRV") = static_cast<int>(Sampler::MRV);
  m.def(
      "first_bad_constraints",
      [](Address allowed, Address sizes, int64_t n) {
        return first_bad(constraints_at(allowed, sizes, n), constraints_error);
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("n"));
  m.def(
      "first_without_world",
      [](Address allowed, Address sizes, int64_t n) {
        return first_bad(constraints_at(allowed, sizes, n), no_world_reason);
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("n"));
  m.def(
      "count_worlds",
      [](Address allowed, Address sizes, int64_t n, Address counts, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::count_worlds(constraints_at(allowed, sizes, n), at<int64_t>(counts), how);
        });
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("n"), py::arg("counts"), py::arg("n_threads"));
  m.def(
      "sample_worlds",
      [](Address allowed, Address sizes, Address keys, int64_t n, int64_t n_samples, int sampler,
         Address worlds, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::sample_worlds(constraints_at(allowed, sizes, n), at<const int64_t>(keys), n_samples,
                             static_cast<Sampler>(sampler), at<int32_t>(worlds), how);
        });
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("keys"), py::arg("n"), py::arg("n_samples"),
      py::arg("sampler"), py::arg("worlds"), py::arg("n_threads"));
  m.def(
      "enumerate_worlds",
      [](Address allowed, Address sizes, int64_t start, int64_t n, Address worlds, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::enumerate_worlds(constraints_at(allowed, sizes, 1), start, n, at<int32_t>(worlds),
                                how);
        });
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("start"), py::arg("n"), py::arg("worlds"),
      py::arg("n_threads"));
}

}  // namespace forge::bindings
