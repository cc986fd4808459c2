// parallel.h where there are neither threads nor exceptions: the same loops, in one thread, to the
// end.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace forge {

struct Parallel {
  int n_threads = 1;
  std::atomic<bool>* stopped = nullptr;
};

class Pause {
 public:
  Pause(const Parallel&, int) {}
  void look() {}
};

class FirstItem {
 public:
  void name(int64_t i) {
    if (first_ < 0 || i < first_) first_ = i;
  }
  // -1: none was named.
  int64_t get() const { return first_; }

 private:
  int64_t first_ = -1;
};

template <class Body>
void parallel_for(const Parallel&, int64_t n, int64_t grain, const Body& body) {
  for (int64_t begin = 0; begin < n; begin += grain) body(0, begin, std::min(begin + grain, n));
}

}  // namespace forge
