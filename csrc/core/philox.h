// Random words as a function of a key and a counter: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw:
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011). There is no state to hand on, so any
// thread of any device can make any number of any stream, and all make the same.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace forge {

struct Words4 {
  uint32_t word[4];
};

FORGE_HD constexpr Words4 philox4x32(Words4 counter, uint32_t key0, uint32_t key1) {
  uint32_t a = counter.word[0], b = counter.word[1], c = counter.word[2], d = counter.word[3];
  for (int round = 0; round < 10; ++round) {
    const uint64_t x = uint64_t{0xD2511F53} * a;
    const uint64_t y = uint64_t{0xCD9E8D57} * c;
    a = static_cast<uint32_t>(y >> 32) ^ b ^ key0;
    c = static_cast<uint32_t>(x >> 32) ^ d ^ key1;
    b = static_cast<uint32_t>(y);
    d = static_cast<uint32_t>(x);
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return {{a, b, c, d}};
}

// The numbers of item `index` of a key. Streams of one item are told apart by their number.
class RandomStream {
 public:
  FORGE_INLINE RandomStream(int64_t key, int64_t index, uint32_t stream)
      : key0_(static_cast<uint32_t>(key)),
        key1_(static_cast<uint32_t>(static_cast<uint64_t>(key) >> 32)),
        counter_{{static_cast<uint32_t>(index),
                  static_cast<uint32_t>(static_cast<uint64_t>(index) >> 32), 0, stream}} {}

  FORGE_INLINE uint32_t next() {
    if (n_used_ == 4) {
      words_ = philox4x32(counter_, key0_, key1_);
      ++counter_.word[2];
      n_used_ = 0;
    }
    return words_.word[n_used_++];
  }

  // Uniform in [0, bound), bound > 0, without bias: the high half of word * bound, and another word
  // where the low half is among the 2^32 mod bound that some results would have too many of
  // (Lemire: "Fast random integer generation in an interval", 2019).
  FORGE_INLINE uint32_t below(uint32_t bound) {
    for (;;) {
      const uint64_t product = uint64_t{next()} * bound;
      const auto low = static_cast<uint32_t>(product);
      if (low >= bound || low >= (0u - bound) % bound) return static_cast<uint32_t>(product >> 32);
    }
  }

 private:
  uint32_t key0_, key1_;
  Words4 counter_;
  Words4 words_{};
  int n_used_ = 4;
};

}  // namespace forge
