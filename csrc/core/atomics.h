// Atomics of the per-item kernels. On the host they are plain operations: there the kernels run in
// one thread, in the native tests.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace forge {

FORGE_INLINE void atomic_or(uint64_t* word, uint64_t bits) {
#if defined(__CUDA_ARCH__)
  atomicOr(reinterpret_cast<unsigned long long*>(word), static_cast<unsigned long long>(bits));
#else
  *word |= bits;
#endif
}

// Returns the value before.
FORGE_INLINE int64_t atomic_add(int64_t* counter, int64_t n) {
#if defined(__CUDA_ARCH__)
  return static_cast<int64_t>(atomicAdd(reinterpret_cast<unsigned long long*>(counter),
                                        static_cast<unsigned long long>(n)));
#else
  const int64_t before = *counter;
  *counter += n;
  return before;
#endif
}

FORGE_INLINE int64_t atomic_next(int64_t* counter) { return atomic_add(counter, 1); }

}  // namespace forge
