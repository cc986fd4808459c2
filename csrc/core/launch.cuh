// Launching: a kernel is a functor over item indices, so a launch needs no code of its own.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace forge::cuda {

inline constexpr int BLOCK = 128;

inline void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess)
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

template <class Kernel>
__global__ void __launch_bounds__(BLOCK)
    run_items(const __grid_constant__ Kernel kernel, int64_t n) {
  for (int64_t i = int64_t{blockIdx.x} * BLOCK + threadIdx.x; i < n;
       i += int64_t{gridDim.x} * BLOCK)
    kernel(i);
}

// launch(n, kernel) runs kernel(i) for i in [0, n) on the stream, without waiting.
struct Launch {
  cudaStream_t stream;

  template <class Kernel>
  void operator()(int64_t n, const Kernel& kernel) const {
    if (n <= 0) return;
    const int64_t n_blocks = std::min<int64_t>((n + BLOCK - 1) / BLOCK, 1 << 20);
    run_items<<<static_cast<unsigned>(n_blocks), BLOCK, 0, stream>>>(kernel, n);
    check(cudaGetLastError(), "kernel launch");
  }
  void zero(void* data, size_t n_bytes) const {
    check(cudaMemsetAsync(data, 0, n_bytes, stream), "memset");
  }
};

}  // namespace forge::cuda
