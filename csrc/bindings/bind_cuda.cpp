#include <algorithm>
#include <optional>

#include "bindings/on_device.h"
#include "play/play_cuda.h"
#include "policy/policy_cuda.h"
#include "search/search_cuda.h"
#include "tablebase/tablebase_cuda.h"
#include "tokens/token.h"
#include "tokens/tokens_cuda.h"
#include "worlds/worlds_cuda.h"

namespace forge::bindings {
namespace {

// `with_offsets`: the row offsets that emitting states takes, 336 MB of the 354.
DeviceWork cut(std::uintptr_t base, bool with_offsets, int64_t* n_bytes) {
  WorkLayout layout;
  DeviceWork work;
  work.context = layout.part<DealContext>(base, 1);
  work.rows = layout.part<uint64_t>(base, N_ROWS);
  work.counts = layout.part<uint32_t>(base, N_COUNTS);
  work.group_totals = layout.part<int64_t>(base, 4 * N_GROUPS);
  work.n_states = layout.part<int64_t>(base, 1);
  work.level_values = layout.part<int8_t>(base, N_VALUES);
  work.row_offsets = layout.part<uint16_t>(base, with_offsets ? N_ROWS * N_GROUPS : 0);
  *n_bytes = layout.n_bytes;
  return work;
}

// Bytes of scratch of one tablebase, as work_bytes(with_offsets) says.
DeviceWork work_in(const Device<uint8_t, ANY>& work, bool with_offsets) {
  int64_t n_bytes;
  const DeviceWork parts = cut(reinterpret_cast<std::uintptr_t>(work.data), with_offsets, &n_bytes);
  check_work(work.rows(), n_bytes);
  return parts;
}

void bind_tablebase_on_device(py::module_& c) {
  c.attr("CONTEXT_BYTES") = sizeof(DealContext);
  c.def(
      "work_bytes",
      [](bool with_offsets) {
        int64_t n_bytes;
        cut(0, with_offsets, &n_bytes);
        return n_bytes;
      },
      "Bytes of scratch of one tablebase.", "with_offsets"_a);
  c.def(
      "n_states_offset",
      [] {
        int64_t n_bytes;
        return reinterpret_cast<std::uintptr_t>(cut(0, true, &n_bytes).n_states);
      },
      "Byte offset of the int64 number of states within the scratch.");
  c.def(
      "reach_states",
      [](const Device<uint8_t, ANY>& work, const DeviceDeal& deal, int decl, Stream stream) {
        check_decl(decl);
        const DeviceWork parts = work_in(work, true);
        const py::gil_scoped_release release;
        cuda::reach_states(parts, deal.data, decl, stream.get());
      },
      "Marks the states that can be reached and counts them.", "work"_a, "deal"_a, "decl"_a,
      "stream"_a);
  c.def(
      "emit_states",
      [](const Device<uint8_t, ANY>& work, const Device<int64_t, ANY>& states, Stream stream) {
        const DeviceWork parts = work_in(work, true);
        const py::gil_scoped_release release;
        cuda::emit_states(parts, {states.data, nullptr, nullptr}, stream.get());
      },
      "After `reach_states`: all states, ascending.", "work"_a, "states"_a, "stream"_a);
  c.def(
      "emit_solution",
      [](const Device<uint8_t, ANY>& work, const Device<int64_t, ANY>& states,
         const Device<int8_t, ANY>& values, const Device<int8_t, ANY, N_SLOTS>& q, Stream stream) {
        check_rows("values", values.rows(), states.rows());
        check_rows("q", q.rows(), states.rows());
        const DeviceWork parts = work_in(work, true);
        const py::gil_scoped_release release;
        cuda::emit_states(parts, {states.data, values.data, q.data}, stream.get());
      },
      "After `reach_states`: all states, ascending, with V and q in the team-0 frame.", "work"_a,
      "states"_a, "values"_a, "q"_a, "stream"_a);
  c.def(
      "backward_induction",
      [](const Device<uint8_t, ANY>& work, const DeviceDeal& deal, int decl,
         const DeviceStates& states, const Device<int8_t, ANY>& values,
         const Device<int8_t, ANY, N_SLOTS>& q, Stream stream) {
        check_decl(decl);
        check_rows("values", values.rows(), states.rows());
        check_rows("q", q.rows(), states.rows());
        const DeviceWork parts = work_in(work, false);
        const py::gil_scoped_release release;
        cuda::backward_induction(parts, deal.data, decl, states.data, states.rows(), values.data,
                                 q.data, stream.get());
      },
      "V and q of any states of the deal, team-0 frame.", "work"_a, "deal"_a, "decl"_a, "states"_a,
      "values"_a, "q"_a, "stream"_a);
  c.def(
      "expand_states",
      [](const Device<uint8_t, static_cast<int64_t>(sizeof(DealContext))>& context,
         const DeviceDeal& deal, int decl, const DeviceStates& states,
         const Device<int64_t, ANY, N_SLOTS>& children, Stream stream) {
        check_decl(decl);
        check_rows("children", children.rows(), states.rows());
        const py::gil_scoped_release release;
        cuda::expand_states(reinterpret_cast<DealContext*>(context.data), deal.data, decl,
                            states.data, states.rows(), children.data, stream.get());
      },
      "The state after every slot, -1 where the slot is not legal.", "context"_a, "deal"_a,
      "decl"_a, "states"_a, "children"_a, "stream"_a);
}

void bind_positions_on_device(py::module_& c) {
  c.def(
      "search",
      [](const DeviceDeals& deals, const DeviceSmall& decls, const DeviceStates& states,
         const std::optional<DeviceSmall>& targets, const Device<int8_t, ANY, ANY>& out,
         int slots_per_item, const Device<int64_t, 1>& queue,
         const Device<int64_t, ANY, ANY>& entries, Stream stream) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("out", out.rows(), batch.n);
        const auto width = static_cast<int>(out.shape[1]);
        if ((width != 1 && width != N_SLOTS) || (slots_per_item != 1 && slots_per_item != width))
          throw py::value_error("out must be [*, 7] or [*, 1], slots_per_item 1 or as many");
        const SearchJob job{batch,
                            targets ? targets->data : nullptr,
                            targets ? stride_of("targets", targets->rows(), batch.n, 1) : 0,
                            out.data,
                            slots_per_item,
                            queue.data,
                            width};
        const int log2_size = log2_of(entries.shape[1]);
        const py::gil_scoped_release release;
        cuda::search(job, {reinterpret_cast<TableEntry*>(entries.data), log2_size}, entries.rows(),
                     stream.get());
      },
      "About every slot (out [*, 7]) or about the position (out [*, 1]): the exact value, or with "
      "targets whether it is at least the target. A lane for each row of entries.",
      "deals"_a, "decls"_a, "states"_a, "targets"_a, "out"_a, "slots_per_item"_a, "queue"_a,
      "entries"_a, "stream"_a);
  c.def(
      "tokenize_states",
      [](const DeviceDeals& deals, const DeviceSmall& decls, const DeviceStates& states,
         const Device<int8_t, ANY, N_TOKENS, N_FEATURES>& tokens,
         const Device<int8_t, ANY, N_TOKENS>& masks, Stream stream) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("tokens", tokens.rows(), batch.n);
        check_rows("masks", masks.rows(), batch.n);
        const py::gil_scoped_release release;
        cuda::tokenize_states(batch, tokens.data, masks.data, stream.get());
      },
      "The Stage 1 input of a network.", "deals"_a, "decls"_a, "states"_a, "tokens"_a, "masks"_a,
      "stream"_a);
  c.def(
      "play",
      [](const DeviceDeals& deals, const DeviceSmall& decls, const DeviceStates& states,
         const DeviceSmall& slots, const Device<int64_t, ANY>& next,
         const Device<int8_t, ANY>& points, Stream stream) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("slots", slots.rows(), batch.n);
        check_rows("next", next.rows(), batch.n);
        check_rows("points", points.rows(), batch.n);
        const py::gil_scoped_release release;
        cuda::play({batch, slots.data, next.data, points.data}, stream.get());
      },
      "One play of each hand; next is -1 where the slot is not legal. Points in the team-0 frame.",
      "deals"_a, "decls"_a, "states"_a, "slots"_a, "next"_a, "points"_a, "stream"_a);
  c.def(
      "policy_logits",
      [](const Device<const int8_t, ANY, N_SLOTS>& hands, const DeviceSmall& decls,
         const Device<const int8_t, ANY, N_PLAYS>& plays, const DeviceSmall& needed,
         const Device<const float, N_POLICY_WEIGHTS>& weights,
         const Device<float, ANY, N_SLOTS>& logits, Stream stream) {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        check_rows("logits", logits.rows(), batch.n);
        const py::gil_scoped_release release;
        cuda::policy_logits(batch, {weights.data}, logits.data, stream.get());
      },
      "A number for each legal slot, -inf for the others; nan where nothing can be seen so.",
      "hands"_a, "decls"_a, "plays"_a, "needed"_a, "weights"_a, "logits"_a, "stream"_a);
  c.def(
      "mark_legal_slots",
      [](const DeviceDeals& deals, const DeviceSmall& decls, const DeviceStates& states,
         const Device<bool, ANY, N_SLOTS>& legal, Stream stream) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("legal", legal.rows(), batch.n);
        const py::gil_scoped_release release;
        cuda::mark_legal_slots({batch, legal.data}, stream.get());
      },
      "Which slots the seat to act may play.", "deals"_a, "decls"_a, "states"_a, "legal"_a,
      "stream"_a);
}

