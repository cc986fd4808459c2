#include <utility>

#include "bindings/common.h"
#include "policy/policy_cpu.h"

namespace forge::bindings {
void bind_policy(py::module_& m) {
  m.attr("N_POLICY_FEATURES") = int{feature::N_FEATURES};
  m.attr("N_POLICY_WEIGHTS") = int64_t{N_POLICY_WEIGHTS};
  m.attr("MAX_POLICY_CONTEXT") = int{MAX_CONTEXT};
  m.attr("MAX_POLICY_CANDIDATE") = int{MAX_CANDIDATE};
  m.attr("POLICY_HIDDEN_1") = int{HIDDEN_1};
  m.attr("POLICY_HIDDEN_2") = int{HIDDEN_2};
  m.attr("MAX_POLICY_WEIGHT") = int{MAX_POLICY_WEIGHT};
  m.def(
      "first_bad_seen",
      [](const HostHands& hands, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed) -> std::pair<int64_t, std::string> {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        const char* reason = "";
        const int64_t row = cpu::first_bad_seen(batch, &reason);
        return {row, row < 0 ? "" : reason};
      },
      "The first row that no seat can be looking at and why, or -1.", "hands"_a, "decls"_a,
      "plays"_a, "needed"_a);
  m.def(
      "policy_logits",
      [](const HostHands& hands, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed, const Host<const float, N_POLICY_WEIGHTS>& weights,
         const Host<float, ANY, N_SLOTS>& logits, int n_threads) {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        check_rows("logits", logits.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::policy_logits(batch, {weights.data}, logits.data, how);
        });
      },
      "A number for each legal slot, -inf for the others.", "hands"_a, "decls"_a, "plays"_a,
      "needed"_a, "weights"_a, "logits"_a, "n_threads"_a);
  m.def(
      "policy_features",
      [](const HostHands& hands, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed, const Host<int16_t, ANY, MAX_CONTEXT>& context,
         const Host<int16_t, ANY, N_SLOTS, MAX_CANDIDATE>& candidates, int n_threads) {
        const SeenBatch batch = seen_of(hands, decls, plays, needed);
        check_rows("context", context.rows(), batch.n);
        check_rows("candidates", candidates.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::policy_features(batch, context.data, candidates.data, how);
        });
      },
      "The features of the situation and of each slot, N_POLICY_FEATURES where there is none.",
      "hands"_a, "decls"_a, "plays"_a, "needed"_a, "context"_a, "candidates"_a, "n_threads"_a);
}

}  // namespace forge::bindings
