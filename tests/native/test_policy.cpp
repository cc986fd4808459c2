// Features, network and what a seat sees: the same bytes from every copy of the code, and no more
// than was known.
#include <cstring>
#include <limits>

#include "policy/kernels.h"
#include "policy/policy_cpu.h"
#include "seen_rows.h"

using namespace forge;
using namespace forge::testing;

namespace {

void test_all_copies_give_the_same_bytes() {
  const SeenRows rows = all_seen(60);
  const std::vector<float> weights = random_weights();
  const auto n = static_cast<size_t>(rows.n()) * N_SLOTS;
  std::vector<float> one(n), two(n), device(n);
  cpu::policy_logits(rows.batch(), {weights.data()}, one.data(), {1, nullptr});
  cpu::policy_logits(rows.batch(), {weights.data()}, two.data(), {3, nullptr});
  const PolicyLogits kernel{rows.batch(), {weights.data()}, device.data()};
  for (int64_t i = 0; i < rows.n(); ++i) kernel(i);
  CHECK(std::memcmp(one.data(), two.data(), n * sizeof(float)) == 0);
  CHECK(std::memcmp(one.data(), device.data(), n * sizeof(float)) == 0);
  for (int64_t i = 0; i < rows.n(); ++i) {
    SeenHand seen;
    read_seen(rows.batch(), i, &seen);
    Features f;
    float found[N_SLOTS];
    cpu::evaluate_portable({weights.data()}, seen.now, seen.hand, seen.legal, &f, found);
    CHECK(f.n_context <= MAX_CONTEXT);
    CHECK(f.n_candidates == popcount(seen.legal));
    for (int k = 0; k < f.n_candidates; ++k) {
      CHECK(f.candidate[k].n <= MAX_CANDIDATE);
      const float* there = &one[static_cast<size_t>(N_SLOTS * i) +
                                static_cast<size_t>(seen.slot_of(f.candidate[k].rank))];
      CHECK(std::memcmp(&found[k], there, sizeof(float)) == 0);
    }
  }
}

void test_features_are_in_their_blocks() {
  const SeenRows rows = all_seen(200);
  for (int64_t i = 0; i < rows.n(); ++i) {
    SeenHand seen;
    read_seen(rows.batch(), i, &seen);
    Features f;
    read_features<OneIsa>(seen.now, seen.hand, seen.legal, &f);
    for (int k = 0; k < f.n_context; ++k) {
      CHECK(f.context[k] < feature::N_CONTEXT);
      for (int other = 0; other < k; ++other) CHECK(f.context[k] != f.context[other]);
    }
    for (int c = 0; c < f.n_candidates; ++c)
      for (int k = 0; k < f.candidate[c].n; ++k)
        CHECK(f.candidate[c].feature[k] >= feature::N_CONTEXT &&
              f.candidate[c].feature[k] < feature::N_FEATURES);
  }
}

void test_what_cannot_be_is_refused() {
  SeenRows rows = all_seen(1);
  const char* reason = nullptr;
  CHECK(cpu::first_bad_seen(rows.batch(), &reason) == -1);
  SeenRows twice = rows;
  twice.plays[28 * 5 + 1] = twice.plays[28 * 5];
  CHECK(cpu::first_bad_seen(twice.batch(), &reason) == 5 && reason);
  SeenRows over = rows;
  over.needed[3] = 43;
  CHECK(cpu::first_bad_seen(over.batch(), &reason) == 3 && reason);
  SeenRows foreign = rows;
  foreign.hands[0] = 28;
  CHECK(cpu::first_bad_seen(foreign.batch(), &reason) == 0 && reason);
}

}  // namespace

int main() {
  test_all_copies_give_the_same_bytes();
  test_features_are_in_their_blocks();
  test_what_cannot_be_is_refused();
  return 0;
}
