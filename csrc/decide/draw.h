// Which worlds a decision is judged by, and what each counts for. Sums go from the first world to
// the last, whoever makes them. To be compiled without fused operations.
#pragma once

#include "core/philox.h"
#include "decide/owners.h"
#include "decide/settings.h"
#include "worlds/sample.h"

namespace forge {

// Streams of a decision's key beside those of the samplers.
inline constexpr uint32_t STREAM_RESAMPLE = 16, STREAM_ORDER = 17;

struct WorldPlan {
  int64_t n;    // worlds drawn
  bool all;     // there are no more
  bool weighs;  // whether they count by how well the policy explains the plays
};

FORGE_HD inline WorldPlan plan_worlds(const WorldTable& table, const SeenHand& seen,
                                      const DecideSettings& how, bool has_policy) {
  WorldPlan plan;
  plan.weighs = how.weigh && has_policy && seen.now.n_plays > 0;
  const int64_t pool = plan.weighs && how.pool > how.n_worlds ? how.pool : how.n_worlds;
  plan.all = table.n_worlds <= pool;
  plan.n = plan.all ? table.n_worlds : pool;
  return plan;
}

// World j of a plan.
FORGE_HD inline World draw_world(const WorldTable& table, const WorldPlan& plan, int64_t key,
                                 int64_t j) {
  World world;
  const auto index = static_cast<uint32_t>(j);
  if (plan.all) unrank_worlds<1>(table, &index, &world);
  else sample_uniform<1>(table, key, j, &world);
  return world;
}

struct Weighed {
  double effective;  // worlds that as many alike would tell as much as these
  double mean;       // likelihood
};

// Likelihoods become weights, which add up to how many worlds there are.
FORGE_HD inline Weighed make_weights(Owners* worlds, int64_t n_worlds) {
  const auto n = static_cast<double>(n_worlds);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n_worlds; ++i) {
    sum += worlds[i].weight;
    squares += worlds[i].weight * worlds[i].weight;
  }
  if (!(squares > 0)) {  // none explains anything: they count alike
    for (int64_t i = 0; i < n_worlds; ++i) worlds[i].weight = 1;
    return {n, 1};
  }
  for (int64_t i = 0; i < n_worlds; ++i) worlds[i].weight *= n / sum;
  return {sum * sum / squares, sum / n};
}

// Systematic: n draws at equal distances, those of one world merged. Returns how many worlds are
// left, in front.
FORGE_HD inline int64_t resample(Owners* worlds, int64_t n_worlds, int64_t n, int64_t key) {
  RandomStream random(key, 0, STREAM_RESAMPLE);
  const double first = random.next() * 0x1p-32;
  const double step = static_cast<double>(n) / static_cast<double>(n_worlds);
  double sum = 0;
  int64_t n_drawn = 0, n_left = 0;
  for (int64_t i = 0; i < n_worlds; ++i) {
    sum += worlds[i].weight * step;
    int64_t times = 0;
    for (; n_drawn < n && first + static_cast<double>(n_drawn) < sum; ++n_drawn) ++times;
    if (!times) continue;
    worlds[n_left] = worlds[i];
    worlds[n_left++].weight = static_cast<double>(times);
  }
  return n_left;
}

FORGE_HD inline void shuffle(Owners* worlds, int64_t n_worlds, int64_t key) {
  RandomStream random(key, 0, STREAM_ORDER);
  for (int64_t i = n_worlds; i > 1; --i) {
    const uint32_t other = random.below(static_cast<uint32_t>(i));
    const Owners last = worlds[i - 1];
    worlds[i - 1] = worlds[other];
    worlds[other] = last;
  }
}

// Of the worlds of a plan, weight: likelihood, those that the decision is judged by, in front.
// Returns how many.
FORGE_HD inline int64_t settle_worlds(Owners* worlds, const WorldPlan& plan,
                                      const DecideSettings& how, int64_t key, Weighed* weighed) {
  int64_t n = plan.n;
  *weighed = {static_cast<double>(n), 1};
  if (plan.weighs) {
    *weighed = make_weights(worlds, n);
    if (n > how.n_worlds) n = resample(worlds, n, how.n_worlds, key);
  }
  // Worlds in order of their numbers begin alike, and a race judges by the first ones.
  if (plan.all && how.race) shuffle(worlds, n, key);
  return n;
}

}  // namespace forge
