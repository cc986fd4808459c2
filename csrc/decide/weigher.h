// The likelihood of many worlds of one decision. Late in a hand a seat was dealt the same in many
// of them, and the policy is asked about each of its hands once.
#pragma once

#include <vector>

#include "decide/by_policy.h"
#include "decide/judge.h"
#include "decide/settings.h"

namespace forge::cpu {

class Weigher {
 public:
  // seen: is looked at as long as worlds are weighed.
  void begin(const SeenHand& seen, const DecideSettings& how, const Judge& judge);
  // What `likelihood` gives, to the byte.
  double likelihood(const Owners& world);

 private:
  // A hand that a seat may have been dealt, and the policy's probability of each of its plays that
  // count, in order.
  struct Hand {
    uint32_t dealt;
    double probability[N_SLOTS];
  };
  // A hash table with open addressing.
  struct Hands {
    std::vector<Hand> hands;
    std::vector<uint32_t> places;  // 0: free; else the number of a hand from 1
  };

  const Hand& hand_of(int seat, const Owners& world);
  static uint32_t& place_of(Hands& of_seat, uint32_t dealt);
  static void grow(Hands& of_seat);
  void ask(int seat, const Owners& world, Hand* hand) const;

  const SeenHand* seen_ = nullptr;
  const Judge* judge_ = nullptr;
  double uniform_ = 0;
  int first_ = 0;
  Hands of_seat_[N_SEATS];
};

}  // namespace forge::cpu
