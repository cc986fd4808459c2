#include <pybind11/typing.h>

#include "bindings/common.h"
#include "search/search_cpu.h"

namespace forge::bindings {
namespace {

using Row = std::array<int8_t, N_SLOTS>;
template <class T>
using Slots = py::typing::Tuple<py::typing::Optional<T>, py::ellipsis>;

// None where the slot is not legal.
Slots<py::int_> values_of(const Row& q) {
  py::tuple out(N_SLOTS);
  for (size_t slot = 0; slot < N_SLOTS; ++slot)
    out[slot] = q[slot] == ILLEGAL ? py::object(py::none()) : py::object(py::int_(q[slot]));
  return Slots<py::int_>(out);
}

Slots<py::bool_> answers_of(const Row& at_least) {
  py::tuple out(N_SLOTS);
  for (size_t slot = 0; slot < N_SLOTS; ++slot)
    out[slot] =
        at_least[slot] < 0 ? py::object(py::none()) : py::object(py::bool_(at_least[slot] != 0));
  return Slots<py::bool_>(out);
}

// Arguments that questions about slots and about positions share.
struct Targets {
  const int8_t* data;
  int64_t stride;
};

Targets targets_of(const HostSmall& targets, int64_t n) {
  return {targets.data, stride_of("targets", targets.rows(), n, 1)};
}

void bind_batches(py::module_& m) {
  m.def(
      "search",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states,
         const Host<int8_t, ANY, N_SLOTS>& q, cpu::SearchMemories& memories, int n_threads) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("q", q.rows(), batch.n);
        without_gil(n_threads,
                    [&](const Parallel& how) { cpu::search(batch, q.data, memories, how); });
      },
      "The exact q of every slot, team-0 frame; -128 where the slot is not legal.", "deals"_a,
      "decls"_a, "states"_a, "q"_a, "memories"_a, "n_threads"_a);
  m.def(
      "search_at_least",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states,
         const HostSmall& targets, const Host<int8_t, ANY, N_SLOTS>& out,
         cpu::SearchMemories& memories, int n_threads) {
        const PositionBatch batch = batch_of(deals, decls, states);
        const Targets t = targets_of(targets, batch.n);
        check_rows("out", out.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::search_at_least(batch, t.data, t.stride, out.data, memories, how);
        });
      },
      "Whether the value after every slot is at least the target, team-0 frame: 1, 0, or -1 where "
      "the slot is not legal.",
      "deals"_a, "decls"_a, "states"_a, "targets"_a, "out"_a, "memories"_a, "n_threads"_a);
  m.def(
      "search_value",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states,
         const Host<int8_t, ANY>& values, cpu::SearchMemories& memories, int n_threads) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("values", values.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::search_value(batch, values.data, memories, how);
        });
      },
      "The exact value-to-go, team-0 frame; 0 where the hand is over.", "deals"_a, "decls"_a,
      "states"_a, "values"_a, "memories"_a, "n_threads"_a);
  m.def(
      "search_made",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states,
         const HostSmall& targets, const Host<int8_t, ANY>& made, cpu::SearchMemories& memories,
         int n_threads) {
        const PositionBatch batch = batch_of(deals, decls, states);
        const Targets t = targets_of(targets, batch.n);
        check_rows("made", made.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::search_made(batch, t.data, t.stride, made.data, memories, how);
        });
      },
      "Whether the value is at least the target, team-0 frame: 1 or 0.", "deals"_a, "decls"_a,
      "states"_a, "targets"_a, "made"_a, "memories"_a, "n_threads"_a);
}

}  // namespace

void bind_search(py::module_& m) {
  py::class_<cpu::SearchMemories>(
      m, "SearchMemories", "A memory for each thread of a call; not for two calls at a time.")
      .def(py::init<>());
  bind_batches(m);
  py::class_<cpu::SearchMemory>(m, "SearchMemory",
                                "What one search learns; the next of the same hand is faster.")
      .def(py::init<>())
      .def(
          "search",
          [](cpu::SearchMemory& memory, const HostDeal& deal, int decl, int64_t state) {
            check_decl(decl);
            Row q;
            {
              const py::gil_scoped_release release;
              cpu::search_warm(memory, deal.data, decl, state, q.data());
            }
            return values_of(q);
          },
          "The exact value after each slot, team-0 frame, None where the slot is not legal.",
          "deal"_a, "decl"_a, "state"_a)
      .def(
          "search_at_least",
          [](cpu::SearchMemory& memory, const HostDeal& deal, int decl, int64_t state, int target) {
            check_decl(decl);
            Row out;
            {
              const py::gil_scoped_release release;
              cpu::search_at_least_warm(memory, deal.data, decl, state, target, out.data());
            }
            return answers_of(out);
          },
          "Whether the value after each slot is at least the target, team-0 frame, None where the "
          "slot is not legal.",
          "deal"_a, "decl"_a, "state"_a, "target"_a);
}

}  // namespace forge::bindings
