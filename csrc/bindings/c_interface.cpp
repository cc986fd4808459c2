#include "bindings/c_interface.h"

#include <algorithm>
#include <cstdlib>

#include "bindings/rule_tables.h"
#include "decide/decide_cpu.h"
#include "decide/hidden_cpu.h"
#include "play/play_cpu.h"
#include "policy/policy_cpu.h"
#include "search/search_cpu.h"
#include "tokens/tokens_cpu.h"
#include "worlds/worlds_cpu.h"

namespace forge {
namespace {

constexpr const char* NO_HANDS = "no hidden hands fit what was played";
constexpr int32_t MOST_WORLDS = 1 << 20;

int32_t bad_row = -1;

// Kept, so that the next question of the same hand finds what this one learnt.
cpu::SearchMemories& memories() {
  static cpu::SearchMemories kept;
  return kept;
}

const char* bad(int64_t row, const char* why) {
  bad_row = static_cast<int32_t>(row);
  return why;
}

const char* position_error(const int8_t* deal, int decl, int64_t state) {
  if (!is_deal(deal)) return "deals must hold each domino 0..27 once";
  if (decl < 0 || decl >= N_DECLARATIONS) return "decls must be 0..9";
  return state_error(state);
}

template <class Work>
const char* with_positions(int32_t n, const int8_t* deals, const int8_t* decls,
                           const int64_t* states, const Work& work) {
  for (int32_t i = 0; i < n; ++i)
    if (const char* why = position_error(deals + N_DOMINOES * i, decls[i], states[i]))
      return bad(i, why);
  work(PositionBatch{deals, decls, states, n, N_DOMINOES, 1});
  return nullptr;
}

template <class Work>
const char* with_constraints(int32_t n, const int32_t* allowed, const int8_t* sizes,
                             const Work& work) {
  const ConstraintBatch batch{allowed, sizes, n};
  for (int32_t i = 0; i < n; ++i)
    if (const char* why = constraints_error(batch.at(i))) return bad(i, why);
  return work(batch);
}

template <class Work>
const char* with_seen(const SeenBatch& batch, const Work& work) {
  for (int64_t i = 0; i < batch.n; ++i)
    if (const char* why = seen_error(batch, i)) return bad(i, why);
  return work();
}

const char* settings_error(const DecideSettings& how) {
  if (how.n_worlds < 1 || how.n_worlds > MOST_WORLDS || how.pool < 1 || how.pool > MOST_WORLDS)
    return "worlds and pool must be 1..1048576";
  if (!(how.rollouts >= 0 && how.rollouts <= 1)) return "rollouts must be 0..1";
  if (!(how.uniform > 0 && how.uniform <= 1)) return "uniform must be above 0, up to 1";
  if (!(how.prior >= 0 && how.prior <= 1)) return "prior must be 0..1";
  return how.window < 1 || how.window > N_PLAYS ? "window must be 1..28" : nullptr;
}

}  // namespace
}  // namespace forge

using namespace forge;

void* forge_allocate(int32_t n_bytes) { return std::malloc(static_cast<size_t>(n_bytes)); }
void forge_release(void* block) { std::free(block); }
int32_t forge_bad_row() { return bad_row; }

const char* forge_rule_tables(int8_t* count_points, int8_t* led_suit, uint8_t* follows,
                              uint8_t* strength) {
  const bindings::RuleTables tables = bindings::make_rule_tables();
  std::copy_n(tables.count_points.data(), N_DOMINOES, count_points);
  for (int decl = 0; decl < N_DECLARATIONS; ++decl) {
    std::copy_n(tables.led_suit[decl].data(), N_DOMINOES, led_suit + N_DOMINOES * decl);
    for (int suit = 0; suit < N_SUITS; ++suit) {
      const int at = N_DOMINOES * (N_SUITS * decl + suit);
      std::copy_n(tables.follows[decl][suit].data(), N_DOMINOES, follows + at);
      std::copy_n(tables.strength[decl][suit].data(), N_DOMINOES, strength + at);
    }
  }
  return nullptr;
}

const char* forge_search(int32_t n, const int8_t* deals, const int8_t* decls, const int64_t* states,
                         int8_t* q) {
  return with_positions(n, deals, decls, states,
                        [&](const PositionBatch& batch) { cpu::search(batch, q, memories(), {}); });
}

const char* forge_search_at_least(int32_t n, const int8_t* deals, const int8_t* decls,
                                  const int64_t* states, const int8_t* targets, int8_t* out) {
  return with_positions(n, deals, decls, states, [&](const PositionBatch& batch) {
    cpu::search_at_least(batch, targets, 1, out, memories(), {});
  });
}

const char* forge_search_value(int32_t n, const int8_t* deals, const int8_t* decls,
                               const int64_t* states, int8_t* values) {
  return with_positions(n, deals, decls, states, [&](const PositionBatch& batch) {
    cpu::search_value(batch, values, memories(), {});
  });
}

