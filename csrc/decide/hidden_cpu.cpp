#include "decide/hidden_cpu.h"

#include <algorithm>

#include "decide/worlds.h"

namespace forge::cpu {
namespace {

constexpr int64_t ROW_SIZE = N_HIDDEN * N_DOMINOES;

// Adds what the hidden seats still hold in a world.
void add_world(const SeenHand& seen, const Owners& world, double weight, double* by_seat) {
  const PublicHand& p = seen.now;
  for (int k = 0; k < N_HIDDEN; ++k) {
    const int seat = (p.seat() + 1 + k) & 3;
    uint32_t held = dominoes_of(*p.ranks, world.dealt[seat] & ~p.by[seat]);
    for (; held; held &= held - 1) by_seat[N_DOMINOES * k + lowest(held)] += weight;
  }
}

// The shares of all worlds in which a seat holds a domino.
void count_holders(const Constraints& c, double n_possible, double* by_seat) {
  std::fill_n(by_seat, ROW_SIZE, 0.0);
  for (int k = 0; k < N_HIDDEN; ++k)
    for (uint32_t left = c.allowed[k]; left; left &= left - 1) {
      const uint32_t bit = left & (~left + 1);
      Constraints held = c;
      for (int other = 0; other < N_HIDDEN; ++other)
        if (other != k) held.allowed[other] &= ~bit;
      by_seat[N_DOMINOES * k + lowest(left)] = count_worlds(held) / n_possible;
    }
}

}  // namespace

int64_t hidden_dominoes(const SeenBatch& batch, const int64_t* keys, const PolicyWeights& weights,
                        const DecideSettings& how, const HiddenDominoes& out,
                        const Parallel& parallel) {
  const Judge judge{fastest_policy(), weights};
  DecideSettings settings = how;  // every world drawn is weighed and counted
  settings.pool = settings.n_worlds;
  settings.weigh = true;
  settings.race = false;
  FirstItem bad;
  parallel_for(parallel, batch.n, 1, [&](int worker, int64_t begin, int64_t end) {
    Pause pause(parallel, worker);
    SeatWorlds worlds;
    SeenHand seen;
    for (int64_t i = begin; i < end; ++i) {
      read_seen(batch, i, &seen);
      if (!worlds.draw(seen, keys[i], settings, judge, [&] { pause.look(); })) {
        bad.name(i);
        continue;
      }
      double* const before = out.before + ROW_SIZE * i;
      double* const after = out.after + ROW_SIZE * i;
      count_holders(constraints_of(seen), static_cast<double>(worlds.n_possible()), before);
      out.n_possible[i] = worlds.n_possible();
      if (seen.now.n_plays == 0) {  // nothing was told
        std::copy_n(before, ROW_SIZE, after);
      } else {
        std::fill_n(after, ROW_SIZE, 0.0);
        double sum = 0;
        for (const Owners& world : worlds.worlds()) {
          add_world(seen, world, world.weight, after);
          sum += world.weight;
        }
        for (int64_t k = 0; k < ROW_SIZE; ++k) after[k] /= sum;
      }
      out.n_worlds[i] = static_cast<int64_t>(worlds.worlds().size());
      out.effective[i] = worlds.effective();
    }
  });
  return bad.get();
}

}  // namespace forge::cpu
