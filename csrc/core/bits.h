// Bit tricks that mean the same on host and device.
#pragma once

#include <cstdint>

#if defined(__BMI2__) && !defined(__CUDA_ARCH__)
#include <immintrin.h>
#endif

#include "core/macros.h"

namespace forge {

FORGE_INLINE int popcount(uint32_t x) {
#if defined(__CUDA_ARCH__)
  return __popc(x);
#else
  return __builtin_popcount(x);
#endif
}

FORGE_INLINE int popcount(uint64_t x) {
#if defined(__CUDA_ARCH__)
  return __popcll(x);
#else
  return __builtin_popcountll(x);
#endif
}

// Index of the lowest set bit; x must not be 0.
FORGE_INLINE int lowest(uint32_t x) {
#if defined(__CUDA_ARCH__)
  return __ffs(static_cast<int>(x)) - 1;
#else
  return __builtin_ctz(x);
#endif
}

FORGE_INLINE int lowest(uint64_t x) {
#if defined(__CUDA_ARCH__)
  return __ffsll(static_cast<long long>(x)) - 1;
#else
  return __builtin_ctzll(x);
#endif
}

// Index of the highest set bit; x must not be 0.
FORGE_INLINE int highest(uint32_t x) {
#if defined(__CUDA_ARCH__)
  return 31 - __clz(static_cast<int>(x));
#else
  return 31 - __builtin_clz(x);
#endif
}

// All bits strictly above bit i, 0 <= i < 31.
FORGE_INLINE uint32_t above(int i) { return ~uint32_t{1} << i; }

// The set bit of x with `n` set bits below it; x must have more than n.
FORGE_INLINE uint32_t nth_bit(uint32_t x, int n) {
#if defined(__BMI2__) && !defined(__CUDA_ARCH__)
  return _pdep_u32(uint32_t{1} << n, x);
#else
  for (; n; --n) x &= x - 1;
  return x & (~x + 1);
#endif
}

// Moves the bits of x at the set places of `from`, in order, to the set places of `to`; `from` and
// `to` have equally many. Without BMI2 it goes bit by bit.
FORGE_INLINE uint64_t move_bits(uint64_t x, uint64_t from, uint64_t to) {
#if defined(__BMI2__) && !defined(__CUDA_ARCH__)
  return _pdep_u64(_pext_u64(x, from), to);
#else
  uint64_t out = 0;
  for (x &= from; x; x &= x - 1) {
    const uint64_t below = (x & (~x + 1)) - 1;
    int place = popcount(from & below);
    uint64_t rest = to;
    for (; place; --place) rest &= rest - 1;
    out |= rest & (~rest + 1);
  }
  return out;
#endif
}

}  // namespace forge
