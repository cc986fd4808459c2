// What weighted worlds say of the slots of one decision.
#pragma once

#include "decide/exponential.h"
#include "decide/logarithm.h"
#include "game/domino.h"

namespace forge {

inline constexpr int ZERO_BIN = HAND_POINTS;  // bin = value + 42
inline constexpr int N_BINS = 2 * HAND_POINTS + 1;

// Values are whole points, so how much weight each value has says everything: sums of worlds that
// count alike are exact, in any order. Weights come as logarithms of any size and are kept relative
// to the greatest so far.
class WorldSums {
 public:
  // Before worlds of at most this log-weight are added.
  FORGE_HD void make_room(double log_weight) {
    if (!(log_weight > shift_)) return;
    const double old = sum_ > 0 ? exp_of_negative(shift_ - log_weight) : 0;
    shift_ = log_weight;
    if (!(sum_ > 0)) return;
    sum_ *= old;
    squares_ *= old * old;
    for (auto& bins : weight_)
      for (double& w : bins) w *= old;
  }

  // value: int8 [7], of the slots.
  FORGE_HD void add(const int8_t* value, uint32_t slots, double log_weight) {
    if (!(log_weight > MINUS_INFINITY)) return;
    const double w = exp_of_negative(log_weight - shift_);
    ++n_worlds_;
    sum_ += w;
    squares_ += w * w;
    for (; slots; slots &= slots - 1) {
      const int slot = lowest(slots);
      weight_[slot][ZERO_BIN + value[slot]] += w;
    }
  }

  FORGE_INLINE int64_t n_worlds() const { return n_worlds_; }
  // Worlds alike that would tell as much.
  FORGE_INLINE double effective() const { return sum_ * sum_ / squares_; }
  FORGE_INLINE double greatest_share() const { return 1.0 / sum_; }
  FORGE_INLINE double share(int slot, int bin) const { return weight_[slot][bin] / sum_; }

  FORGE_HD double mean(int slot) const {
    double sum = 0;
    for (int bin = 0; bin < N_BINS; ++bin) sum += weight_[slot][bin] * (bin - ZERO_BIN);
    return sum / sum_;
  }

  // Mean squared distance to the mean.
  FORGE_HD double variance(int slot) const {
    const double m = mean(slot);
    double sum = 0;
    for (int bin = 0; bin < N_BINS; ++bin) {
      const double d = (bin - ZERO_BIN) - m;
      sum += weight_[slot][bin] * (d * d);
    }
    return sum / sum_;
  }

  // Square of the standard error of a sample's mean: infinite, or not a number where all values
  // are equal, if only one world counts.
  FORGE_HD double mean_variance(int slot) const {
    const double rest = effective() - 1.0;
    return variance(slot) / (rest > 0 ? rest : 0.0);
  }

  // Share of the weight where the value is at least this.
  FORGE_HD double at_least(int slot, int value) const {
    double sum = 0;
    for (int bin = N_BINS - 1; bin >= 0 && bin >= ZERO_BIN + value; --bin)
      sum += weight_[slot][bin];
    return sum / sum_;
  }

 private:
  int64_t n_worlds_ = 0;
  double shift_ = MINUS_INFINITY;
  double sum_ = 0, squares_ = 0;
  double weight_[N_SLOTS][N_BINS] = {};
};

}  // namespace forge
