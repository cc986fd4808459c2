// log, the same bytes on every processor: no library's is.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace forge {

inline constexpr double MINUS_INFINITY = -__builtin_huge_val();

// The natural logarithm of x >= 0, within 1e-15 of it or relatively; to be compiled without fused
// operations.
FORGE_HD inline double log_of(double x) {
  if (!(x > 0.0)) return MINUS_INFINITY;
  int exponent = 0;
  if (x < 1e-300) {  // below the normal numbers the exponent is not in its bits
    x *= 0x1p60;
    exponent = -60;
  }
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  exponent += static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000;
  double m;  // 1..2, then sqrt(1/2)..sqrt(2)
  __builtin_memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 artanh s = 2 (s + s^3 / 3 + s^5 / 5 + ...)
  const double s = (m - 1.0) / (m + 1.0);
  const double square = s * s;
  double sum = 0.0;
  for (int i = 23; i > 0; i -= 2) sum = sum * square + 1.0 / i;
  const double k = exponent;
  return k * 0.693147180369123816490 + (2.0 * s * sum + k * 1.90821492927058770002e-10);
}

}  // namespace forge
