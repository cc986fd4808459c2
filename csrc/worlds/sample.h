// One random world. World j of a question depends on (key, j) and the sampler alone.
#pragma once

#include "core/philox.h"
#include "worlds/world_table.h"

namespace forge {

// Numbers of the streams, and what the bindings call the samplers.
enum class Sampler : int { UNIFORM = 0, MRV = 1 };

// Every world equally likely: worlds j .. j + N - 1. There must be one.
template <int N>
FORGE_INLINE void sample_uniform(const WorldTable& table, int64_t key, int64_t j, World* worlds) {
  uint32_t index[N];
  for (int k = 0; k < N; ++k)
    index[k] =
        RandomStream(key, j + k, static_cast<uint32_t>(Sampler::UNIFORM)).below(table.n_worlds);
  unrank_worlds<N>(table, index, worlds);
}

// Most constrained first: of the dominoes that the fewest seats can still take, one at random goes
// to one of these seats at random, until all are dealt. *Can take* looks ahead: the rest can still
// be dealt. So nothing is ever taken back, and the worlds come with the probabilities of random
// backtracking that tries the seats of such a domino in random order and returns from dead ends:
// the first of a random order that leads on is equally likely to be each that does.
class MostConstrainedFirst {
 public:
  FORGE_INLINE explicit MostConstrainedFirst(const Constraints& c) {
    for (int seat = 0; seat < N_HIDDEN; ++seat) {
      may_[seat] = c.allowed[seat];
      room_[seat] = c.size[seat];
      hand_[seat] = 0;
    }
  }

  // The question must have a world.
  FORGE_INLINE World deal(RandomStream& random) {
    for (;;) {
      settle();
      const uint32_t all = may_[0] & may_[1] & may_[2];
      const uint32_t two = (may_[0] | may_[1] | may_[2]) & ~all;
      if (two) {
        const int n = popcount(two);
        const uint32_t choice = random.below(static_cast<uint32_t>(2 * n));
        const uint32_t domino = nth_bit(two, static_cast<int>(choice >> 1));
        // Of two seats the lower or the higher.
        const int low = may_[0] & domino ? 0 : 1, high = may_[2] & domino ? 2 : 1;
        take(choice & 1 ? high : low, domino);
      } else if (all) {
        const int n = popcount(all);
        const uint32_t choice = random.below(static_cast<uint32_t>(3 * n));
        take(static_cast<int>(choice % 3), nth_bit(all, static_cast<int>(choice / 3)));
      } else {
        return {{hand_[0], hand_[1], hand_[2]}};
      }
    }
  }

 private:
  FORGE_INLINE void take(int seat, uint32_t dominoes) {
    const int n = popcount(dominoes);
    for (int other = 0; other < N_HIDDEN; ++other) {  // no index that is not a constant: registers
      may_[other] &= ~dominoes;
      hand_[other] |= other == seat ? dominoes : 0;
      room_[other] -= other == seat ? n : 0;
    }
  }

  // Deals what only one seat can take, until every domino left has two or three that can. By Hall's
  // condition these are all the cases: a seat is full; a domino is left to one seat; a seat needs
  // all that is left to it (the other two are then full with what is theirs alone).
  FORGE_INLINE void settle() {
    for (bool again = true; again;) {
      again = false;
      for (int seat = 0; seat < N_HIDDEN; ++seat) {
        const uint32_t others = may_[(seat + 1) % N_HIDDEN] | may_[(seat + 2) % N_HIDDEN];
        if (room_[seat] == 0) {
          again |= may_[seat] != 0;
          may_[seat] = 0;
        }
        const uint32_t mine = may_[seat];
        const uint32_t sure = popcount(mine) == room_[seat] ? mine : mine & ~others;
        if (sure) {
          take(seat, sure);
          again = true;
        }
      }
    }
  }

  uint32_t may_[N_HIDDEN];  // what is left and the seat can still take
  int room_[N_HIDDEN];
  uint32_t hand_[N_HIDDEN];
};

// The question must have a world.
FORGE_INLINE World sample_mrv(const Constraints& c, int64_t key, int64_t j) {
  RandomStream random(key, j, static_cast<uint32_t>(Sampler::MRV));
  return MostConstrainedFirst(c).deal(random);
}

}  // namespace forge
