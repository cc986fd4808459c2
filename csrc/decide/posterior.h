// How likely a play was for a seat that knows what each is worth; flattened weights.
#pragma once

#include "decide/estimate_settings.h"
#include "decide/exponential.h"
#include "decide/logarithm.h"
#include "game/domino.h"

namespace forge {

// Logarithm of the probability of playing `chosen` from a softmax of points, a share of any legal
// play mixed in. values: [7], frame of the team that plays.
FORGE_HD inline double log_of_play(const double* values, uint32_t slots, int chosen,
                                   const OracleWeights& how) {
  double most = MINUS_INFINITY;
  int n_legal = 0;
  for (uint32_t s = slots; s; s &= s - 1, ++n_legal)
    if (values[lowest(s)] > most) most = values[lowest(s)];
  double sum = 0;
  for (uint32_t s = slots; s; s &= s - 1)
    sum += exp_of_negative((values[lowest(s)] - most) / how.tau);
  const double soft = (values[chosen] - most) / how.tau - log_of(sum) + log_of(1.0 - how.mix);
  const double even = log_of(how.mix) - log_of(n_legal);
  const double high = soft > even ? soft : even, low = soft > even ? even : soft;
  return low > MINUS_INFINITY ? high + log_of(1.0 + exp_of_negative(low - high)) : high;
}

// Effective number of n worlds whose log-weights, the greatest of which is `most`, are multiplied
// by beta.
FORGE_HD inline double effective_worlds(const double* log_weights, int64_t n, double most,
                                        double beta) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double w = exp_of_negative(beta * (log_weights[i] - most));
    sum += w;
    squares += w * w;
  }
  return sum * sum / squares;
}

// Flattens weights of which too few count: multiplies them by the greatest beta in 0..1 (to 2^-30)
// with which `least` worlds do.
FORGE_HD inline void temper(double* log_weights, int64_t n, double least) {
  double most = MINUS_INFINITY;
  for (int64_t i = 0; i < n; ++i)
    if (log_weights[i] > most) most = log_weights[i];
  if (effective_worlds(log_weights, n, most, 1.0) >= least) return;
  double low = 0, high = 1;
  for (int i = 0; i < 30; ++i) {
    const double middle = (low + high) / 2;
    if (effective_worlds(log_weights, n, most, middle) >= least) low = middle;
    else high = middle;
  }
  for (int64_t i = 0; i < n; ++i) log_weights[i] *= low;
}

}  // namespace forge
