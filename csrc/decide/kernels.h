// Kernels over the decisions, worlds and slots of a chunk. To be compiled without fused operations.
//
// What the CPU refuses, a row that no seat can be looking at or that no hidden hands fit, has slot
// -1 and nothing else.
#pragma once

#include <cmath>

#include "decide/by_policy.h"
#include "decide/draw.h"
#include "decide/race.h"
#include "decide/rounds.h"
#include "decide/values.h"
#include "policy/kernels.h"

namespace forge {

struct DecidingRow {
  WorldPlan plan;    // n = 0: nothing is to be judged
  int64_t n_worlds;  // judged by
  int64_t place;     // of its first position in the round, -1: it has none
  uint32_t best;     // slots that points decide between
  bool open;         // whether anything is asked about its worlds
  Race race;

  FORGE_HD uint32_t asked() const { return race.open(); }
};

struct DecideWork : RoundRoom {
  DecidingRow* rows;  // [n_rows]
  int8_t* rolled;     // [n_rows * window, 7]
};

// Worlds drawn for a row, at most.
FORGE_INLINE int64_t most_worlds(const DecideSettings& how, bool has_policy) {
  return how.weigh && has_policy && how.pool > how.n_worlds ? how.pool : how.n_worlds;
}

// Some decisions of a job, from row `begin` on.
struct DecideChunk {
  DecideJob job;
  DecideWork work;
  int64_t begin;
};

// Over rows: what the seat sees, and how many worlds are to be drawn.
struct BeginDecisions {
  DecideChunk c;
  FORGE_HD void operator()(int64_t i) const {
    const int64_t row = c.begin + i;
    const Decisions& out = c.job.out;
    DecidingRow& r = c.work.rows[i];
    for (int slot = 0; slot < N_SLOTS; ++slot)
      out.chances[N_SLOTS * row + slot] = out.points[N_SLOTS * row + slot] = NAN;
    out.slots[row] = -1;
    out.n_worlds[row] = 0;
    out.effective[row] = 0;
    r.plan = {0, false, false};
    r.n_worlds = 0;
    r.best = 0;
    r.open = false;
    if (seen_error(c.job.batch, row)) return;
    SeenHand& seen = c.work.seen[i];
    read_seen(c.job.batch, row, &seen);
    const uint32_t slots = legal_slots(seen);
    if (!is_choice(slots)) {
      out.slots[row] = static_cast<int8_t>(lowest(slots));
      return;
    }
    build_world_table(constraints_of(seen), &c.work.tables[i]);
    if (c.work.tables[i].n_worlds)
      r.plan = plan_worlds(c.work.tables[i], seen, c.job.settings, c.job.weights.numbers);
  }
};

// Over rows and their worlds: weighed by how well they explain what was played.
struct DrawWorlds {
  DecideChunk c;
  FORGE_HD void operator()(int64_t i) const {
    const int64_t row = i / c.work.pool, j = i % c.work.pool;
    const WorldPlan& plan = c.work.rows[row].plan;
    if (j >= plan.n) return;
    const SeenHand& seen = c.work.seen[row];
    Owners world =
        owners_of(seen, draw_world(c.work.tables[row], plan, c.job.keys[c.begin + row], j));
    if (plan.weighs)
      world.weight = likelihood(seen, world, c.job.settings.uniform, c.job.settings.window,
                                EvaluateHere{c.job.weights});
    c.work.worlds[i] = world;
  }
};

// Over rows: the worlds to judge by, and the race for the contract.
struct SettleWorlds {
  DecideChunk c;
  FORGE_HD void operator()(int64_t i) const {
    DecidingRow& r = c.work.rows[i];
    if (!r.plan.n) return;
    const int64_t row = c.begin + i;
    Weighed weighed;
    r.n_worlds = settle_worlds(c.work.worlds + c.work.pool * i, r.plan, c.job.settings,
                               c.job.keys[row], &weighed);
    c.job.out.n_worlds[row] = r.n_worlds;
    c.job.out.effective[row] = weighed.effective;
    r.best = legal_slots(c.work.seen[i]);
    double bonus[N_SLOTS] = {};
    if (prior_of(c.job) > 0)
      own_bonus(c.work.seen[i], prior_of(c.job), c.job.settings.uniform,
                EvaluateHere{c.job.weights}, bonus);
    r.race = Race(r.best, bonus);
    r.open = !c.job.settings.for_points && !c.work.seen[i].now.decided();
  }
};

// Over rows, the worlds of the round and slots.
struct RollOut {
  DecideChunk c;
  WorldRound round;
  FORGE_HD void operator()(int64_t i) const {
    int64_t row, world, at;
    const int slot = static_cast<int>(i % N_SLOTS);
    if (!find_position(c, round, i / N_SLOTS, &row, &world, &at)) return;
    const DecideWork& work = c.work;
    if (work.rows[row].race.open() >> slot & 1)
      work.rolled[N_SLOTS * at + slot] = roll_out(
          work.seen[row], work.worlds[work.pool * row + world], slot, EvaluateHere{c.job.weights});
  }
};

// Over rows: the answers of the round, world after world.
struct AddWorlds {
  DecideChunk c;
  WorldRound round;
  FORGE_HD void operator()(int64_t i) const {
    const DecideWork& work = c.work;
    DecidingRow& r = work.rows[i];
    if (r.place < 0) return;
    const Owners* const worlds = work.worlds + work.pool * i;
    const bool of_defenders = defends(work.seen[i]);
    const double mix = mix_of(c.job);
    const int64_t to = round.to < r.n_worlds ? round.to : r.n_worlds;
    Race race = r.race;
    for (int64_t world = round.from; world < to; ++world) {
      const int64_t at = N_SLOTS * (r.place + world - round.from);
      double value[N_SLOTS] = {};
      for (uint32_t s = race.open(); s; s &= s - 1) {
        const int slot = lowest(s);
        const int8_t answer = work.answers[at + slot];
        value[slot] = round.for_points ? points_in_world(answer, of_defenders)
                                       : chance_in_world(answer, mix > 0 && work.rolled[at + slot],
                                                         mix, of_defenders);
      }
      race.add(value, worlds[world].weight);
    }
    if (round.drops && round.to <= r.n_worlds) {
      race.drop();
      r.open = is_choice(race.open());
    }
    r.race = race;
  }
};

// Over rows: chances, and the race between those that are equally good.
struct KeepChances {
  DecideChunk c;
  FORGE_HD void operator()(int64_t i) const {
    DecidingRow& r = c.work.rows[i];
    if (!r.plan.n) return;
    const int64_t row = c.begin + i;
    const SeenHand& seen = c.work.seen[i];
    if (!c.job.settings.for_points) {
      const bool decided = seen.now.decided();
      for (uint32_t s = r.best; s; s &= s - 1) {
        const int slot = lowest(s);
        c.job.out.chances[N_SLOTS * row + slot] = decided ? came_out_well(seen) : r.race.mean(slot);
      }
      if (!decided) r.best = r.race.best();
    }
    c.job.out.slots[row] = static_cast<int8_t>(lowest(r.best));
    r.race = Race(r.best);
    r.open = is_choice(r.best);
  }
};

// Over rows: points where they decided.
struct KeepPoints {
  DecideChunk c;
  FORGE_HD void operator()(int64_t i) const {
    const DecidingRow& r = c.work.rows[i];
    if (!is_choice(r.best)) return;
    const int64_t row = c.begin + i;
    for (uint32_t s = r.best; s; s &= s - 1)
      c.job.out.points[N_SLOTS * row + lowest(s)] = r.race.mean(lowest(s));
    c.job.out.slots[row] = static_cast<int8_t>(lowest(r.race.best()));
  }
};

}  // namespace forge
