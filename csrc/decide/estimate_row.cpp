#include "decide/estimate_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/keys.h"
#include "decide/by_policy.h"
#include "decide/posterior.h"

namespace forge::cpu {
bool EstimateRow::begin(const SeenBatch& batch, int64_t row, int64_t key) {
  read_seen(batch, row, &seen_);
  build_world_table(constraints_of(seen_), &table_);
  slots_ = legal_slots(seen_);
  key_ = key;
  sums_ = WorldSums();
  batch_n_ = batch_at_ = n_batches_ = n_sampled_ = 0;
  converged_ = complete();
  open_ = true;
  return table_.n_worlds > 0;
}

void EstimateRow::draw(SeatWorlds& pool, const std::function<void()>& look) {
  if (batch_at_ == batch_n_) {  // a new batch
    const AdaptiveSampling& a = settings_.adaptive;
    batch_at_ = 0;
    if (complete()) {
      batch_n_ = n_possible();
    } else if (a.min_samples) {
      batch_n_ = std::min(n_sampled_ ? a.batch_size : a.min_samples, a.max_samples - n_sampled_);
      batch_key_ = combine_keys(key_, n_batches_);
    } else {
      batch_n_ = settings_.n_samples;
      batch_key_ = key_;
    }
  }
  worlds_.clear();
  log_weights_.clear();
  if (!complete() && settings_.weighing == Weighing::POLICY) {
    draw_by_policy(pool, look);
    batch_at_ = batch_n_;
  } else {
    const int64_t end = divides() ? std::min(batch_n_, batch_at_ + MAX_TOGETHER) : batch_n_;
    for (; batch_at_ < end; ++batch_at_) {
      look();
      World world;
      const auto index = static_cast<uint32_t>(batch_at_);
      if (complete()) unrank_worlds<1>(table_, &index, &world);
      else if (settings_.sampler == Sampler::UNIFORM)
        sample_uniform<1>(table_, batch_key_, batch_at_, &world);
      else world = sample_mrv(constraints_of(seen_), batch_key_, batch_at_);
      worlds_.push_back(owners_of(seen_, world));
    }
  }
  log_weights_.resize(worlds_.size(), 0.0);
  values_.resize(N_SLOTS * worlds_.size());
}

// From a pool of worlds, drawn again by what the policy makes of them.
void EstimateRow::draw_by_policy(SeatWorlds& pool, const std::function<void()>& look) {
  pool.draw(seen_, batch_key_, pool_settings(settings_, batch_n_), judge_, look);
  worlds_ = pool.worlds();
  const double mean = log_of(pool.mean_likelihood());
  for (const Owners& world : worlds_) log_weights_.push_back(mean + log_of(world.weight));
}

void EstimateRow::value(int64_t i, SearchMemory& memory) {
  const Owners& world = worlds_[static_cast<size_t>(i)];
  const WorldPosition position(seen_, world);
  const int decl = seen_.now.decl;
  const bool of_defenders = defends(seen_);
  int8_t* const value = &values_[static_cast<size_t>(N_SLOTS * i)];
  if (settings_.for_chance)
    search_at_least_warm(memory, position.deal, decl, position.state, target_of(seen_), value);
  else search_warm(memory, position.deal, decl, position.state, value);
  for (uint32_t s = slots_; s; s &= s - 1)
    value[lowest(s)] = value_of_answer(value[lowest(s)], settings_.for_chance, of_defenders);
  double& log_weight = log_weights_[static_cast<size_t>(i)];
  if (settings_.weighing == Weighing::ORACLE) {
    log_weight = log_likelihood(position, world, memory);
  } else if (settings_.weighing == Weighing::POLICY && complete()) {
    const PolicyWeighing& how = settings_.policy;
    log_weight = log_of(likelihood(seen_, world, how.uniform, how.window, judge_));
  }
}

double EstimateRow::log_likelihood(const WorldPosition& position, const Owners& world,
                                   SearchMemory& memory) {
  const PublicHand& now = seen_.now;
  double sum = 0;
  for (int k = std::max(0, now.n_plays - settings_.oracle.window); k < now.n_plays; ++k) {
    const PublicHand& p = seen_.before[k];
    if (p.seat() == now.seat()) continue;
    int8_t q[N_SLOTS];
    search_warm(memory, position.deal, now.decl, position.before(p, world), q);
    double points[N_SLOTS];
    uint32_t slots = 0;
    for (int slot = 0; slot < N_SLOTS; ++slot) {
      if (q[slot] == ILLEGAL) continue;
      slots |= 1u << slot;
      points[slot] = p.seat() & 1 ? -q[slot] : q[slot];
    }
    sum += log_of_play(points, slots, position.slot_of[seen_.rank[k]], settings_.oracle);
  }
  return sum;
}

void EstimateRow::count() {
  const int64_t n = n_drawn();
  double* const weights = log_weights_.data();
  if (settings_.weighing == Weighing::ORACLE)
    temper(weights, n, settings_.oracle.min_ess_share * static_cast<double>(n));
  double most = *std::max_element(weights, weights + n);
  if (!(most > MINUS_INFINITY)) {  // none explains anything: they count alike
    std::fill_n(weights, n, 0.0);
    most = 0;
  }
  sums_.make_room(most);
  for (int64_t i = 0; i < n; ++i)
    sums_.add(&values_[static_cast<size_t>(N_SLOTS * i)], slots_, weights[i]);
  if (batch_at_ < batch_n_) return;
  const AdaptiveSampling& a = settings_.adaptive;
  ++n_batches_;
  n_sampled_ += batch_n_;
  if (complete() || !a.min_samples) {
    open_ = false;
    return;
  }
  converged_ = all_below(a.sem_threshold);
  open_ = !converged_ && n_sampled_ < a.max_samples && !(a.stop_when_certain && certain());
}

bool EstimateRow::all_below(double threshold) const {
  for (uint32_t s = slots_; s; s &= s - 1)
    if (std::sqrt(sums_.mean_variance(lowest(s))) >= threshold) return false;
  return true;
}

// Whether the best play is ahead of each other one by four standard errors.
bool EstimateRow::certain() const {
  int best = lowest(slots_);
  for (uint32_t s = slots_; s; s &= s - 1)
    if (sums_.mean(lowest(s)) > sums_.mean(best)) best = lowest(s);
  for (uint32_t s = slots_; s; s &= s - 1) {
    const int slot = lowest(s);
    if (slot == best) continue;
    const double error = std::sqrt(sums_.mean_variance(slot) + sums_.mean_variance(best));
    if (!(sums_.mean(best) - sums_.mean(slot) > 4 * error)) return false;
  }
  return true;
}

}  // namespace forge::cpu
