// What worlds say of decisions, and the steps from them to it. To be compiled without fused
// operations.
#pragma once

#include <limits>

#include "decide/draw.h"
#include "decide/estimate_settings.h"
#include "decide/sums.h"
#include "decide/values.h"
#include "policy/network.h"

namespace forge {

// Values are in the frame of the acting team; NaN (shares: 0) where a slot is illegal.
struct Estimates {
  double* mean;         // [B, 7] E[Q], points
  double* variance;     // [B, 7] mean squared distance to it
  double* shares;       // [B, 7, 85] of the weight, by value + 42
  double* chances;      // [B, 7] of the acting side's end: to make the contract, or to set it
  int64_t* n_possible;  // [B] worlds that there are
  int64_t* n_worlds;    // [B] counted
  double* effective;    // [B] how many alike would tell as much
  double* greatest;     // [B] the greatest share of a world
  bool* converged;      // [B] errors of all plays below the threshold, or all worlds counted
};

struct EstimateJob {
  SeenBatch batch;
  const int64_t* keys;    // [B]
  PolicyWeights weights;  // none: numbers is null
  EstimateSettings settings;
  Estimates out;
};

// How n worlds are drawn from a pool that a policy weighs.
FORGE_HD inline DecideSettings pool_settings(const EstimateSettings& settings, int64_t n) {
  DecideSettings how;
  how.n_worlds = n;
  how.pool = settings.policy.pool * n;
  how.uniform = settings.policy.uniform;
  how.window = settings.policy.window;
  how.race = false;
  return how;
}

// What an answer of the search is worth to the acting side: points, or 1 where its end comes out.
FORGE_INLINE int8_t value_of_answer(int8_t answer, bool for_chance, bool of_defenders) {
  if (!of_defenders) return answer;
  return static_cast<int8_t>(for_chance ? answer ^ 1 : -answer);
}

// Of the acting side's end, from what a slot's values are.
FORGE_HD inline double chance_of(const WorldSums& sums, const SeenHand& seen, bool for_chance,
                                 int slot) {
  if (for_chance) return sums.at_least(slot, 1);
  // The other side makes it where the acting one has no more than minus the target.
  return sums.at_least(slot, defends(seen) ? 1 - target_of(seen) : target_of(seen));
}

// Row i of the results, where there is nothing to estimate.
FORGE_HD inline void write_nothing(int64_t i, const Estimates& out) {
  constexpr double NOT_A_NUMBER = std::numeric_limits<double>::quiet_NaN();
  out.n_worlds[i] = 0;
  out.effective[i] = out.greatest[i] = NOT_A_NUMBER;
  out.converged[i] = false;
  for (int64_t at = N_SLOTS * i; at < N_SLOTS * (i + 1); ++at) {
    out.mean[at] = out.variance[at] = out.chances[at] = NOT_A_NUMBER;
    for (int bin = 0; bin < N_BINS; ++bin) out.shares[N_BINS * at + bin] = 0.0;
  }
}

// Row i of the results.
FORGE_HD inline void write_estimate(const WorldSums& sums, const SeenHand& seen, bool for_chance,
                                    bool converged, int64_t i, const Estimates& out) {
  constexpr double NOT_A_NUMBER = std::numeric_limits<double>::quiet_NaN();
  const uint32_t slots = legal_slots(seen);
  out.n_worlds[i] = sums.n_worlds();
  out.effective[i] = sums.effective();
  out.greatest[i] = sums.greatest_share();
  out.converged[i] = converged;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    const int64_t at = N_SLOTS * i + slot;
    const bool legal = slots >> slot & 1, counts = legal && !for_chance;
    out.mean[at] = counts ? sums.mean(slot) : NOT_A_NUMBER;
    out.variance[at] = counts ? sums.variance(slot) : NOT_A_NUMBER;
    out.chances[at] = legal ? chance_of(sums, seen, for_chance, slot) : NOT_A_NUMBER;
    for (int bin = 0; bin < N_BINS; ++bin)
      out.shares[N_BINS * at + bin] = counts ? sums.share(slot, bin) : 0.0;
  }
}

}  // namespace forge
