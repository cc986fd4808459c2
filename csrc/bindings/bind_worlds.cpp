#include <string>
#include <utility>

#include "bindings/common.h"
#include "worlds/worlds_cpu.h"

namespace forge::bindings {
namespace {

using HostAllowed = Host<const int32_t, ANY, N_HIDDEN>;
using HostSizes = Host<const int8_t, ANY, N_HIDDEN>;

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
  py::enum_<Sampler>(m, "Sampler", "How a world is drawn, see forge.ops.sample_worlds.")
      .value("UNIFORM", Sampler::UNIFORM)
      .value("MRV", Sampler::MRV);
  m.def(
      "first_bad_constraints",
      [](const HostAllowed& allowed, const HostSizes& sizes) {
        return first_bad(constraints_of(allowed, sizes), constraints_error);
      },
      "The first row that is no question and why, or -1.", "allowed"_a, "sizes"_a);
  m.def(
      "first_without_world",
      [](const HostAllowed& allowed, const HostSizes& sizes) {
        return first_bad(constraints_of(allowed, sizes), no_world_reason);
      },
      "The first row that no world answers and why, or -1.", "allowed"_a, "sizes"_a);
  m.def(
      "count_worlds",
      [](const HostAllowed& allowed, const HostSizes& sizes, const Host<int64_t, ANY>& counts,
         int n_threads) {
        const ConstraintBatch batch = constraints_of(allowed, sizes);
        check_rows("counts", counts.rows(), batch.n);
        without_gil(n_threads,
                    [&](const Parallel& how) { cpu::count_worlds(batch, counts.data, how); });
      },
      "How many worlds there are.", "allowed"_a, "sizes"_a, "counts"_a, "n_threads"_a);
  m.def(
      "sample_worlds",
      [](const HostAllowed& allowed, const HostSizes& sizes, const HostStates& keys,
         Sampler sampler, const Host<int32_t, ANY, ANY, N_HIDDEN>& worlds, int n_threads) {
        const ConstraintBatch batch = constraints_of(allowed, sizes);
        check_rows("keys", keys.rows(), batch.n);
        check_rows("worlds", worlds.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::sample_worlds(batch, keys.data, worlds.shape[1], sampler, worlds.data, how);
        });
      },
      "Random worlds, as many of each row as `worlds` has room for.", "allowed"_a, "sizes"_a,
      "keys"_a, "sampler"_a, "worlds"_a, "n_threads"_a);
  m.def(
      "enumerate_worlds",
      [](const Host<const int32_t, N_HIDDEN>& allowed, const Host<const int8_t, N_HIDDEN>& sizes,
         int64_t start, const Host<int32_t, ANY, N_HIDDEN>& worlds, int n_threads) {
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::enumerate_worlds({allowed.data, sizes.data, 1}, start, worlds.rows(), worlds.data,
                                how);
        });
      },
      "The worlds from number `start` on.", "allowed"_a, "sizes"_a, "start"_a, "worlds"_a,
      "n_threads"_a);
}

}  // namespace forge::bindings
