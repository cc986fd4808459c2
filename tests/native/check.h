// What the native tests share: a check that ends the test, deals, games of random play, and a
// launcher that runs device kernels on the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "game/deal_context.h"

#define CHECK(condition)                                                           \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                \
    }                                                                              \
  } while (false)

namespace forge::testing {

struct Deal {
  int8_t dominoes[28];
};

inline Deal random_deal(std::mt19937& random) {
  Deal deal;
  std::iota(deal.dominoes, deal.dominoes + 28, int8_t{0});
  for (int i = 27; i > 0; --i)
    std::swap(deal.dominoes[i], deal.dominoes[random() % static_cast<unsigned>(i + 1)]);
  for (int seat = 0; seat < 4; ++seat)
    std::sort(deal.dominoes + 7 * seat, deal.dominoes + 7 * seat + 7);
  return deal;
}

// Seed 158, which has few states under sixes: 1.9 million.
inline Deal small_deal() {
  return {{5, 6, 11, 16, 17, 26, 27, 4, 9, 12, 15, 19, 22, 23,
           0, 2, 8,  14, 20, 24, 25, 1, 3, 7,  10, 13, 18, 21}};
}

// The states of one game of random play, from the first lead to the end.
inline std::vector<int64_t> random_game(const DealContext& c, std::mt19937& random) {
  std::vector<int64_t> states{INITIAL_STATE};
  while (const uint32_t legal = legal_slots(c, states.back())) {
    uint32_t choice = legal;
    for (unsigned skip = random() % static_cast<unsigned>(popcount(legal)); skip; --skip)
      choice &= choice - 1;
    states.push_back(play_slot(c, states.back(), lowest(choice)).state);
  }
  return states;
}

struct HostLaunch {
  template <class Kernel>
  void operator()(int64_t n, const Kernel& kernel) const {
    for (int64_t i = 0; i < n; ++i) kernel(i);
  }
  void zero(void* data, size_t n_bytes) const { std::memset(data, 0, n_bytes); }
};

}  // namespace forge::testing
