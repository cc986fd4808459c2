// Kernels over the decisions and worlds of a chunk whose E[Q] is estimated. To be compiled without
// fused operations.
//
// Worlds that are drawn once: by a fixed number, or all of them; alike, or weighed by a policy.
// What the CPU refuses, a row that no seat can be looking at or that no hidden hands fit, has no
// possible world, no world counted and nothing but NaN.
#pragma once

#include "decide/by_policy.h"
#include "decide/estimates.h"
#include "decide/rounds.h"
#include "policy/kernels.h"

namespace forge {

struct EstimatingRow {
  WorldPlan plan;    // n = 0: nothing is to be valued
  int64_t n_worlds;  // valued
  int64_t place;     // of its first position in the round, -1: it has none
  uint32_t slots;    // legal ones
  bool complete;     // all worlds are valued
  bool open;

  FORGE_HD uint32_t asked() const { return slots; }
};

// The weight of a world is its logarithm, once worlds are settled.
struct EstimateWork : RoundRoom {
  EstimatingRow* rows;  // [n_rows]
  WorldSums* sums;      // [n_rows]
};

// Worlds of a decision that are valued, and that are drawn, at most.
FORGE_INLINE int64_t most_valued(const EstimateSettings& how) {
  return how.n_samples > how.all_up_to ? how.n_samples : how.all_up_to;
}
FORGE_INLINE int64_t most_drawn(const EstimateSettings& how) {
  const int64_t pool = how.weighing == Weighing::POLICY ? how.policy.pool * how.n_samples : 0;
  return pool > most_valued(how) ? pool : most_valued(how);
}

struct EstimateChunk {
  EstimateJob job;
  EstimateWork work;
  int64_t begin;
};

// Over rows: what the seat sees, and how many worlds are to be drawn.
struct BeginEstimates {
  EstimateChunk c;
  FORGE_HD void operator()(int64_t i) const {
    const int64_t row = c.begin + i;
    const EstimateSettings& how = c.job.settings;
    EstimatingRow& r = c.work.rows[i];
    r = {{0, false, false}, 0, -1, 0, false, false};
    c.work.sums[i] = WorldSums();
    c.job.out.n_possible[row] = 0;
    if (seen_error(c.job.batch, row)) return;
    SeenHand& seen = c.work.seen[i];
    WorldTable& table = c.work.tables[i];
    read_seen(c.job.batch, row, &seen);
    build_world_table(constraints_of(seen), &table);
    c.job.out.n_possible[row] = table.n_worlds;
    if (!table.n_worlds) return;
    r.slots = legal_slots(seen);
    r.complete = table.n_worlds <= how.all_up_to;
    const bool by_policy = how.weighing == Weighing::POLICY;
    if (r.complete) r.plan = {table.n_worlds, true, by_policy};
    else if (by_policy) r.plan = plan_worlds(table, seen, pool_settings(how, how.n_samples), true);
    else r.plan = {how.n_samples, false, false};
  }
};

// Over rows and their worlds; weighed by how well they explain what was played.
struct DrawEstimates {
  EstimateChunk c;
  FORGE_HD void operator()(int64_t i) const {
    const int64_t row = i / c.work.pool, j = i % c.work.pool;
    const EstimatingRow& r = c.work.rows[row];
    if (j >= r.plan.n) return;
    const EstimateSettings& how = c.job.settings;
    const SeenHand& seen = c.work.seen[row];
    const int64_t key = c.job.keys[c.begin + row];
    World drawn;
    if (how.sampler == Sampler::MRV && !r.plan.all)
      drawn = sample_mrv(constraints_of(seen), key, j);
    else drawn = draw_world(c.work.tables[row], r.plan, key, j);
    Owners world = owners_of(seen, drawn);
    if (r.plan.weighs)
      world.weight = likelihood(seen, world, how.policy.uniform, how.policy.window,
                                EvaluateHere{c.job.weights});
    c.work.worlds[i] = world;
  }
};

// Over rows: the worlds that are valued, with the logarithms of their weights.
struct SettleEstimates {
  EstimateChunk c;
  FORGE_HD void operator()(int64_t i) const {
    EstimatingRow& r = c.work.rows[i];
    if (!r.plan.n) return;
    Owners* const worlds = c.work.worlds + c.work.pool * i;
    const EstimateSettings& how = c.job.settings;
    double mean = 0;
    r.n_worlds = r.plan.n;
    if (how.weighing == Weighing::POLICY && !r.complete) {
      Weighed weighed;
      r.n_worlds = settle_worlds(worlds, r.plan, pool_settings(how, how.n_samples),
                                 c.job.keys[c.begin + i], &weighed);
      mean = log_of(weighed.mean);
    }
    double most = MINUS_INFINITY;
    for (int64_t k = 0; k < r.n_worlds; ++k) {
      worlds[k].weight = mean + log_of(worlds[k].weight);
      if (worlds[k].weight > most) most = worlds[k].weight;
    }
    if (!(most > MINUS_INFINITY)) {  // none explains anything: they count alike
      for (int64_t k = 0; k < r.n_worlds; ++k) worlds[k].weight = 0;
      most = 0;
    }
    c.work.sums[i].make_room(most);
    r.open = true;
  }
};

// Over rows: the answers of the round, world after world.
struct AddEstimates {
  EstimateChunk c;
  WorldRound round;
  FORGE_HD void operator()(int64_t i) const {
    const EstimatingRow& r = c.work.rows[i];
    if (r.place < 0) return;
    const Owners* const worlds = c.work.worlds + c.work.pool * i;
    const bool of_defenders = defends(c.work.seen[i]);
    const int64_t to = round.to < r.n_worlds ? round.to : r.n_worlds;
    for (int64_t world = round.from; world < to; ++world) {
      const int8_t* const answers = c.work.answers + N_SLOTS * (r.place + world - round.from);
      int8_t value[N_SLOTS] = {};
      for (uint32_t s = r.slots; s; s &= s - 1)
        value[lowest(s)] = value_of_answer(answers[lowest(s)], !round.for_points, of_defenders);
      c.work.sums[i].add(value, r.slots, worlds[world].weight);
    }
  }
};

// Over rows: what they said.
struct KeepEstimates {
  EstimateChunk c;
  FORGE_HD void operator()(int64_t i) const {
    const EstimatingRow& r = c.work.rows[i];
    const int64_t row = c.begin + i;
    if (r.plan.n) {
      write_estimate(c.work.sums[i], c.work.seen[i], c.job.settings.for_chance, r.complete, row,
                     c.job.out);
    } else {
      write_nothing(row, c.job.out);
    }
  }
};

}  // namespace forge
