// How E[Q] of a decision is estimated.
#pragma once

#include <cstdint>

#include "worlds/sample.h"

namespace forge {

// What a world counts for. The numbers are those of the bindings.
enum class Weighing : int {
  ALIKE = 0,
  ORACLE = 1,  // how likely the last plays of the others were, had they seen all hands
  POLICY = 2,  // how likely all their plays were, from what each could see
};

struct OracleWeights {
  int window = 4;               // plays back
  double tau = 0.1;             // temperature, points
  double mix = 0.1;             // share of any legal play
  double min_ess_share = 0.02;  // where fewer worlds count, weights are tempered; 0: never
};

struct PolicyWeighing {
  int64_t pool = 8;       // worlds weighed for each that is valued
  double uniform = 0.02;  // share of any legal play
  int64_t window = 28;    // plays back
};

struct AdaptiveSampling {
  int64_t min_samples = 0;  // 0: not adaptive
  int64_t max_samples = 0;
  int64_t batch_size = 0;
  double sem_threshold = 0;
  bool stop_when_certain = false;
};

// Worlds of a decision in memory at a time, where they can be counted part by part. Tempered
// weights of all worlds of a decision are tempered by so many.
inline constexpr int64_t MAX_TOGETHER = int64_t{1} << 16;

struct EstimateSettings {
  int64_t n_samples = 50;
  int64_t all_up_to = 50;  // decisions with at most so many worlds get each once
  Sampler sampler = Sampler::UNIFORM;
  bool for_chance = false;  // the chance of the contract is asked for, not E[Q]
  Weighing weighing = Weighing::ALIKE;
  OracleWeights oracle;
  PolicyWeighing policy;
  AdaptiveSampling adaptive;
};

}  // namespace forge