const char* forge_search_made(int32_t n, const int8_t* deals, const int8_t* decls,
                              const int64_t* states, const int8_t* targets, int8_t* made) {
  return with_positions(n, deals, decls, states, [&](const PositionBatch& batch) {
    cpu::search_made(batch, targets, 1, made, memories(), {});
  });
}

const char* forge_play(int32_t n, const int8_t* deals, const int8_t* decls, const int64_t* states,
                       const int8_t* slots, int64_t* next, int8_t* points) {
  return with_positions(n, deals, decls, states, [&](const PositionBatch& batch) {
    cpu::play({batch, slots, next, points}, {});
  });
}

const char* forge_legal_slots(int32_t n, const int8_t* deals, const int8_t* decls,
                              const int64_t* states, bool* legal) {
  return with_positions(n, deals, decls, states, [&](const PositionBatch& batch) {
    cpu::mark_legal_slots({batch, legal}, {});
  });
}

const char* forge_tokenize_states(int32_t n, const int8_t* deals, const int8_t* decls,
                                  const int64_t* states, int8_t* tokens, int8_t* masks) {
  return with_positions(n, deals, decls, states, [&](const PositionBatch& batch) {
    cpu::tokenize_states(batch, tokens, masks, {});
  });
}

const char* forge_count_worlds(int32_t n, const int32_t* allowed, const int8_t* sizes,
                               int64_t* counts) {
  return with_constraints(n, allowed, sizes, [&](const ConstraintBatch& batch) -> const char* {
    cpu::count_worlds(batch, counts, {});
    return nullptr;
  });
}

const char* forge_sample_worlds(int32_t n, const int32_t* allowed, const int8_t* sizes,
                                const int64_t* keys, int32_t n_samples, int32_t sampler,
                                int32_t* worlds) {
  if (n_samples < 1 || n_samples > MOST_WORLDS) return bad(-1, "n_samples must be 1..1048576");
  if (sampler < 0 || sampler > 1) return bad(-1, "sampler must be 0 (uniform) or 1 (mrv)");
  return with_constraints(n, allowed, sizes, [&](const ConstraintBatch& batch) -> const char* {
    for (int32_t i = 0; i < n; ++i)
      if (const char* why = no_world_reason(batch.at(i))) return bad(i, why);
    cpu::sample_worlds(batch, keys, n_samples, static_cast<Sampler>(sampler), worlds, {});
    return nullptr;
  });
}

int32_t forge_n_policy_weights() { return static_cast<int32_t>(N_POLICY_WEIGHTS); }

const char* forge_policy_logits(int32_t n, const int8_t* hands, const int8_t* decls,
                                const int8_t* plays, const int8_t* needed, const float* weights,
                                float* logits) {
  const SeenBatch batch{hands, decls, plays, needed, n};
  return with_seen(batch, [&]() -> const char* {
    cpu::policy_logits(batch, {weights}, logits, {});
    return nullptr;
  });
}

const char* forge_decide(int32_t n, const int8_t* hands, const int8_t* decls, const int8_t* plays,
                         const int8_t* needed, const int64_t* keys, const float* weights,
                         int32_t n_worlds, int32_t pool, double rollouts, double uniform,
                         int32_t weigh, int32_t for_points, int32_t race, int32_t window,
                         double prior, int8_t* slots, double* chances, double* points,
                         int64_t* worlds_judged, double* effective) {
  const SeenBatch batch{hands, decls, plays, needed, n};
  const DecideSettings how{n_worlds,        pool,      rollouts, uniform, weigh != 0,
                           for_points != 0, race != 0, window,   prior};
  if (const char* why = settings_error(how)) return bad(-1, why);
  return with_seen(batch, [&]() -> const char* {
    const Decisions out{slots, chances, points, worlds_judged, effective};
    const int64_t row = cpu::decide({batch, keys, {weights}, how, out}, {});
    return row < 0 ? nullptr : bad(row, NO_HANDS);
  });
}

const char* forge_hidden_dominoes(int32_t n, const int8_t* hands, const int8_t* decls,
                                  const int8_t* plays, const int8_t* needed, const int64_t* keys,
                                  const float* weights, int32_t n_worlds, double uniform,
                                  int32_t window, double* before, double* after,
                                  int64_t* worlds_weighed, int64_t* worlds_possible,
                                  double* effective) {
  const SeenBatch batch{hands, decls, plays, needed, n};
  DecideSettings how;
  how.n_worlds = how.pool = n_worlds;
  how.uniform = uniform;
  how.window = window;
  if (const char* why = settings_error(how)) return bad(-1, why);
  return with_seen(batch, [&]() -> const char* {
    const cpu::HiddenDominoes out{before, after, worlds_weighed, worlds_possible, effective};
    const int64_t row = cpu::hidden_dominoes(batch, keys, {weights}, how, out, {});
    return row < 0 ? nullptr : bad(row, NO_HANDS);
  });
}
