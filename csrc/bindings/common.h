// What every binding needs: addresses from Python, threads without the GIL, Ctrl+C.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

#include "core/parallel.h"
#include "game/deal_context.h"
#include "game/position_batch.h"
#include "worlds/constraints.h"

namespace forge::bindings {

namespace py = pybind11;

// Buffers come as addresses (torch's data_ptr()): the module needs no torch headers, and Python has
// checked shapes, types and devices before.
using Address = std::uintptr_t;

template <class T>
T* at(Address address) {
  return reinterpret_cast<T*>(address);
}

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

inline DealContext context_of(Address deal, int decl) {
  return make_deal_context(at<const int8_t>(deal), decl);
}

inline PositionBatch batch_at(Address deals, int64_t deal_stride, Address decls,
                              int64_t decl_stride, Address states, int64_t n) {
  return {at<const int8_t>(deals),
          at<const int8_t>(decls),
          at<const int64_t>(states),
          n,
          deal_stride,
          decl_stride};
}

inline ConstraintBatch constraints_at(Address allowed, Address sizes, int64_t n) {
  return {at<const int32_t>(allowed), at<const int8_t>(sizes), n};
}

void bind_rules(py::module_& m);
void bind_tablebase(py::module_& m);
void bind_search(py::module_& m);
void bind_tokens(py::module_& m);
void bind_worlds(py::module_& m);
void bind_play(py::module_& m);
void bind_build(py::module_& m);
void bind_memory(py::module_& m);
#if defined(FORGE_WITH_CUDA)
void bind_cuda(py::module_& m);
#endif

}  // namespace forge::bindings
