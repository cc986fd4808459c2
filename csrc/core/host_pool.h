// Memory of large outputs, kept for the next. Touching fresh pages costs three times the solving
// (0.4 s for the 450 MB of 28 million states, measured), so a block that is given back stays
// mapped.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

namespace forge {

class HostPool {
 public:
  struct Block {
    void* data;
    size_t n_bytes;  // as asked for
    size_t size;     // as mapped
    size_t touched;  // the most asked for so far: what may be resident
  };

  explicit HostPool(size_t keep_bytes) : keep_bytes_(keep_bytes) {}
  ~HostPool() { release(); }
  HostPool(const HostPool&) = delete;
  HostPool& operator=(const HostPool&) = delete;

  // At least n_bytes, from the kept block that fits best, else new. Pages never touched cost
  // nothing, so a block is as large as the next power of two and serves larger deals too.
  Block take(size_t n_bytes) {
    const std::lock_guard<std::mutex> guard(lock_);
    auto best = kept_.end();
    for (auto it = kept_.begin(); it != kept_.end(); ++it)
      if (it->size >= n_bytes && it->size / 8 <= n_bytes &&
          (best == kept_.end() || it->size < best->size))
        best = it;
    if (best != kept_.end()) {
      Block block = *best;
      kept_.erase(best);
      kept_bytes_ -= block.touched;
      block.n_bytes = n_bytes;
      block.touched = std::max(block.touched, n_bytes);
      return block;
    }
    size_t size = size_t{1} << 21;
    while (size < n_bytes) size *= 2;
    void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    madvise(data, size, MADV_HUGEPAGE);
#endif
    return {data, n_bytes, size, n_bytes};
  }

  // Keeps the block, and lets the oldest go while more than `keep_bytes` are kept.
  void give_back(const Block& block) {
    const std::lock_guard<std::mutex> guard(lock_);
    kept_.push_back(block);
    kept_bytes_ += block.touched;
    while (kept_bytes_ > keep_bytes_) drop_oldest();
  }

  void release() {
    const std::lock_guard<std::mutex> guard(lock_);
    while (!kept_.empty()) drop_oldest();
  }

  size_t kept_bytes() const { return kept_bytes_; }

 private:
  void drop_oldest() {
    const Block block = kept_.front();
    kept_.erase(kept_.begin());
    kept_bytes_ -= block.touched;
    munmap(block.data, block.size);
  }

  const size_t keep_bytes_;
  std::mutex lock_;
  std::vector<Block> kept_;
  size_t kept_bytes_ = 0;
};

}  // namespace forge
