// Which plays are still worth asking about, from paired differences between them.
#pragma once

#include "game/domino.h"

namespace forge {

// Sums over worlds of the plays of one decision.
class Race {
 public:
  FORGE_HD explicit Race(uint32_t slots) : open_(slots) {}
  // bonus: [7], of a play beside the mean of its values, whatever worlds say.
  FORGE_HD Race(uint32_t slots, const double* bonus) : open_(slots) {
    for (int slot = 0; slot < N_SLOTS; ++slot) bonus_[slot] = bonus[slot];
  }

  FORGE_INLINE uint32_t open() const { return open_; }

  // value: [7], of the open slots in one world that counts `weight` times.
  FORGE_HD void add(const double* value, double weight) {
    total_ += weight;
    squares_ += weight * weight;
    for (int a = 0; a < N_SLOTS; ++a) {
      if (!(open_ >> a & 1)) continue;
      sum_[a] += weight * value[a];
      total_of_[a] = total_;
      for (int b = 0; b < a; ++b) {
        const double d = value[a] - value[b];
        if (open_ >> b & 1) difference_[a][b] += weight * d * d;
      }
    }
  }

  // Drops the plays that are behind the best one by more than two standard errors of the
  // difference between them.
  FORGE_HD void drop() {
    int best = -1;
    for (int slot = 0; slot < N_SLOTS; ++slot)
      if ((open_ >> slot & 1) && (best < 0 || behind(slot, best) < 0)) best = slot;
    const double n = total_ * total_ / squares_;  // worlds that count as many
    for (int slot = 0; slot < N_SLOTS; ++slot) {
      if (slot == best || !(open_ >> slot & 1)) continue;
      const double difference = (sum_[best] - sum_[slot]) / total_;
      const double square =
          (slot > best ? difference_[slot][best] : difference_[best][slot]) / total_;
      const double variance = (square - difference * difference) / n;
      const double by = behind(slot, best);
      if (by > 0 && by * by > 4 * variance) open_ &= ~(1u << slot);
    }
  }

  // Over the worlds in which the slot was asked about.
  FORGE_INLINE double mean(int slot) const { return sum_[slot] / total_of_[slot]; }

  // Open slots that are the best ones, but for rounding.
  FORGE_HD uint32_t best() const {
    double most = -1e300;
    for (int slot = 0; slot < N_SLOTS; ++slot)
      if ((open_ >> slot & 1) && worth(slot) > most) most = worth(slot);
    uint32_t found = 0;
    for (int slot = 0; slot < N_SLOTS; ++slot)
      if ((open_ >> slot & 1) && worth(slot) >= most - 1e-9) found |= 1u << slot;
    return found;
  }

 private:
  FORGE_INLINE double worth(int slot) const { return mean(slot) + bonus_[slot]; }
  // By how much an open slot is behind another one.
  FORGE_INLINE double behind(int slot, int other) const {
    return (sum_[other] - sum_[slot]) / total_ + (bonus_[other] - bonus_[slot]);
  }

  uint32_t open_;
  double bonus_[N_SLOTS] = {};
  double total_ = 0, squares_ = 0;
  double sum_[N_SLOTS] = {}, total_of_[N_SLOTS] = {};
  double difference_[N_SLOTS][N_SLOTS] = {};  // [greater][lesser slot]: squares
};

// Worlds after which plays are dropped: 10, then half as many more each time.
FORGE_INLINE int64_t next_look(int64_t n) { return n + (n + 1) / 2; }
inline constexpr int64_t FIRST_LOOK = 10;

}  // namespace forge
