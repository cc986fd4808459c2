// One decision whose worlds are drawn, valued and counted batch by batch.
#pragma once

#include <vector>

#include "decide/estimates.h"
#include "decide/world_position.h"
#include "decide/worlds.h"
#include "search/search_cpu.h"

namespace forge::cpu {

class EstimateRow {
 public:
  EstimateRow(const EstimateSettings& settings, const PolicyWeights& weights)
      : settings_(settings), judge_{fastest_policy(), weights} {}

  // A decision from its start; false if no hidden hands fit.
  bool begin(const SeenBatch& batch, int64_t row, int64_t key);
  bool open() const { return open_; }

  // The next worlds. look: called for every world, may throw.
  void draw(SeatWorlds& pool, const std::function<void()>& look);
  int64_t n_drawn() const { return static_cast<int64_t>(worlds_.size()); }
  // Whether they are early in a hand, where a search is long.
  bool is_early() const { return seen_.now.n_plays < 12; }
  // What world i of them says and counts for.
  void value(int64_t i, SearchMemory& memory);
  // Counts them all, and looks whether that is enough.
  void count();

  int64_t n_possible() const { return table_.n_worlds; }
  bool complete() const { return n_possible() <= settings_.all_up_to; }
  bool converged() const { return converged_; }
  const WorldSums& sums() const { return sums_; }
  const SeenHand& seen() const { return seen_; }

 private:
  void draw_by_policy(SeatWorlds& pool, const std::function<void()>& look);
  // Whether worlds of one batch can be counted part by part.
  bool divides() const { return complete() || settings_.weighing == Weighing::ALIKE; }
  double log_likelihood(const WorldPosition& position, const Owners& world, SearchMemory& memory);
  bool all_below(double threshold) const;
  bool certain() const;

  const EstimateSettings settings_;
  const Judge judge_;
  SeenHand seen_;
  WorldTable table_;
  uint32_t slots_ = 0;
  int64_t key_ = 0;
  int64_t batch_key_ = 0, batch_n_ = 0, batch_at_ = 0;  // the batch in hand
  int64_t n_batches_ = 0, n_sampled_ = 0;
  bool open_ = false, converged_ = false;
  WorldSums sums_;
  std::vector<Owners> worlds_;
  std::vector<double> log_weights_;
  std::vector<int8_t> values_;  // [n, 7]
};

}  // namespace forge::cpu
