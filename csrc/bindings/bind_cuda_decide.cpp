#include <algorithm>
#include <optional>

#include "bindings/on_device.h"
#include "decide/decide_cuda.h"
#include "decide/estimate_cuda.h"

namespace forge::bindings {
namespace {

// Worlds of a decision that are looked at in one round, at most.
constexpr int64_t MAX_WINDOW = 4096;

// Room for so many decisions and the positions of a round.
void cut_room(RoundRoom* room, WorkLayout* layout, std::uintptr_t base) {
  const int64_t n = room->n_rows, n_positions = n * room->window;
  room->seen = layout->part<SeenHand>(base, n);
  room->tables = layout->part<WorldTable>(base, n);
  room->worlds = layout->part<Owners>(base, n * room->pool);
  room->n_asked = layout->part<int64_t>(base, 2);
  room->queue = room->n_asked + 1;
  room->states = layout->part<int64_t>(base, n_positions);
  room->deals = layout->part<int8_t>(base, N_DOMINOES * n_positions);
  room->decls = layout->part<int8_t>(base, n_positions);
  room->targets = layout->part<int8_t>(base, n_positions);
  room->slots = layout->part<uint8_t>(base, n_positions);
  room->answers = layout->part<int8_t>(base, N_SLOTS * n_positions);
}

DecideWork cut(std::uintptr_t base, int64_t n_rows, const DecideSettings& settings, bool has_policy,
               int64_t* n_bytes) {
  WorkLayout layout;
  DecideWork work;
  work.n_rows = n_rows;
  work.pool = most_worlds(settings, has_policy);
  work.window = std::min(settings.n_worlds, MAX_WINDOW);
  cut_room(&work, &layout, base);
  work.rows = layout.part<DecidingRow>(base, n_rows);
  work.rolled = layout.part<int8_t>(base, N_SLOTS * n_rows * work.window);
  *n_bytes = layout.n_bytes;
  return work;
}

EstimateWork cut(std::uintptr_t base, int64_t n_rows, const EstimateSettings& settings,
                 int64_t* n_bytes) {
  WorkLayout layout;
  EstimateWork work;
  work.n_rows = n_rows;
  work.pool = most_drawn(settings);
  work.window = std::min(most_valued(settings), MAX_WINDOW);
  cut_room(&work, &layout, base);
  work.rows = layout.part<EstimatingRow>(base, n_rows);
  work.sums = layout.part<WorldSums>(base, n_rows);
  *n_bytes = layout.n_bytes;
  return work;
}

// Lanes of a device, as Python has them.
LaneTables lanes_of(const Device<int64_t, ANY, ANY>& entries, const Device<int32_t, ANY>& epochs) {
  check_rows("epochs", epochs.rows(), entries.rows());
  return {reinterpret_cast<TableEntry*>(entries.data), log2_of(entries.shape[1]),
          reinterpret_cast<uint32_t*>(epochs.data)};
}

void bind_decide_on_device(py::module_& c) {
  c.def(
      "decide_work_bytes",
      [](int64_t n_rows, const DecideSettings& settings, bool has_policy) {
        int64_t n_bytes;
        cut(0, n_rows, settings, has_policy, &n_bytes);
        return n_bytes;
      },
      "Bytes of scratch for so many decisions at a time.", "n_rows"_a, "settings"_a,
      "has_policy"_a);
  c.def(
      "decide",
      [](const Device<const int8_t, ANY, N_SLOTS>& hands, const DeviceSmall& decls,
         const Device<const int8_t, ANY, N_PLAYS>& plays, const DeviceSmall& needed,
         const DeviceStates& keys,
         const std::optional<Device<const float, N_POLICY_WEIGHTS>>& weights,
         const DecideSettings& settings, const Device<int8_t, ANY>& slots,
         const Device<double, ANY, N_SLOTS>& chances, const Device<double, ANY, N_SLOTS>& points,
         const Device<int64_t, ANY>& n_worlds, const Device<double, ANY>& effective,
         const Device<uint8_t, ANY>& work, int64_t n_rows, const Device<int64_t, ANY, ANY>& entries,
         const Device<int32_t, ANY>& epochs, Stream stream) {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        check_rows("keys", keys.rows(), batch.n);
        for (const int64_t rows :
             {slots.rows(), chances.rows(), points.rows(), n_worlds.rows(), effective.rows()})
          check_rows("the room for results", rows, batch.n);
        if (n_rows < 1) throw py::value_error("n_rows must be 1 or more");
        const bool has_policy = weights.has_value();
        int64_t n_bytes;
        const DecideWork parts = cut(reinterpret_cast<std::uintptr_t>(work.data), n_rows, settings,
                                     has_policy, &n_bytes);
        check_work(work.rows(), n_bytes);
        const DecideJob job{batch,
                            keys.data,
                            {has_policy ? weights->data : nullptr},
                            settings,
                            {slots.data, chances.data, points.data, n_worlds.data, effective.data}};
        const LaneTables tables = lanes_of(entries, epochs);
        const py::gil_scoped_release release;
        cuda::decide(job, parts, tables, entries.rows(), stream.get());
      },
      "Chooses a slot of each row, -1 where nothing can be seen so or no hidden hands fit. Entries "
      "and epochs are zero; a lane for each row of them.",
      "hands"_a, "decls"_a, "plays"_a, "needed"_a, "keys"_a, "weights"_a, "settings"_a, "slots"_a,
      "chances"_a, "points"_a, "n_worlds"_a, "effective"_a, "work"_a, "n_rows"_a, "entries"_a,
      "epochs"_a, "stream"_a);
}

void bind_estimates_on_device(py::module_& c) {
  c.def(
      "estimate_work_bytes",
      [](int64_t n_rows, const EstimateSettings& settings) {
        int64_t n_bytes;
        cut(0, n_rows, settings, &n_bytes);
        return n_bytes;
      },
      "Bytes of scratch for so many estimates at a time.", "n_rows"_a, "settings"_a);
  c.def(
      "estimate",
      [](const Device<const int8_t, ANY, N_SLOTS>& hands, const DeviceSmall& decls,
         const Device<const int8_t, ANY, N_PLAYS>& plays, const DeviceSmall& needed,
         const DeviceStates& keys,
         const std::optional<Device<const float, N_POLICY_WEIGHTS>>& weights,
         const EstimateSettings& settings, const Device<double, ANY, N_SLOTS>& mean,
         const Device<double, ANY, N_SLOTS>& variance,
         const Device<double, ANY, N_SLOTS, N_BINS>& shares,
         const Device<double, ANY, N_SLOTS>& chances, const Device<int64_t, ANY>& n_possible,
         const Device<int64_t, ANY>& n_worlds, const Device<double, ANY>& effective,
         const Device<double, ANY>& greatest, const Device<bool, ANY>& converged,
         const Device<uint8_t, ANY>& work, int64_t n_rows, const Device<int64_t, ANY, ANY>& entries,
         const Device<int32_t, ANY>& epochs, Stream stream) {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        check_rows("keys", keys.rows(), batch.n);
        for (const int64_t rows :
             {mean.rows(), variance.rows(), shares.rows(), chances.rows(), n_possible.rows(),
              n_worlds.rows(), effective.rows(), greatest.rows(), converged.rows()})
          check_rows("the room for results", rows, batch.n);
        if (n_rows < 1) throw py::value_error("n_rows must be 1 or more");
        if (settings.weighing == Weighing::ORACLE || settings.adaptive.min_samples)
          throw py::value_error("on a device worlds are drawn once, and not weighed by the oracle");
        int64_t n_bytes;
        const EstimateWork parts =
            cut(reinterpret_cast<std::uintptr_t>(work.data), n_rows, settings, &n_bytes);
        check_work(work.rows(), n_bytes);
        const EstimateJob job{batch,
                              keys.data,
                              {weights ? weights->data : nullptr},
                              settings,
                              {mean.data, variance.data, shares.data, chances.data, n_possible.data,
                               n_worlds.data, effective.data, greatest.data, converged.data}};
        const LaneTables tables = lanes_of(entries, epochs);
        const py::gil_scoped_release release;
        cuda::estimate(job, parts, tables, entries.rows(), stream.get());
      },
      "Values every legal slot of each row in its worlds; n_possible 0 where nothing can be seen "
      "so "
      "or no hidden hands fit. Entries and epochs are zero; a lane for each row of them.",
      "hands"_a, "decls"_a, "plays"_a, "needed"_a, "keys"_a, "weights"_a, "settings"_a, "mean"_a,
      "variance"_a, "shares"_a, "chances"_a, "n_possible"_a, "n_worlds"_a, "effective"_a,
      "greatest"_a, "converged"_a, "work"_a, "n_rows"_a, "entries"_a, "epochs"_a, "stream"_a);
}

}  // namespace

void bind_decisions_on_device(py::module_& c) {
  bind_decide_on_device(c);
  bind_estimates_on_device(c);
}

}  // namespace forge::bindings
