#include "decide/weigher.h"

#include <algorithm>

namespace forge::cpu {
namespace {

constexpr size_t FIRST_PLACES = 64;  // a power of two, as all sizes

}  // namespace

void Weigher::begin(const SeenHand& seen, const DecideSettings& how, const Judge& judge) {
  seen_ = &seen;
  judge_ = &judge;
  uniform_ = how.uniform;
  first_ = first_that_counts(seen, how.window);
  for (Hands& each : of_seat_) {
    each.hands.clear();
    if (each.places.empty()) each.places.resize(FIRST_PLACES);
    std::fill(each.places.begin(), each.places.end(), 0);
  }
}

double Weigher::likelihood(const Owners& world) {
  const int me = seen_->now.seat();
  const double* next[N_SEATS] = {};
  for (int seat = 0; seat < N_SEATS; ++seat)
    if (seat != me) next[seat] = hand_of(seat, world).probability;
  double product = 1;
  for (int k = first_; k < seen_->now.n_plays; ++k) {
    const int seat = seen_->before[k].seat();
    if (seat != me) product *= *next[seat]++;
  }
  return product;
}

const Weigher::Hand& Weigher::hand_of(int seat, const Owners& world) {
  Hands& of_seat = of_seat_[seat];
  const uint32_t dealt = world.dealt[seat];
  uint32_t& place = place_of(of_seat, dealt);
  if (place) return of_seat.hands[place - 1];
  of_seat.hands.push_back({dealt, {}});
  place = static_cast<uint32_t>(of_seat.hands.size());
  ask(seat, world, &of_seat.hands.back());
  if (2 * of_seat.hands.size() > of_seat.places.size()) grow(of_seat);
  return of_seat.hands.back();
}

uint32_t& Weigher::place_of(Hands& of_seat, uint32_t dealt) {
  const size_t last = of_seat.places.size() - 1;
  size_t at = (dealt * uint32_t{0x9E3779B1} >> 8) & last;
  while (of_seat.places[at] && of_seat.hands[of_seat.places[at] - 1].dealt != dealt)
    at = (at + 1) & last;
  return of_seat.places[at];
}

void Weigher::grow(Hands& of_seat) {
  of_seat.places.assign(2 * of_seat.places.size(), 0);
  for (size_t i = 0; i < of_seat.hands.size(); ++i)
    place_of(of_seat, of_seat.hands[i].dealt) = static_cast<uint32_t>(i + 1);
}

void Weigher::ask(int seat, const Owners& world, Hand* hand) const {
  int n = 0;
  for (int k = first_; k < seen_->now.n_plays; ++k)
    if (seen_->before[k].seat() == seat)
      hand->probability[n++] = probability_in_world(*seen_, k, world, uniform_, *judge_);
}

}  // namespace forge::cpu
