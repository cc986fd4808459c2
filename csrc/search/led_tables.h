// Per-declaration tables of the search, by rank of the domino (game/rank_order.h).
#pragma once

#include "game/rank_order.h"

namespace forge {

// What the suit of a led domino asks for.
struct LedSuit {
  uint32_t follow;   // dominoes that must be played to it
  uint32_t can_win;  // dominoes that can win its trick; the greatest does
};

struct LedTables {
  LedSuit led[N_DOMINOES];
  uint32_t beats[N_DOMINOES];  // dominoes that win the trick from the one that led it
  uint8_t points[N_DOMINOES];
  uint32_t trumps;  // none under doubles-suit and notrump
  uint32_t counts;  // dominoes worth points
  uint32_t tens;
};

constexpr LedTables make_led_tables(int decl) {
  const RankTables t = make_rank_tables(decl);
  LedTables x{};
  x.trumps = decl <= DOUBLES_TRUMP ? t.follow[CALLED_SUIT] : 0;
  x.counts = t.tens | t.fives;
  x.tens = t.tens;
  for (int rank = 0; rank < N_DOMINOES; ++rank) {
    const int suit = t.led_suit[rank];
    x.led[rank] = {t.follow[suit], t.can_win[suit]};
    x.beats[rank] = t.can_win[suit] & (~uint32_t{1} << rank);
    x.points[rank] = static_cast<uint8_t>((t.tens >> rank & 1)    ? 10
                                          : (t.fives >> rank & 1) ? 5
                                                                  : 0);
  }
  return x;
}

inline constexpr LedTables LED_TABLES[N_DECLARATIONS] = {
    make_led_tables(0), make_led_tables(1), make_led_tables(2), make_led_tables(3),
    make_led_tables(4), make_led_tables(5), make_led_tables(6), make_led_tables(7),
    make_led_tables(8), make_led_tables(9)};

#if defined(__CUDACC__)
// The same constants where a kernel can index them at run time.
static __device__ const LedTables DEVICE_LED_TABLES[N_DECLARATIONS] = {
    make_led_tables(0), make_led_tables(1), make_led_tables(2), make_led_tables(3),
    make_led_tables(4), make_led_tables(5), make_led_tables(6), make_led_tables(7),
    make_led_tables(8), make_led_tables(9)};
#endif

FORGE_INLINE const LedTables& led_tables(int decl) {
#if defined(__CUDA_ARCH__)
  return DEVICE_LED_TABLES[decl];
#else
  return LED_TABLES[decl];
#endif
}

}  // namespace forge
