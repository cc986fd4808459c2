#include "policy/policy_cpu.h"

#include <algorithm>

#include "policy/kernels.h"

namespace forge::cpu {
namespace {

const EvaluatePolicy EVALUATE = fastest_policy();
constexpr int64_t GRAIN = 64;

template <class Body>
void for_each_decision(const SeenBatch& batch, const Parallel& how, const Body& body) {
  parallel_for(how, batch.n, GRAIN, [&](int, int64_t begin, int64_t end) {
    SeenHand seen;
    for (int64_t i = begin; i < end; ++i) {
      read_seen(batch, i, &seen);
      body(i, seen);
    }
  });
}

}  // namespace

int64_t first_bad_seen(const SeenBatch& batch, const char** reason) {
  for (int64_t i = 0; i < batch.n; ++i)
    if ((*reason = seen_error(batch, i))) return i;
  return -1;
}

void policy_logits(const SeenBatch& batch, const PolicyWeights& weights, float* logits,
                   const Parallel& how) {
  for_each_decision(batch, how, [&](int64_t i, const SeenHand& seen) {
    Features f;
    float found[N_SLOTS];
    EVALUATE(weights, seen.now, seen.hand, seen.legal, &f, found);
    write_logits(seen, f, found, logits + N_SLOTS * i);
  });
}

void policy_features(const SeenBatch& batch, int16_t* context, int16_t* candidates,
                     const Parallel& how) {
  for_each_decision(batch, how, [&](int64_t i, const SeenHand& seen) {
    Features f;
    read_features<OneIsa>(seen.now, seen.hand, seen.legal, &f);
    int16_t* const of_context = context + MAX_CONTEXT * i;
    int16_t* const of_slots = candidates + N_SLOTS * MAX_CANDIDATE * i;
    constexpr auto NONE = static_cast<int16_t>(feature::N_FEATURES);
    std::fill_n(of_context, MAX_CONTEXT, NONE);
    std::fill_n(of_slots, N_SLOTS * MAX_CANDIDATE, NONE);
    std::copy_n(f.context, f.n_context, of_context);
    for (int k = 0; k < f.n_candidates; ++k) {
      const Candidate& c = f.candidate[k];
      std::copy_n(c.feature, c.n, of_slots + MAX_CANDIDATE * seen.slot_of(c.rank));
    }
  });
}

}  // namespace forge::cpu
