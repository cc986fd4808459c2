// The tablebase on the CPU against the device kernels, run on the host, and against its own check.
#include <memory>

#include "check.h"
#include "tablebase/kernels.h"
#include "tablebase/verify.h"
#include "tokens/kernels.h"
#include "tokens/tokens_cpu.h"

using namespace forge;
using namespace forge::testing;

namespace {

struct Solution {
  std::vector<int64_t> states;
  std::vector<int8_t> values, q;
  bool operator==(const Solution& other) const {
    return states == other.states && values == other.values && q == other.q;
  }
};

Solution solve_on_cpu(const DealContext& c, int n_threads) {
  std::vector<uint64_t> rows(N_ROWS);
  std::vector<uint32_t> counts(N_COUNTS);
  std::vector<int8_t> level_values(N_VALUES);
  const Reach reach{rows.data(), counts.data()};
  const Parallel how{n_threads, nullptr};
  const auto n = static_cast<size_t>(cpu::reach_states(c, reach, how));
  Solution s{std::vector<int64_t>(n), std::vector<int8_t>(n), std::vector<int8_t>(7 * n)};
  cpu::emit_states(c, reach, level_values.data(), {s.states.data(), s.values.data(), s.q.data()},
                   static_cast<int64_t>(n), how);
  return s;
}

std::vector<int64_t> enumerate_on_cpu(const DealContext& c) {
  std::vector<uint64_t> rows(N_ROWS);
  std::vector<uint32_t> counts(N_COUNTS);
  const Reach reach{rows.data(), counts.data()};
  const int64_t n = cpu::reach_states(c, reach, {2, nullptr});
  std::vector<int64_t> states(static_cast<size_t>(n));
  cpu::emit_states(c, reach, nullptr, {states.data(), nullptr, nullptr}, n, {2, nullptr});
  return states;
}

struct Memory {
  DealContext context;
  std::vector<uint64_t> rows = std::vector<uint64_t>(N_ROWS);
  std::vector<uint16_t> row_offsets = std::vector<uint16_t>(N_ROWS * N_GROUPS);
  std::vector<uint32_t> counts = std::vector<uint32_t>(N_COUNTS);
  std::vector<int64_t> group_totals = std::vector<int64_t>(4 * N_GROUPS);
  int64_t n_states = 0;
  std::vector<int8_t> level_values = std::vector<int8_t>(N_VALUES);

  DeviceWork work() {
    return {&context,  rows.data(),        row_offsets.data(), counts.data(), group_totals.data(),
            &n_states, level_values.data()};
  }
};

void kernels_solve_as_the_cpu_does(const Deal& deal, int decl, Memory& memory) {
  const DealContext c = make_deal_context(deal.dominoes, decl);
  const Solution expected = solve_on_cpu(c, 2);
  CHECK(solve_on_cpu(c, 1) == expected);
  CHECK(enumerate_on_cpu(c) == expected.states);
  const DeviceWork work = memory.work();
  launch_reach(HostLaunch{}, work, deal.dominoes, decl);
  const auto n = static_cast<size_t>(memory.n_states);
  CHECK(n == expected.states.size());
  Solution s{std::vector<int64_t>(n), std::vector<int8_t>(n), std::vector<int8_t>(7 * n)};
  std::vector<int64_t> states(n);
  launch_back_up<Emit::states>(HostLaunch{}, work, {states.data(), nullptr, nullptr});
  CHECK(states == expected.states);
  launch_back_up<Emit::solution>(HostLaunch{}, work,
                                 {s.states.data(), s.values.data(), s.q.data()});
  CHECK(s == expected);

  // The same values for a scattering of the states, alone.
  Solution some;
  for (size_t i = 0; i < n; i += 997) {
    some.states.push_back(expected.states[i]);
    some.values.push_back(expected.values[i]);
    some.q.insert(some.q.end(), expected.q.begin() + static_cast<long>(7 * i),
                  expected.q.begin() + static_cast<long>(7 * i + 7));
  }
  const auto n_some = static_cast<int64_t>(some.states.size());
  Solution again{some.states, std::vector<int8_t>(some.values.size()),
                 std::vector<int8_t>(some.q.size())};
  launch_backward_induction(HostLaunch{}, work, deal.dominoes, decl, some.states.data(), n_some,
                            again.values.data(), again.q.data());
  CHECK(again == some);
  std::fill(again.values.begin(), again.values.end(), int8_t{0});
  cpu::backward_induction(c, some.states.data(), n_some, {memory.rows.data(), memory.counts.data()},
                          memory.level_values.data(), again.values.data(), again.q.data(),
                          {2, nullptr});
  CHECK(again == some);

  std::vector<int64_t> children(7 * some.states.size()), children_cpu(7 * some.states.size());
  HostLaunch{}(n_some, ExpandStates{&c, some.states.data(), children.data()});
  cpu::expand_states(c, some.states.data(), n_some, children_cpu.data(), {2, nullptr});
  CHECK(children == children_cpu);

  const auto decl8 = static_cast<int8_t>(decl);
  const PositionBatch batch{deal.dominoes, &decl8, some.states.data(), n_some, 0, 0};
  std::vector<int8_t> tokens(384 * some.states.size(), 77), tokens_cpu(tokens);
  std::vector<int8_t> masks(32 * some.states.size(), 77), masks_cpu(masks);
  HostLaunch{}(32 * n_some, MakeTokens{batch, tokens.data(), masks.data()});
  cpu::tokenize_states(batch, tokens_cpu.data(), masks_cpu.data(), {2, nullptr});
  CHECK(tokens == tokens_cpu && masks == masks_cpu);
}

void verify_finds_faults(const Deal& deal, int decl) {
  const DealContext c = make_deal_context(deal.dominoes, decl);
  const Solution sound = solve_on_cpu(c, 2);
  const auto fault = [&](Solution s) {
    std::vector<uint8_t> has_parent(s.states.size());
    return cpu::verify_tablebase(c, s.states.data(), s.values.data(), s.q.data(),
                                 static_cast<int64_t>(s.states.size()), has_parent.data(),
                                 {2, nullptr})
        .first_fault;
  };
  CHECK(fault(sound) == Fault::none);
  std::mt19937 random(5);
  for (int round = 0; round < 2; ++round) {
    const size_t i = random() % sound.states.size();
    Solution s = sound;
    s.values[i] = static_cast<int8_t>(s.values[i] ^ 1 << (random() % 8));
    CHECK(fault(s) != Fault::none);
    s = sound;
    const size_t j = 7 * i + random() % 7;
    s.q[j] = static_cast<int8_t>(s.q[j] ^ 1 << (random() % 8));
    CHECK(fault(s) != Fault::none);
    s = sound;
    s.states[i] ^= int64_t{1} << (random() % 64);
    CHECK(fault(s) != Fault::none);
    s = sound;
    s.states.erase(s.states.begin() + static_cast<long>(i));
    s.values.erase(s.values.begin() + static_cast<long>(i));
    s.q.erase(s.q.begin() + static_cast<long>(7 * i), s.q.begin() + static_cast<long>(7 * i + 7));
    CHECK(fault(s) != Fault::none);
  }
}

}  // namespace

int main() {
  const auto memory = std::make_unique<Memory>();
  kernels_solve_as_the_cpu_does(small_deal(), 6, *memory);
  verify_finds_faults(small_deal(), 6);
}
