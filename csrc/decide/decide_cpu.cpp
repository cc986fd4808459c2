#include "decide/decide_cpu.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>

#include "decide/race.h"
#include "decide/worlds.h"
#include "search/search_cpu.h"

namespace forge::cpu {
namespace {

const EvaluatePolicy EVALUATE = fastest_policy();
constexpr double NOT_A_NUMBER = std::numeric_limits<double>::quiet_NaN();

// A world as the search takes it: the seat to act has its slots, the others theirs by rank.
struct WorldPosition {
  int8_t deal[N_DOMINOES];
  int64_t state;

  WorldPosition(const SeenHand& seen, const Owners& world) {
    const PublicHand& p = seen.now;
    const RankTables& t = *p.ranks;
    uint32_t held = 0;
    uint8_t slot_of[N_DOMINOES];  // by rank
    for (int seat = 0; seat < N_SEATS; ++seat) {
      uint32_t left = world.dealt[seat];
      for (int slot = 0; slot < N_SLOTS; ++slot, left &= left - 1) {
        const int rank = seat == p.seat() ? seen.slot_rank[slot] : lowest(left);
        deal[N_SLOTS * seat + slot] = static_cast<int8_t>(t.domino_at[rank]);
        slot_of[rank] = static_cast<uint8_t>(slot);
        if (!(p.played >> rank & 1)) held |= uint32_t{1} << (N_SLOTS * seat + slot);
      }
    }
    state = boundary_state(held, p.leader) | static_cast<int64_t>(p.turn) << 30;
    for (int k = 0; k < p.turn; ++k) {
      state &= ~(int64_t{7} << (32 + 3 * k));
      state |= static_cast<int64_t>(slot_of[p.trick[k]]) << (32 + 3 * k);
    }
  }
};

class Decider {
 public:
  Decider(const Parallel& how, int worker) : pause_(how, worker), worlds_(new SeatWorlds) {}

  // False if no hidden hands fit.
  bool decide(const SeenHand& seen, int64_t key, const PolicyWeights& weights,
              const DecideSettings& settings, int64_t row, const Decisions& out);

 private:
  int choose(const SeenHand& seen, uint32_t slots, double* points);
  Race judge(const SeenHand& seen);
  // values(world, position, open slots, value [7]): what the open slots are worth in a world.
  template <class Values>
  Race race_over_worlds(const SeenHand& seen, uint32_t slots, const Values& values);
  // Whether the declarer's side makes it where everybody plays on by the policy.
  bool roll_out(const SeenHand& seen, const Owners& world, int slot) const;
  int by_policy(const PublicHand& p, uint32_t hand, uint32_t legal) const;

