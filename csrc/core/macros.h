// Host/device markers. Everything that handles one state, position or token is FORGE_HD, so that
// whatever the CPU tests prove about a step holds for the GPU.
#pragma once

#if defined(__CUDACC__)
#define FORGE_HD __host__ __device__
#define FORGE_INLINE __host__ __device__ __forceinline__
#else
#define FORGE_HD
#define FORGE_INLINE inline __attribute__((always_inline))
#endif
