// What bindings of CUDA launches have in common.
#pragma once

#include "bindings/common.h"
#include "worlds/world_table.h"

namespace forge::bindings {

// One block of device memory, cut up: every part begins at a multiple of 256 bytes.
struct WorkLayout {
  int64_t n_bytes = 0;
  int64_t add(int64_t bytes) {
    const int64_t start = n_bytes;
    n_bytes += (bytes + 255) / 256 * 256;
    return start;
  }
  // The next n items of a block that begins at `base`.
  template <class T>
  T* part(std::uintptr_t base, int64_t n) {
    return reinterpret_cast<T*>(
        base + static_cast<std::uintptr_t>(add(n * static_cast<int64_t>(sizeof(T)))));
  }
};

inline void check_work(int64_t n_bytes, int64_t n_needed) {
  if (n_bytes < n_needed)
    throw py::value_error("work must have " + std::to_string(n_needed) + " bytes, got " +
                          std::to_string(n_bytes));
}

// An address of a stream, as Python has it.
class Stream {
 public:
  explicit Stream(std::uintptr_t address) : address_(address) {}
  void* get() const { return reinterpret_cast<void*>(address_); }

 private:
  std::uintptr_t address_;
};

using DeviceDeal = Device<const int8_t, N_SEATS, N_SLOTS>;
using DeviceDeals = Device<const int8_t, ANY, N_SEATS, N_SLOTS>;
using DeviceSmall = Device<const int8_t, ANY>;
using DeviceStates = Device<const int64_t, ANY>;
using DeviceAllowed = Device<const int32_t, ANY, N_HIDDEN>;
using DeviceSizes = Device<const int8_t, ANY, N_HIDDEN>;
using DeviceTables = Device<uint8_t, ANY, static_cast<int64_t>(sizeof(WorldTable))>;

// The logarithm of a power of 2: entries of a lane.
inline int log2_of(int64_t n) {
  int log2 = 0;
  while (int64_t{1} << log2 < n) ++log2;
  if (int64_t{1} << log2 != n) throw py::value_error("entries must be a power of 2 a lane");
  return log2;
}

void bind_decisions_on_device(py::module_& c);

}  // namespace forge::bindings
