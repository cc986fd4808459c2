#include "bindings/common.h"
#include "play/play_cuda.h"
#include "search/search_cuda.h"
#include "tablebase/tablebase_cuda.h"
#include "tokens/tokens_cuda.h"
#include "worlds/worlds_cuda.h"

namespace forge::bindings {
namespace {

// One block of device memory, cut up: every part begins at a multiple of 256 bytes.
struct WorkLayout {
  int64_t n_bytes = 0;
  int64_t add(int64_t bytes) {
    const int64_t start = n_bytes;
    n_bytes += (bytes + 255) / 256 * 256;
    return start;
  }
};

// `with_offsets`: the row offsets that emitting states takes, 336 MB of the 354.
DeviceWork cut(Address base, bool with_offsets, int64_t* n_bytes) {
  WorkLayout layout;
  const auto part = [&](int64_t bytes) { return base + static_cast<Address>(layout.add(bytes)); };
  DeviceWork work;
  work.context = at<DealContext>(part(sizeof(DealContext)));
  work.rows = at<uint64_t>(part(8 * N_ROWS));
  work.counts = at<uint32_t>(part(4 * N_COUNTS));
  work.group_totals = at<int64_t>(part(8 * 4 * N_GROUPS));
  work.n_states = at<int64_t>(part(8));
  work.level_values = at<int8_t>(part(N_VALUES));
  work.row_offsets = at<uint16_t>(part(with_offsets ? 2 * N_ROWS * N_GROUPS : 0));
  *n_bytes = layout.n_bytes;
  return work;
}

DeviceWork work_at(Address base, bool with_offsets) {
  int64_t n_bytes;
  return cut(base, with_offsets, &n_bytes);
}

void bind_worlds_on_device(py::module_& c) {
  c.attr("WORLD_TABLE_BYTES") = sizeof(WorldTable);
  c.def(
      "count_worlds",
      [](Address allowed, Address sizes, int64_t n, Address counts, Address stream) {
        const py::gil_scoped_release release;
        cuda::count_worlds(constraints_at(allowed, sizes, n), at<int64_t>(counts),
                           at<void>(stream));
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("n"), py::arg("counts"), py::arg("stream"));
  c.def(
      "sample_uniform",
      [](Address allowed, Address sizes, Address keys, int64_t n, int64_t n_samples, Address tables,
         int64_t n_tables, Address worlds, Address stream) {
        const py::gil_scoped_release release;
        cuda::sample_uniform(constraints_at(allowed, sizes, n), at<const int64_t>(keys), n_samples,
                             at<WorldTable>(tables), n_tables, at<int32_t>(worlds),
                             at<void>(stream));
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("keys"), py::arg("n"), py::arg("n_samples"),
      py::arg("tables"), py::arg("n_tables"), py::arg("worlds"), py::arg("stream"));
  c.def(
      "sample_mrv",
      [](Address allowed, Address sizes, Address keys, int64_t n, int64_t n_samples, Address worlds,
         Address stream) {
        const py::gil_scoped_release release;
        cuda::sample_mrv(constraints_at(allowed, sizes, n), at<const int64_t>(keys), n_samples,
                         at<int32_t>(worlds), at<void>(stream));
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("keys"), py::arg("n"), py::arg("n_samples"),
      py::arg("worlds"), py::arg("stream"));
  c.def(
      "enumerate_worlds",
      [](Address allowed, Address sizes, int64_t start, int64_t n, Address table, Address worlds,
         Address stream) {
        const py::gil_scoped_release release;
        cuda::enumerate_worlds(constraints_at(allowed, sizes, 1), start, n, at<WorldTable>(table),
                               at<int32_t>(worlds), at<void>(stream));
      },
      py::arg("allowed"), py::arg("sizes"), py::arg("start"), py::arg("n"), py::arg("table"),
      py::arg("worlds"), py::arg("stream"));
}

}  // namespace

void bind_cuda(py::module_& m) {
  py::module_ c = m.def_submodule("cuda", "Launches on a stream; nothing waits for the device.");
  c.def(
      "work_bytes",
      [](bool with_offsets) {
        int64_t n_bytes;
        cut(0, with_offsets, &n_bytes);
        return n_bytes;
      },
      py::arg("with_offsets"));
  // Byte offset of the int64 number of states within the work.
  c.def("n_states_offset", [] { return reinterpret_cast<Address>(work_at(0, true).n_states); });
  c.attr("CONTEXT_BYTES") = sizeof(DealContext);

  c.def(
      "reach_states",
      [](Address work, Address deal, int decl, Address stream) {
        const py::gil_scoped_release release;
        cuda::reach_states(work_at(work, true), at<const int8_t>(deal), decl, at<void>(stream));
      },
      py::arg("work"), py::arg("deal"), py::arg("decl"), py::arg("stream"));
  c.def(
      "emit_states",
      [](Address work, Address states, Address values, Address q, Address stream) {
        const py::gil_scoped_release release;
        cuda::emit_states(work_at(work, true),
                          {at<int64_t>(states), at<int8_t>(values), at<int8_t>(q)},
                          at<void>(stream));
      },
      py::arg("work"), py::arg("states"), py::arg("values"), py::arg("q"), py::arg("stream"));
  c.def(
      "backward_induction",
      [](Address work, Address deal, int decl, Address states, int64_t n, Address values, Address q,
         Address stream) {
        const py::gil_scoped_release release;
        cuda::backward_induction(work_at(work, false), at<const int8_t>(deal), decl,
                                 at<const int64_t>(states), n, at<int8_t>(values), at<int8_t>(q),
                                 at<void>(stream));
      },
      py::arg("work"), py::arg("deal"), py::arg("decl"), py::arg("states"), py::arg("n"),
      py::arg("values"), py::arg("q"), py::arg("stream"));
  c.def(
      "expand_states",
      [](Address context, Address deal, int decl, Address states, int64_t n, Address children,
         Address stream) {
        const py::gil_scoped_release release;
        cuda::expand_states(at<DealContext>(context), at<const int8_t>(deal), decl,
                            at<const int64_t>(states), n, at<int64_t>(children), at<void>(stream));
      },
      py::arg("context"), py::arg("deal"), py::arg("decl"), py::arg("states"), py::arg("n"),
      py::arg("children"), py::arg("stream"));
  c.def(
      "search",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         Address targets, int64_t target_stride, int64_t n, Address out, int width,
         int slots_per_item, Address queue, Address entries, int log2_size, int64_t n_lanes,
         Address stream) {
        const py::gil_scoped_release release;
        const SearchJob job{batch_at(deals, deal_stride, decls, decl_stride, states, n),
                            at<const int8_t>(targets),
                            target_stride,
                            at<int8_t>(out),
                            slots_per_item,
                            at<int64_t>(queue),
                            width};
        cuda::search(job, at<TableEntry>(entries), log2_size, n_lanes, at<void>(stream));
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("targets"), py::arg("target_stride"), py::arg("n"), py::arg("out"),
      py::arg("width"), py::arg("slots_per_item"), py::arg("queue"), py::arg("entries"),
      py::arg("log2_size"), py::arg("n_lanes"), py::arg("stream"));
  c.def(
      "tokenize_states",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         int64_t n, Address tokens, Address masks, Address stream) {
        const py::gil_scoped_release release;
        cuda::tokenize_states(batch_at(deals, deal_stride, decls, decl_stride, states, n),
                              at<int8_t>(tokens), at<int8_t>(masks), at<void>(stream));
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("n"), py::arg("tokens"), py::arg("masks"), py::arg("stream"));
  c.def(
      "play",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         Address slots, int64_t n, Address next, Address points, Address stream) {
        const py::gil_scoped_release release;
        cuda::play({batch_at(deals, deal_stride, decls, decl_stride, states, n),
                    at<const int8_t>(slots), at<int64_t>(next), at<int8_t>(points)},
                   at<void>(stream));
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("slots"), py::arg("n"), py::arg("next"), py::arg("points"),
      py::arg("stream"));
  c.def(
      "mark_legal_slots",
      [](Address deals, int64_t deal_stride, Address decls, int64_t decl_stride, Address states,
         int64_t n, Address legal, Address stream) {
        const py::gil_scoped_release release;
        cuda::mark_legal_slots(
            {batch_at(deals, deal_stride, decls, decl_stride, states, n), at<bool>(legal)},
            at<void>(stream));
      },
      py::arg("deals"), py::arg("deal_stride"), py::arg("decls"), py::arg("decl_stride"),
      py::arg("states"), py::arg("n"), py::arg("legal"), py::arg("stream"));
  bind_worlds_on_device(c);
}

}  // namespace forge::bindings