void bind_worlds_on_device(py::module_& c) {
  c.attr("WORLD_TABLE_BYTES") = sizeof(WorldTable);
  c.def(
      "count_worlds",
      [](const DeviceAllowed& allowed, const DeviceSizes& sizes, const Device<int64_t, ANY>& counts,
         Stream stream) {
        const ConstraintBatch batch = constraints_of(allowed, sizes);
        check_rows("counts", counts.rows(), batch.n);
        const py::gil_scoped_release release;
        cuda::count_worlds(batch, counts.data, stream.get());
      },
      "How many worlds there are.", "allowed"_a, "sizes"_a, "counts"_a, "stream"_a);
  c.def(
      "sample_uniform",
      [](const DeviceAllowed& allowed, const DeviceSizes& sizes, const DeviceStates& keys,
         const DeviceTables& tables, const Device<int32_t, ANY, ANY, N_HIDDEN>& worlds,
         Stream stream) {
        const ConstraintBatch batch = constraints_of(allowed, sizes);
        check_rows("keys", keys.rows(), batch.n);
        check_rows("worlds", worlds.rows(), batch.n);
        if (tables.rows() < 1) throw py::value_error("tables must have a row");
        const py::gil_scoped_release release;
        cuda::sample_uniform(batch, keys.data, worlds.shape[1],
                             reinterpret_cast<WorldTable*>(tables.data), tables.rows(), worlds.data,
                             stream.get());
      },
      "Random worlds, all equally likely, as many of each row as `worlds` has room for.",
      "allowed"_a, "sizes"_a, "keys"_a, "tables"_a, "worlds"_a, "stream"_a);
  c.def(
      "sample_mrv",
      [](const DeviceAllowed& allowed, const DeviceSizes& sizes, const DeviceStates& keys,
         const Device<int32_t, ANY, ANY, N_HIDDEN>& worlds, Stream stream) {
        const ConstraintBatch batch = constraints_of(allowed, sizes);
        check_rows("keys", keys.rows(), batch.n);
        check_rows("worlds", worlds.rows(), batch.n);
        const py::gil_scoped_release release;
        cuda::sample_mrv(batch, keys.data, worlds.shape[1], worlds.data, stream.get());
      },
      "Random worlds, the most constrained domino first, as many of each row as `worlds` has room "
      "for.",
      "allowed"_a, "sizes"_a, "keys"_a, "worlds"_a, "stream"_a);
  c.def(
      "enumerate_worlds",
      [](const Device<const int32_t, N_HIDDEN>& allowed,
         const Device<const int8_t, N_HIDDEN>& sizes, int64_t start, const DeviceTables& table,
         const Device<int32_t, ANY, N_HIDDEN>& worlds, Stream stream) {
        check_rows("table", table.rows(), 1);
        const py::gil_scoped_release release;
        cuda::enumerate_worlds({allowed.data, sizes.data, 1}, start, worlds.rows(),
                               reinterpret_cast<WorldTable*>(table.data), worlds.data,
                               stream.get());
      },
      "The worlds from number `start` on.", "allowed"_a, "sizes"_a, "start"_a, "table"_a,
      "worlds"_a, "stream"_a);
}

}  // namespace

void bind_cuda(py::module_& m) {
  py::module_ c = m.def_submodule("cuda", "Launches on a stream; nothing waits for the device.");
  py::class_<Stream>(c, "Stream", "A stream of the device, by its address.")
      .def(py::init<std::uintptr_t>(), "address"_a);
  bind_tablebase_on_device(c);
  bind_positions_on_device(c);
  bind_worlds_on_device(c);
  bind_decisions_on_device(c);
}

}  // namespace forge::bindings
