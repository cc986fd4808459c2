// What every binding needs: arrays from Python, threads without the GIL, Ctrl+C.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>

#include "bindings/arrays.h"
#include "core/parallel.h"
#include "game/deal_context.h"
#include "game/position_batch.h"
#include "policy/network.h"
#include "policy/seen_hand.h"
#include "worlds/constraints.h"

namespace forge::bindings {

using namespace pybind11::literals;

// The same for arrays of the host and of a device. A batch of one deal or declaration broadcasts.
using DealView = View<const int8_t, N_SEATS, N_SLOTS>;
using DealsView = View<const int8_t, ANY, N_SEATS, N_SLOTS>;
using SmallView = View<const int8_t, ANY>;
using StatesView = View<const int64_t, ANY>;

using HostDeal = Host<const int8_t, N_SEATS, N_SLOTS>;
using HostDeals = Host<const int8_t, ANY, N_SEATS, N_SLOTS>;
using HostSmall = Host<const int8_t, ANY>;  // declarations, targets, slots: [B]
using HostStates = Host<const int64_t, ANY>;

// True when Python has a signal to raise; takes the GIL for a moment.
inline bool python_interrupted() {
  const py::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

// Runs work(Parallel) without the GIL; Ctrl+C raises KeyboardInterrupt.
template <class Work>
auto without_gil(int n_threads, const Work& work) {
  try {
    const py::gil_scoped_release release;
    return work(Parallel{n_threads, python_interrupted});
  } catch (const Interrupted&) {
    throw py::error_already_set();
  }
}

// Raises ValueError unless an argument has as many rows as the batch.
inline void check_rows(const char* name, int64_t rows, int64_t n) {
  if (rows != n)
    throw py::value_error(std::string(name) + " has " + std::to_string(rows) + " rows, the batch " +
                          std::to_string(n));
}

// The stride of an argument that has a row for each of the batch, or one for all.
inline int64_t stride_of(const char* name, int64_t rows, int64_t n, int64_t row_size) {
  if (rows != 1) check_rows(name, rows, n);
  return rows == 1 ? 0 : row_size;
}

inline void check_decl(int decl) {
  if (decl < 0 || decl >= N_DECLARATIONS)
    throw py::value_error("decl must be 0..9, got " + std::to_string(decl));
}

inline DealContext context_of(const DealView& deal, int decl) {
  check_decl(decl);
  return make_deal_context(deal.data, decl);
}

inline PositionBatch batch_of(const DealsView& deals, const SmallView& decls,
                              const StatesView& states) {
  const int64_t n = states.rows();
  return {deals.data,
          decls.data,
          states.data,
          n,
          stride_of("deals", deals.rows(), n, N_DOMINOES),
          stride_of("decls", decls.rows(), n, 1)};
}

inline ConstraintBatch constraints_of(const View<const int32_t, ANY, N_HIDDEN>& allowed,
                                      const View<const int8_t, ANY, N_HIDDEN>& sizes) {
  check_rows("sizes", sizes.rows(), allowed.rows());
  return {allowed.data, sizes.data, allowed.rows()};
}

using HostHands = Host<const int8_t, ANY, N_SLOTS>;
using HostPlays = Host<const int8_t, ANY, N_PLAYS>;

inline SeenBatch seen_of(const View<const int8_t, ANY, N_SLOTS>& hands, const SmallView& decls,
                         const View<const int8_t, ANY, N_PLAYS>& plays, const SmallView& needed) {
  const int64_t n = hands.rows();
  check_rows("decls", decls.rows(), n);
  check_rows("plays", plays.rows(), n);
  check_rows("needed", needed.rows(), n);
  return {hands.data, decls.data, plays.data, needed.data, n};
}

// None: no policy.
using OptionalWeights = std::optional<Host<const float, N_POLICY_WEIGHTS>>;

void bind_arrays(py::module_& m);
void bind_rules(py::module_& m);
void bind_tablebase(py::module_& m);
void bind_search(py::module_& m);
void bind_tokens(py::module_& m);
void bind_worlds(py::module_& m);
void bind_play(py::module_& m);
void bind_policy(py::module_& m);
void bind_decide(py::module_& m);
void bind_estimate(py::module_& m);
void bind_hidden(py::module_& m);
void bind_play_out(py::module_& m);
void bind_world_values(py::module_& m);
void bind_build(py::module_& m);
void bind_memory(py::module_& m);
#if defined(FORGE_WITH_CUDA)
void bind_cuda(py::module_& m);
#endif

}  // namespace forge::bindings
