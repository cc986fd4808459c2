#include "decide/worlds.h"

namespace forge::cpu {

bool SeatWorlds::draw(const SeenHand& seen, int64_t key, const DecideSettings& how,
                      const Judge& judge, const std::function<void()>& look) {
  build_world_table(constraints_of(seen), &table_);
  if (table_.n_worlds == 0) return false;
  const WorldPlan plan = plan_worlds(table_, seen, how, judge.weights.numbers != nullptr);
  worlds_.clear();
  for (int64_t j = 0; j < plan.n; ++j)
    worlds_.push_back(owners_of(seen, draw_world(table_, plan, key, j)));
  if (plan.weighs) {
    weigher_.begin(seen, how, judge);
    for (Owners& world : worlds_) {
      look();
      world.weight = weigher_.likelihood(world);
    }
  }
  const int64_t n = settle_worlds(worlds_.data(), plan, how, key, &weighed_);
  worlds_.resize(static_cast<size_t>(n));
  return true;
}

}  // namespace forge::cpu
