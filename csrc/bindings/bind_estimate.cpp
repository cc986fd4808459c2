#include "bindings/common.h"
#include "decide/estimate_cpu.h"

namespace forge::bindings {
namespace {

// Room for the results of B decisions.
struct EstimateRoom {
  Host<double, ANY, N_SLOTS> mean, variance;
  Host<double, ANY, N_SLOTS, N_BINS> shares;
  Host<double, ANY, N_SLOTS> chances;
  Host<int64_t, ANY> n_possible, n_worlds;
  Host<double, ANY> effective, greatest;
  Host<bool, ANY> converged;

  Estimates of(int64_t n) const {
    for (const int64_t rows :
         {mean.rows(), variance.rows(), shares.rows(), chances.rows(), n_possible.rows(),
          n_worlds.rows(), effective.rows(), greatest.rows(), converged.rows()})
      check_rows("the room for results", rows, n);
    return {mean.data,     variance.data,  shares.data,   chances.data,  n_possible.data,
            n_worlds.data, effective.data, greatest.data, converged.data};
  }
};

void bind_settings(py::module_& m) {
  py::class_<OracleWeights>(m, "OracleWeights", "Weights from the last plays, see posterior.h.")
      .def(py::init([](int window, double tau, double mix, double min_ess_share) {
             return OracleWeights{window, tau, mix, min_ess_share};
           }),
           "window"_a, "tau"_a, "mix"_a, "min_ess_share"_a);
  py::class_<PolicyWeighing>(m, "PolicyWeighing", "Weights from all plays, by a policy.")
      .def(py::init([](int64_t pool, double uniform, int64_t window) {
             return PolicyWeighing{pool, uniform, window};
           }),
           "pool"_a, "uniform"_a, "window"_a);
  py::class_<AdaptiveSampling>(m, "AdaptiveSampling", "Worlds until the error is small.")
      .def(py::init([](int64_t min_samples, int64_t max_samples, int64_t batch_size,
                       double sem_threshold, bool stop_when_certain) {
             return AdaptiveSampling{min_samples, max_samples, batch_size, sem_threshold,
                                     stop_when_certain};
           }),
           "min_samples"_a, "max_samples"_a, "batch_size"_a, "sem_threshold"_a,
           "stop_when_certain"_a);
  py::class_<EstimateSettings>(m, "EstimateSettings", "How E[Q] is estimated.")
      .def(py::init([](int64_t n_samples, int64_t all_up_to, Sampler sampler, bool for_chance,
                       const std::optional<OracleWeights>& oracle,
                       const std::optional<PolicyWeighing>& policy,
                       const std::optional<AdaptiveSampling>& adaptive) {
             const Weighing weighing = oracle   ? Weighing::ORACLE
                                       : policy ? Weighing::POLICY
                                                : Weighing::ALIKE;
             return EstimateSettings{n_samples,
                                     all_up_to,
                                     sampler,
                                     for_chance,
                                     weighing,
                                     oracle.value_or(OracleWeights{}),
                                     policy.value_or(PolicyWeighing{}),
                                     adaptive.value_or(AdaptiveSampling{})};
           }),
           "n_samples"_a, "all_up_to"_a, "sampler"_a, "for_chance"_a, "oracle"_a, "policy"_a,
           "adaptive"_a);
}

}  // namespace

void bind_estimate(py::module_& m) {
  bind_settings(m);
  py::class_<EstimateRoom>(m, "EstimateRoom", "Room for estimates, see decide/estimate_cpu.h.")
      .def(
          py::init(
              [](const Host<double, ANY, N_SLOTS>& mean, const Host<double, ANY, N_SLOTS>& variance,
                 const Host<double, ANY, N_SLOTS, N_BINS>& shares,
                 const Host<double, ANY, N_SLOTS>& chances, const Host<int64_t, ANY>& n_possible,
                 const Host<int64_t, ANY>& n_worlds, const Host<double, ANY>& effective,
                 const Host<double, ANY>& greatest, const Host<bool, ANY>& converged) {
                return EstimateRoom{mean,     variance,  shares,   chances,  n_possible,
                                    n_worlds, effective, greatest, converged};
              }),
          "mean"_a, "variance"_a, "shares"_a, "chances"_a, "n_possible"_a, "n_worlds"_a,
          "effective"_a, "greatest"_a, "converged"_a,
          // The arrays outlive what points into them.
          py::keep_alive<1, 2>(), py::keep_alive<1, 3>(), py::keep_alive<1, 4>(),
          py::keep_alive<1, 5>(), py::keep_alive<1, 6>(), py::keep_alive<1, 7>(),
          py::keep_alive<1, 8>(), py::keep_alive<1, 9>(), py::keep_alive<1, 10>());
  m.def(
      "estimate",
      [](const HostHands& hands, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed, const HostStates& keys, const OptionalWeights& weights,
         const EstimateSettings& settings, const EstimateRoom& room, cpu::SearchMemories& memories,
         int n_threads) -> int64_t {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        check_rows("keys", keys.rows(), batch.n);
        const Estimates out = room.of(batch.n);
        return without_gil(n_threads, [&](const Parallel& how) {
          return cpu::estimate(batch, keys.data, {weights ? weights->data : nullptr}, settings, out,
                               memories, how);
        });
      },
      "Values every legal slot of each row; the first row that no hidden hands fit, or -1.",
      "hands"_a, "decls"_a, "plays"_a, "needed"_a, "keys"_a, "weights"_a, "settings"_a, "room"_a,
      "memories"_a, "n_threads"_a);
}

}  // namespace forge::bindings
