#include <atomic>

#include "check.h"
#include "core/parallel.h"
#include "core/philox.h"
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

void nth_bit_counts_from_the_lowest() {
  std::mt19937 random(2);
  for (int round = 0; round < 1000; ++round) {
    const auto x = static_cast<uint32_t>(random() & random());
    int n = 0;
    for (uint32_t rest = x; rest; rest &= rest - 1) CHECK(nth_bit(x, n++) == 1u << lowest(rest));
  }
}

// The known answers of Random123 (kat_vectors, philox4x32 10).
void philox_gives_the_known_answers() {
  struct {
    Words4 counter;
    uint32_t key0, key1;
    Words4 answer;
  } const cases[] = {
      {{{0, 0, 0, 0}}, 0, 0, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
      {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
       0xffffffff,
       0xffffffff,
       {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
      {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
       0xa4093822,
       0x299f31d0,
       {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
  };
  for (const auto& k : cases) {
    const Words4 words = philox4x32(k.counter, k.key0, k.key1);
    for (int i = 0; i < 4; ++i) CHECK(words.word[i] == k.answer.word[i]);
  }
}

void streams_are_of_key_index_and_number() {
  // Word by word what the counter (index low, index high, block, number) gives.
  const int64_t key = -3, index = (int64_t{5} << 32) + 7;
  RandomStream random(key, index, 9);
  for (uint32_t block = 0; block < 3; ++block) {
    const Words4 words = philox4x32({{7, 5, block, 9}}, 0xfffffffd, 0xffffffff);
    for (int i = 0; i < 4; ++i) CHECK(random.next() == words.word[i]);
  }
}

void below_takes_every_word_that_is_fair() {
  // The rule in other words: the result is floor(word * bound / 2^32), and a word is passed over if
  // it is the first of its result's when 2^32 / bound leaves some results with one word more.
  for (const uint32_t bound : {1u, 2u, 3u, 42u, 399072960u, 0x80000001u, 0xffffffffu}) {
    RandomStream words(1, 2, 3), random(1, 2, 3);
    for (int round = 0; round < 1000; ++round) {
      uint64_t product;
      do product = uint64_t{words.next()} * bound;
      while ((product & 0xffffffff) < (uint64_t{1} << 32) % bound);
      const uint32_t result = random.below(bound);
      CHECK(result == product >> 32);
      CHECK(result < bound);
    }
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
  nth_bit_counts_from_the_lowest();
  philox_gives_the_known_answers();
  streams_are_of_key_index_and_number();
  below_takes_every_word_that_is_fair();
  drop_slot_is_what_it_says();
  parallel_for_covers_once();
  parallel_for_stops();
}
