// What a policy makes of a world: how well it explains what was played, and how it would go on.
//
// `Judge` evaluates a decision: (public hand, hand, what of it may be played, features, logits).
// To be compiled without fused operations.
#pragma once

#include "decide/exponential.h"
#include "decide/logarithm.h"
#include "decide/owners.h"
#include "policy/network.h"

namespace forge {

// The first of the greatest.
FORGE_INLINE int greatest_of(const float* logits, int n) {
  int best = 0;
  for (int i = 1; i < n; ++i)
    if (logits[i] > logits[best]) best = i;
  return best;
}

// e to the power of each logit less the greatest; returns the sum of them.
FORGE_HD inline double powers_of(const float* logits, int n, double* powers) {
  const double most = static_cast<double>(logits[greatest_of(logits, n)]);
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    powers[i] = exp_of_negative(static_cast<double>(logits[i]) - most);
    sum += powers[i];
  }
  return sum;
}

// A probability among n plays, a share of any of them mixed in.
FORGE_INLINE double mixed(double probability, double uniform, int n) {
  return (1 - uniform) * probability + uniform / n;
}

// The policy's probability of play number k from this hand, a share of any legal play mixed in.
template <class Judge>
FORGE_HD inline double probability_of(const SeenHand& seen, int k, uint32_t hand, uint32_t legal,
                                      double uniform, const Judge& judge) {
  Features f;
  float logits[N_SLOTS];
  judge(seen.before[k], hand, legal, &f, logits);
  double powers[N_SLOTS], of_play = 0;
  const double sum = powers_of(logits, f.n_candidates, powers);
  for (int i = 0; i < f.n_candidates; ++i)
    if (f.candidate[i].rank == seen.rank[k]) of_play = powers[i];
  return mixed(of_play / sum, uniform, f.n_candidates);
}

// That of play number k in a world; 1 where it was no choice.
template <class Judge>
FORGE_HD inline double probability_in_world(const SeenHand& seen, int k, const Owners& world,
                                            double uniform, const Judge& judge) {
  const PublicHand& p = seen.before[k];
  const uint32_t hand = world.dealt[p.seat()] & ~p.by[p.seat()];
  const uint32_t legal = p.legal(hand);
  return legal & (legal - 1) ? probability_of(seen, k, hand, legal, uniform, judge) : 1;
}

// What the seat to act would play itself: the logarithm of the policy's probability of each legal
// slot, a share of any legal play mixed in, times `weight`; the likeliest has 0. bonus: [7]
template <class Judge>
FORGE_HD inline void own_bonus(const SeenHand& seen, double weight, double uniform,
                               const Judge& judge, double* bonus) {
  for (int slot = 0; slot < N_SLOTS; ++slot) bonus[slot] = 0;
  Features f;
  float logits[N_SLOTS];
  judge(seen.now, seen.hand, seen.legal, &f, logits);
  double powers[N_SLOTS];
  const int n = f.n_candidates;
  const double sum = powers_of(logits, n, powers), likeliest = log_of(mixed(1 / sum, uniform, n));
  for (int i = 0; i < n; ++i)
    bonus[seen.slot_of(f.candidate[i].rank)] =
        weight * (log_of(mixed(powers[i] / sum, uniform, n)) - likeliest);
}

// The first of the last `window` plays of the hand.
FORGE_INLINE int first_that_counts(const SeenHand& seen, int64_t window) {
  return window < seen.now.n_plays ? seen.now.n_plays - static_cast<int>(window) : 0;
}

// The policy's probability of all plays of hidden seats that count, in a world.
template <class Judge>
FORGE_HD inline double likelihood(const SeenHand& seen, const Owners& world, double uniform,
                                  int64_t window, const Judge& judge) {
  const int me = seen.now.seat();
  double product = 1;
  for (int k = first_that_counts(seen, window); k < seen.now.n_plays; ++k)
    if (seen.before[k].seat() != me)
      product *= probability_in_world(seen, k, world, uniform, judge);
  return product;
}

// Whether the declarer's side makes it in a world where everybody plays on by the policy, once the
// seat to act has played a slot.
template <class Judge>
FORGE_HD inline bool roll_out(const SeenHand& seen, const Owners& world, int slot,
                              const Judge& judge) {
  PublicHand p = seen.now;
  play_rank(&p, seen.slot_rank[slot]);
  while (!p.decided()) {
    const uint32_t hand = world.dealt[p.seat()] & ~p.by[p.seat()];
    const uint32_t legal = p.legal(hand);
    int rank = lowest(legal);
    if (legal & (legal - 1)) {
      Features f;
      float logits[N_SLOTS];
      judge(p, hand, legal, &f, logits);
      rank = f.candidate[greatest_of(logits, f.n_candidates)].rank;
    }
    play_rank(&p, rank);
  }
  return p.made();
}

}  // namespace forge
