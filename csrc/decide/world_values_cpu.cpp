#include "decide/world_values_cpu.h"

#include "decide/estimates.h"
#include "decide/owners.h"
#include "decide/values.h"
#include "decide/world_position.h"

namespace forge::cpu {
namespace {

// Worlds that a worker takes at a time.
constexpr int64_t PIECE = 16;

World world_at(const int32_t* worlds, int64_t i) {
  World world;
  for (int k = 0; k < N_HIDDEN; ++k)
    world.hand[k] = static_cast<uint32_t>(worlds[N_HIDDEN * i + k]);
  return world;
}

// Every hidden domino is with one seat that may hold it, and every seat has as many as it should.
bool fits(const Constraints& c, const World& world) {
  uint32_t held = 0;
  for (int k = 0; k < N_HIDDEN; ++k) {
    if (world.hand[k] & (~c.allowed[k] | held) || popcount(world.hand[k]) != c.size[k])
      return false;
    held |= world.hand[k];
  }
  return held == unseen_of(c);
}

}  // namespace

int64_t world_values(const SeenBatch& one, const int32_t* worlds, int64_t n_worlds, int8_t* q,
                     SearchMemories& memories, const Parallel& how) {
  SeenHand seen;
  read_seen(one, 0, &seen);
  const Constraints constraints = constraints_of(seen);
  for (int64_t i = 0; i < n_worlds; ++i)
    if (!fits(constraints, world_at(worlds, i))) return i;
  const uint32_t slots = legal_slots(seen);
  const bool of_defenders = defends(seen);
  memories.reserve(how.n_threads);
  parallel_for(how, n_worlds, PIECE, [&](int worker, int64_t begin, int64_t end) {
    Pause pause(how, worker);
    for (int64_t i = begin; i < end; ++i) {
      pause.look();
      const WorldPosition position(seen, owners_of(seen, world_at(worlds, i)));
      int8_t* const value = q + N_SLOTS * i;
      search_warm(memories.of(worker), position.deal, seen.now.decl, position.state, value);
      for (uint32_t s = slots; s; s &= s - 1)
        value[lowest(s)] = value_of_answer(value[lowest(s)], false, of_defenders);
    }
  });
  return -1;
}

}  // namespace forge::cpu
