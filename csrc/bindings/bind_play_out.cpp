#include <utility>

#include "bindings/common.h"
#include "decide/play_out_cpu.h"

namespace forge::bindings {
namespace {

cpu::OpenHands open_of(const HostDeals& deals, const HostSmall& decls, const HostPlays& plays,
                       const HostSmall& needed) {
  const int64_t n = deals.rows();
  check_rows("decls", decls.rows(), n);
  check_rows("plays", plays.rows(), n);
  check_rows("needed", needed.rows(), n);
  return {deals.data, decls.data, plays.data, needed.data, n};
}

}  // namespace

void bind_play_out(py::module_& m) {
  m.def(
      "first_bad_open",
      [](const HostDeals& deals, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed) -> std::pair<int64_t, std::string> {
        const char* reason = "";
        const int64_t row = cpu::first_bad_open(open_of(deals, decls, plays, needed), &reason);
        return {row, row < 0 ? "" : reason};
      },
      "The first row that is no hand with a play to come and why, or -1.", "deals"_a, "decls"_a,
      "plays"_a, "needed"_a);
  m.def(
      "play_out",
      [](const HostDeals& deals, const HostSmall& decls, const HostPlays& plays,
         const HostSmall& needed, const Host<const float, N_POLICY_WEIGHTS>& weights,
         const Host<int8_t, ANY, N_SLOTS>& made, int n_threads) {
        const cpu::OpenHands hands = open_of(deals, decls, plays, needed);
        check_rows("made", made.rows(), hands.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::play_out(hands, {weights.data}, made.data, how);
        });
      },
      "Whether the declarer's side makes it after each slot if everybody plays on by the policy; "
      "-1 illegal.",
      "deals"_a, "decls"_a, "plays"_a, "needed"_a, "weights"_a, "made"_a, "n_threads"_a);
}

}  // namespace forge::bindings
