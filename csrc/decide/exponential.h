// exp, the same bytes on every processor: no library's is.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace forge {

// e^x for x <= 0, within 2e-15 of it relatively; 0 below -700. To be compiled without fused
// operations.
FORGE_HD inline double exp_of_negative(double x) {
  if (!(x >= -700.0)) return 0.0;
  // x = k ln 2 + r, |r| <= ln 2 / 2; e^r by its series, from the smallest term up.
  const int k = static_cast<int>(x * 1.4426950408889634 - 0.5);
  const double r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
  double sum = 1.0;
  for (int i = 13; i > 0; --i) sum = 1.0 + sum * (r / i);
  const uint64_t bits = static_cast<uint64_t>(1023 + k) << 52;
  double power;
  __builtin_memcpy(&power, &bits, sizeof power);
  return sum * power;
}

}  // namespace forge
