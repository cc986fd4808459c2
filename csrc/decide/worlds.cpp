#include "decide/worlds.h"

#include <algorithm>
#include <utility>

#include "core/philox.h"

namespace forge::cpu {
namespace {

// Dominoes by id -> by rank.
uint32_t ranks_of(const RankTables& t, uint32_t dominoes) {
  uint32_t ranks = 0;
  for (; dominoes; dominoes &= dominoes - 1) ranks |= uint32_t{1} << t.rank_of[lowest(dominoes)];
  return ranks;
}

uint32_t dominoes_of(const RankTables& t, uint32_t ranks) {
  uint32_t dominoes = 0;
  for (; ranks; ranks &= ranks - 1) dominoes |= uint32_t{1} << t.domino_at[lowest(ranks)];
  return dominoes;
}

Constraints constraints_of(const SeenHand& seen) {
  const PublicHand& p = seen.now;
  Constraints c;
  for (int k = 0; k < N_HIDDEN; ++k) {
    const int seat = (p.seat() + 1 + k) & 3;
    const uint32_t may = ALL_RANKS & ~(p.played | seen.hand | p.excluded[seat]);
    c.allowed[k] = dominoes_of(*p.ranks, may);
    c.size[k] = N_SLOTS - popcount(p.by[seat]);
  }
  return c;
}

Owners owners_of(const SeenHand& seen, const World& world) {
  const PublicHand& p = seen.now;
  Owners owners;
  owners.weight = 1;
  owners.dealt[p.seat()] = seen.dealt;
  for (int k = 0; k < N_HIDDEN; ++k) {
    const int seat = (p.seat() + 1 + k) & 3;
    owners.dealt[seat] = ranks_of(*p.ranks, world.hand[k]) | p.by[seat];
  }
  return owners;
}

// The policy's probability of play number k from this hand, a share of any legal play mixed in.
double probability(const SeenHand& seen, int k, uint32_t hand, uint32_t legal,
                   const DecideSettings& how, const Judge& judge) {
  Features f;
  float logits[N_SLOTS];
  judge.evaluate(judge.weights, seen.before[k], hand, legal, &f, logits);
  const float most = *std::max_element(logits, logits + f.n_candidates);
  double sum = 0, of_play = 0;
  for (int i = 0; i < f.n_candidates; ++i) {
    const double e = exp_of_negative(static_cast<double>(logits[i]) - static_cast<double>(most));
    sum += e;
    if (f.candidate[i].rank == seen.rank[k]) of_play = e;
  }
  return (1 - how.uniform) * (of_play / sum) + how.uniform / f.n_candidates;
}

}  // namespace

bool SeatWorlds::draw(const SeenHand& seen, int64_t key, const DecideSettings& how,
                      const Judge& judge, const std::function<void()>& look) {
  build_world_table(constraints_of(seen), &table_);
  if (table_.n_worlds == 0) return false;
  const bool weighs = how.weigh && judge.weights.numbers && seen.now.n_plays > 0;
  const int64_t pool = weighs ? std::max(how.pool, how.n_worlds) : how.n_worlds;
  const bool all = table_.n_worlds <= pool;
  const int64_t n = all ? table_.n_worlds : pool;
  worlds_.clear();
  for (int64_t j = 0; j < n; ++j) {
    World world;
    const auto index = static_cast<uint32_t>(j);
    if (all) unrank_worlds<1>(table_, &index, &world);
    else sample_uniform<1>(table_, key, j, &world);
    worlds_.push_back(owners_of(seen, world));
  }
  effective_ = static_cast<double>(n);
  if (weighs) weigh(seen, how, judge, look);
  if (weighs && n > how.n_worlds) resample(how.n_worlds, key);
  // Worlds in order of their numbers begin alike, and a race judges by the first ones.
  if (all && how.race) shuffle(key);
  return true;
}

void SeatWorlds::shuffle(int64_t key) {
  RandomStream random(key, 0, STREAM_ORDER);
  for (size_t i = worlds_.size(); i > 1; --i)
    std::swap(worlds_[i - 1], worlds_[random.below(static_cast<uint32_t>(i))]);
}

// Weights add up to how many worlds there are.
void SeatWorlds::weigh(const SeenHand& seen, const DecideSettings& how, const Judge& judge,
                       const std::function<void()>& look) {
  const int me = seen.now.seat();
  double sum = 0, squares = 0;
  for (Owners& world : worlds_) {
    look();
    for (int k = 0; k < seen.now.n_plays; ++k) {
      const PublicHand& p = seen.before[k];
      if (p.seat() == me) continue;
      const uint32_t hand = world.dealt[p.seat()] & ~p.by[p.seat()];
      const uint32_t legal = p.legal(hand);
      if (legal & (legal - 1)) world.weight *= probability(seen, k, hand, legal, how, judge);
    }
    sum += world.weight;
    squares += world.weight * world.weight;
  }
  const auto n = static_cast<double>(worlds_.size());
  if (!(squares > 0)) {  // none explains anything: they count alike
    for (Owners& world : worlds_) world.weight = 1;
    effective_ = n;
    return;
  }
  for (Owners& world : worlds_) world.weight *= n / sum;
  effective_ = sum * sum / squares;
}

// Systematic: n draws at equal distances, those of one world merged.
void SeatWorlds::resample(int64_t n, int64_t key) {
  RandomStream random(key, 0, STREAM_RESAMPLE);
  const double first = random.next() * 0x1p-32;
  const double step = static_cast<double>(n) / static_cast<double>(worlds_.size());
  double sum = 0;
  int64_t n_drawn = 0;
  kept_.clear();
  for (const Owners& world : worlds_) {
    sum += world.weight * step;
    int64_t times = 0;
    for (; n_drawn < n && first + static_cast<double>(n_drawn) < sum; ++n_drawn) ++times;
    if (!times) continue;
    kept_.push_back(world);
    kept_.back().weight = static_cast<double>(times);
  }
  worlds_.swap(kept_);
}

}  // namespace forge::cpu
