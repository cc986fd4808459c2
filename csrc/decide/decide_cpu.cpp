#include "decide/decide_cpu.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>

#include "decide/by_policy.h"
#include "decide/race.h"
#include "decide/values.h"
#include "decide/world_position.h"
#include "decide/worlds.h"
#include "search/search_cpu.h"

namespace forge::cpu {
namespace {

const EvaluatePolicy EVALUATE = fastest_policy();
constexpr double NOT_A_NUMBER = std::numeric_limits<double>::quiet_NaN();

class Decider {
 public:
  Decider(const DecideJob& job, const Parallel& how, int worker)
      : job_(job), pause_(how, worker), judge_{EVALUATE, job.weights} {}

  // False if no hidden hands fit.
  bool decide(int64_t row);

 private:
  int choose(uint32_t slots, double* points);
  Race judge(uint32_t slots);
  // values(world, position, open slots, value [7]): what the open slots are worth in a world.
  template <class Values>
  Race run_over_worlds(Race race, const Values& values);

  const DecideJob& job_;
  Pause pause_;
  const Judge judge_;
  SeenHand seen_;
  SeatWorlds worlds_;
  SearchMemory memory_;
};

bool Decider::decide(int64_t row) {
  const Decisions& out = job_.out;
  double* const chances = out.chances + N_SLOTS * row;
  double* const points = out.points + N_SLOTS * row;
  std::fill_n(chances, N_SLOTS, NOT_A_NUMBER);
  std::fill_n(points, N_SLOTS, NOT_A_NUMBER);
  out.n_worlds[row] = 0;
  out.effective[row] = 0;
  read_seen(job_.batch, row, &seen_);
  const uint32_t slots = legal_slots(seen_);
  out.slots[row] = static_cast<int8_t>(lowest(slots));
  if (!is_choice(slots)) return true;
  pause_.look();
  if (!worlds_.draw(seen_, job_.keys[row], job_.settings, judge_, [this] { pause_.look(); }))
    return false;
  out.n_worlds[row] = static_cast<int64_t>(worlds_.worlds().size());
  out.effective[row] = worlds_.effective();
  uint32_t best = slots;
  if (job_.settings.for_points) {
    // Nothing to look at but points.
  } else if (seen_.now.decided()) {
    for (uint32_t s = slots; s; s &= s - 1) chances[lowest(s)] = came_out_well(seen_);
  } else {
    const Race race = judge(slots);
    for (uint32_t s = slots; s; s &= s - 1) chances[lowest(s)] = race.mean(lowest(s));
    best = race.best();
  }
  out.slots[row] = static_cast<int8_t>(choose(best, points));
  return true;
}

template <class Values>
Race Decider::run_over_worlds(Race race, const Values& values) {
  int64_t n = 0, look = FIRST_LOOK;
  for (const Owners& world : worlds_.worlds()) {
    pause_.look();
    double value[N_SLOTS] = {};
    values(world, WorldPosition(seen_, world), race.open(), value);
    race.add(value, world.weight);
    if (job_.settings.race && ++n == look) {
      race.drop();
      look = next_look(look);
      if (!is_choice(race.open())) break;
    }
  }
  return race;
}

Race Decider::judge(uint32_t slots) {
  const double mix = mix_of(job_);
  const int target = target_of(seen_);
  double bonus[N_SLOTS] = {};
  if (prior_of(job_) > 0) own_bonus(seen_, prior_of(job_), job_.settings.uniform, judge_, bonus);
  return run_over_worlds(Race(slots, bonus), [&](const Owners& world, const WorldPosition& position,
                                                 uint32_t open, double* value) {
    int8_t made[N_SLOTS];
    search_at_least_warm(memory_, position.deal, seen_.now.decl, position.state, target, made,
                         open);
    for (uint32_t s = open; s; s &= s - 1) {
      const int slot = lowest(s);
      const bool rolled = mix > 0 && roll_out(seen_, world, slot, judge_);
      value[slot] = chance_in_world(made[slot], rolled, mix, defends(seen_));
    }
  });
}

int Decider::choose(uint32_t slots, double* points) {
  if (!is_choice(slots)) return lowest(slots);
  const Race race = run_over_worlds(
      Race(slots), [&](const Owners&, const WorldPosition& position, uint32_t open, double* value) {
        int8_t q[N_SLOTS];
        search_warm(memory_, position.deal, seen_.now.decl, position.state, q, open);
        for (uint32_t s = open; s; s &= s - 1)
          value[lowest(s)] = points_in_world(q[lowest(s)], defends(seen_));
      });
  for (uint32_t s = slots; s; s &= s - 1) points[lowest(s)] = race.mean(lowest(s));
  return lowest(race.best());
}

}  // namespace

int64_t decide(const DecideJob& job, const Parallel& given) {
  std::atomic<bool> stopped{false};
  Parallel how = given;
  how.stopped = &stopped;
  std::vector<std::unique_ptr<Decider>> deciders(static_cast<size_t>(std::max(how.n_threads, 1)));
  FirstItem bad;
  parallel_for(how, job.batch.n, 1, [&](int worker, int64_t begin, int64_t end) {
    auto& decider = deciders[static_cast<size_t>(worker)];
    if (!decider) decider = std::make_unique<Decider>(job, how, worker);
    for (int64_t i = begin; i < end; ++i) {
      if (!decider->decide(i)) bad.name(i);
    }
  });
  return bad.get();
}

}  // namespace forge::cpu