  Pause pause_;
  std::unique_ptr<SeatWorlds> worlds_;
  SearchMemory memory_;
  Judge judge_{EVALUATE, {nullptr}};
  const DecideSettings* settings_ = nullptr;
};

uint32_t legal_slots(const SeenHand& seen) {
  uint32_t slots = 0;
  for (int slot = 0; slot < N_SLOTS; ++slot)
    slots |= (seen.legal >> seen.slot_rank[slot] & 1) << slot;
  return slots;
}

bool Decider::decide(const SeenHand& seen, int64_t key, const PolicyWeights& weights,
                     const DecideSettings& settings, int64_t row, const Decisions& out) {
  judge_.weights = weights;
  settings_ = &settings;
  double* const chances = out.chances + N_SLOTS * row;
  double* const points = out.points + N_SLOTS * row;
  std::fill_n(chances, N_SLOTS, NOT_A_NUMBER);
  std::fill_n(points, N_SLOTS, NOT_A_NUMBER);
  out.n_worlds[row] = 0;
  out.effective[row] = 0;
  const uint32_t slots = legal_slots(seen);
  out.slots[row] = static_cast<int8_t>(lowest(slots));
  if (!(slots & (slots - 1))) return true;
  pause_.look();
  if (!worlds_->draw(seen, key, settings, judge_, [this] { pause_.look(); })) return false;
  out.n_worlds[row] = static_cast<int64_t>(worlds_->worlds().size());
  out.effective[row] = worlds_->effective();
  uint32_t best = slots;
  if (settings.for_points) {
    // Nothing to look at but points.
  } else if (seen.now.decided()) {
    const bool good = seen.now.made() != (seen.now.seat() & 1);
    for (uint32_t s = slots; s; s &= s - 1) chances[lowest(s)] = good;
  } else {
    const Race race = judge(seen);
    for (uint32_t s = slots; s; s &= s - 1) chances[lowest(s)] = race.mean(lowest(s));
    best = race.best();
  }
  out.slots[row] = static_cast<int8_t>(choose(seen, best, points));
  return true;
}

template <class Values>
Race Decider::race_over_worlds(const SeenHand& seen, uint32_t slots, const Values& values) {
  Race race(slots);
  int64_t n = 0, look = FIRST_LOOK;
  for (const Owners& world : worlds_->worlds()) {
    pause_.look();
    double value[N_SLOTS] = {};
    values(world, WorldPosition(seen, world), race.open(), value);
    race.add(value, world.weight);
    if (settings_->race && ++n == look) {
      race.drop();
      look = next_look(look);
      if (!(race.open() & (race.open() - 1))) break;
    }
  }
  return race;
}

Race Decider::judge(const SeenHand& seen) {
  const PublicHand& p = seen.now;
  const double mix = judge_.weights.numbers ? settings_->rollouts : 0.0;
  const int target = 2 * p.need() - p.left();
  const bool defends = p.seat() & 1;
  return race_over_worlds(
      seen, legal_slots(seen),
      [&](const Owners& world, const WorldPosition& position, uint32_t open, double* value) {
        int8_t made[N_SLOTS];
        search_at_least_warm(memory_, position.deal, p.decl, position.state, target, made, open);
        for (uint32_t s = open; s; s &= s - 1) {
          const int slot = lowest(s);
          double chance = made[slot];
          if (mix > 0) chance = (1 - mix) * chance + mix * roll_out(seen, world, slot);
          value[slot] = defends ? 1 - chance : chance;
        }
      });
}

int Decider::choose(const SeenHand& seen, uint32_t slots, double* points) {
  if (!(slots & (slots - 1))) return lowest(slots);
  const PublicHand& p = seen.now;
  const int sign = p.seat() & 1 ? -1 : 1;
  const Race race = race_over_worlds(
      seen, slots, [&](const Owners&, const WorldPosition& position, uint32_t open, double* value) {
        int8_t q[N_SLOTS];
        search_warm(memory_, position.deal, p.decl, position.state, q, open);
        for (uint32_t s = open; s; s &= s - 1) value[lowest(s)] = sign * q[lowest(s)];
      });
  for (uint32_t s = slots; s; s &= s - 1) points[lowest(s)] = race.mean(lowest(s));
  return lowest(race.best());
}

bool Decider::roll_out(const SeenHand& seen, const Owners& world, int slot) const {
  PublicHand p = seen.now;
  play_rank(&p, seen.slot_rank[slot]);
  while (!p.decided()) {
    const uint32_t hand = world.dealt[p.seat()] & ~p.by[p.seat()];
    const uint32_t legal = p.legal(hand);
    play_rank(&p, legal & (legal - 1) ? by_policy(p, hand, legal) : lowest(legal));
  }
  return p.made();
}

int Decider::by_policy(const PublicHand& p, uint32_t hand, uint32_t legal) const {
  Features f;
  float logits[N_SLOTS];
  judge_.evaluate(judge_.weights, p, hand, legal, &f, logits);
  return f.candidate[std::max_element(logits, logits + f.n_candidates) - logits].rank;
}

}  // namespace

int64_t decide(const SeenBatch& batch, const int64_t* keys, const PolicyWeights& weights,
               const DecideSettings& settings, const Decisions& out, const Parallel& given) {
  std::atomic<bool> stopped{false};
  Parallel how = given;
  how.stopped = &stopped;
  std::vector<std::unique_ptr<Decider>> deciders(static_cast<size_t>(std::max(how.n_threads, 1)));
  std::atomic<int64_t> bad{batch.n};
  parallel_for(how, batch.n, 1, [&](int worker, int64_t begin, int64_t end) {
    auto& decider = deciders[static_cast<size_t>(worker)];
    if (!decider) decider = std::make_unique<Decider>(how, worker);
    const auto seen = std::make_unique<SeenHand>();
    for (int64_t i = begin; i < end; ++i) {
      read_seen(batch, i, seen.get());
      if (decider->decide(*seen, keys[i], weights, settings, i, out)) continue;
      int64_t known = bad;
      while (i < known && !bad.compare_exchange_weak(known, i)) {}
    }
  });
  return bad < batch.n ? bad.load() : -1;
}

}  // namespace forge::cpu
