// Two tricks left: all ways to play the first of them at once; the last one plays itself.
#pragma once

#include "search/lanes.h"
#include "search/position.h"

namespace forge {

// Exact points of the leader's team. A lead is tried with all eight ways in which the other three
// may follow it, one a lane: bit 2 of the lane is the choice of the second seat, bit 1 of the
// third, bit 0 of the last.
FORGE_INLINE int points_of_two_tricks(const SearchDeal& d, const Question& q) {
  const LedTables& t = *d.tables;
  const Lanes choice[N_SEATS] = {{0, 0, 0, 0, 0, 0, 0, 0},
                                 {0, 0, 0, 0, -1, -1, -1, -1},
                                 {0, 0, -1, -1, 0, 0, -1, -1},
                                 {0, -1, 0, -1, 0, -1, 0, -1}};
  const auto bits = [](uint32_t x) { return all_lanes(static_cast<int32_t>(x)); };
  uint32_t hand[N_SEATS];
  int low[N_SEATS], high[N_SEATS];
  for (int k = 0; k < N_SEATS; ++k) {
    hand[k] = d.owner[q.leader + k] & q.unplayed;
    low[k] = lowest(hand[k]);
    high[k] = highest(hand[k]);
  }
  // Of the three that follow: what they play, what they keep, and what can win if that is led.
  Lanes played[N_SEATS], kept[N_SEATS], wins_last[N_SEATS];
  Lanes followers_points = all_lanes(0);
#pragma GCC unroll 4
  for (int k = 1; k < N_SEATS; ++k) {
    const Lanes c = choice[k];
    played[k] = select(c, bits(uint32_t{1} << high[k]), bits(uint32_t{1} << low[k]));
    kept[k] = bits(hand[k]) ^ played[k];
    followers_points += select(c, all_lanes(t.points[high[k]]), all_lanes(t.points[low[k]]));
    wins_last[k] = select(c, bits(t.led[low[k]].can_win), bits(t.led[high[k]].can_win));
  }
  int best = 0;
#pragma GCC unroll 2
  for (int lead = 0; lead < 2; ++lead) {
    const int led = lead ? high[0] : low[0], other = lead ? low[0] : high[0];
    const LedSuit& suit = t.led[led];
    const Lanes can_win = bits(suit.can_win);
    const Lanes led_bit = bits(uint32_t{1} << led), other_bit = bits(uint32_t{1} << other);
    const Lanes by1 = played[1] & can_win, by2 = played[2] & can_win, by3 = played[3] & can_win;
    const Lanes ours = greater(led_bit, by2), theirs = greater(by1, by3);
    const Lanes winning = greater(ours, theirs);
    const Lanes first_is_ours = winning == ours;
    // What can win the last trick, by who won the first and so leads it.
    Lanes last = wins_last[3];
    last = select(winning == by2, wins_last[2], last);
    last = select(winning == by1, wins_last[1], last);
    last = select(winning == led_bit, bits(t.led[other].can_win), last);
    const Lanes last_is_ours =
        greater(other_bit & last, kept[2] & last) > greater(kept[1] & last, kept[3] & last);
    const Lanes points = followers_points + all_lanes(1 + t.points[led]);
    Lanes r = (first_is_ours & points) + (last_is_ours & (all_lanes(q.remaining) - points));
    // Choices that break the rules are never the best ones.
    const auto illegal = [&](int k) { return (played[k] & bits(legal_plays(hand[k], suit))) == 0; };
    r = select(illegal(3), all_lanes(100), r);
    r = lesser(r, swap_ones(r));
    r = select(illegal(2), all_lanes(-100), r);
    r = greater(r, swap_twos(r));
    r = select(illegal(1), all_lanes(100), r);
    r = lesser(r, swap_fours(r));
    if (r[0] > best) best = r[0];
  }
  return best;
}

}  // namespace forge
