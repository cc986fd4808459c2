#include <atomic>

#include "check.h"
#include "core/parallel.h"
#include "tablebase/combinadics.h"

using namespace forge;

namespace {

uint64_t move_bits_slowly(uint64_t x, uint64_t from, uint64_t to) {
  uint64_t out = 0;
  for (int i = 0, j = 0; i < 64; ++i) {
    if (!(from >> i & 1)) continue;
    while (!(to >> j & 1)) ++j;
    out |= (x >> i & 1) << j++;
  }
  return out;
}

void move_bits_keeps_order() {
  std::mt19937_64 random(1);
  for (int round = 0; round < 1000; ++round) {
    const uint64_t from = random() & random();
    uint64_t to = random();
    while (popcount(to) > popcount(from)) to &= to - 1;
    while (popcount(to) < popcount(from)) to |= uint64_t{1} << (random() % 64);
    const uint64_t x = random();
    CHECK(move_bits(x, from, to) == move_bits_slowly(x, from, to));
  }
}

void drop_slot_is_what_it_says() {
  const Combinadics& c = combinadics();
  for (int size = 1; size <= 7; ++size) {
    for (int slot = 0; slot < 7; ++slot) {
      for (int rank = 0; rank < c.n_hands[size]; ++rank) {
        const int hand = c.hand[size][rank];
        if (!(hand >> slot & 1)) continue;
        CHECK(drop_slot(uint64_t{1} << rank, size, slot) == uint64_t{1}
                                                                << c.rank[hand & ~(1 << slot)]);
      }
    }
  }
}

void parallel_for_covers_once() {
  for (const int n_threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> seen(1000);
    parallel_for({n_threads, nullptr}, 1000, 7, [&](int worker, int64_t begin, int64_t end) {
      CHECK(worker < n_threads);
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    for (const auto& times : seen) CHECK(times == 1);
  }
  parallel_for({4, nullptr}, 0, 1, [](int, int64_t, int64_t) { CHECK(false); });
}

void parallel_for_stops() {
  bool interrupted = false;
  try {
    parallel_for({2, [] { return true; }}, 1 << 20, 1, [](int, int64_t, int64_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
  } catch (const Interrupted&) {
    interrupted = true;
  }
  CHECK(interrupted);
  bool failed = false;
  try {
    parallel_for({4, nullptr}, 100, 1, [](int, int64_t begin, int64_t) {
      if (begin == 50) throw std::bad_alloc();
    });
  } catch (const std::bad_alloc&) {
    failed = true;
  }
  CHECK(failed);
}

}  // namespace

int main() {
  move_bits_keeps_order();
  drop_slot_is_what_it_says();
  parallel_for_covers_once();
  parallel_for_stops();
}
