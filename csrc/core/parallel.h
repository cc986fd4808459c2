// A loop over independent items on several threads. Threads live for one call (30 us for two), so
// the library holds no state between calls and is safe to fork.
#pragma once

#if defined(__wasm__)
#include "core/one_thread.h"
#else
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace forge {

// Raised in the calling thread when the poll asks to stop.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

struct Parallel {
  int n_threads = 1;
  bool (*poll)() = nullptr;  // called by the calling thread about every 50 ms; true stops the loop
  std::atomic<bool>* stopped = nullptr;  // set when the loop is to stop: for long items to look at
};

// A worker's look at whether to go on: who called is asked about every 50 ms, the others see what
// came of it. Long items look from inside.
class Pause {
 public:
  Pause(const Parallel& how, int worker) : how_(how), asks_(worker == 0 && how.poll) {}

  void look() {
    if (how_.stopped && how_.stopped->load(std::memory_order_relaxed)) throw Interrupted();
    if (!asks_ || Clock::now() - last_ <= std::chrono::milliseconds(50)) return;
    last_ = Clock::now();
    if (how_.poll()) throw Interrupted();
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Parallel& how_;
  bool asks_;
  Clock::time_point last_ = Clock::now();
};

// The first of the items that workers name.
class FirstItem {
 public:
  void name(int64_t i) {
    int64_t known = first_;
    while (i < known && !first_.compare_exchange_weak(known, i)) {}
  }
  // -1: none was named.
  int64_t get() const { return first_ == NONE ? -1 : first_.load(); }

 private:
  static constexpr int64_t NONE = INT64_MAX;
  std::atomic<int64_t> first_{NONE};
};

// body(worker, begin, end) over [0, n) in pieces of `grain`, handed out in ascending order, so that
// callers who put the long items first get an even finish.
template <class Body>
void parallel_for(const Parallel& how, int64_t n, int64_t grain, const Body& body) {
  if (n <= 0) return;
  std::atomic<int64_t> next{0};
  std::atomic<bool> stop{false};
  std::exception_ptr error;
  std::mutex error_lock;
  std::condition_variable ended;
  int n_running = 0;  // beside the calling thread
  const int64_t n_pieces = (n + grain - 1) / grain;

  auto work = [&](int worker) {
    Pause pause(how, worker);
    try {
      while (!stop.load(std::memory_order_relaxed)) {
        const int64_t begin = next.fetch_add(grain, std::memory_order_relaxed);
        if (begin >= n) return;
        body(worker, begin, std::min(begin + grain, n));
        pause.look();
      }
    } catch (...) {
      stop = true;
      if (how.stopped) *how.stopped = true;
      const std::lock_guard<std::mutex> guard(error_lock);
      if (!error) error = std::current_exception();
    }
  };

  const int n_workers = static_cast<int>(std::min<int64_t>(std::max(how.n_threads, 1), n_pieces));
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(n_workers));
  try {
    for (int worker = 1; worker < n_workers; ++worker) {
      threads.emplace_back([&, worker] {
        work(worker);
        const std::lock_guard<std::mutex> guard(error_lock);
        --n_running;
        ended.notify_one();
      });
      const std::lock_guard<std::mutex> guard(error_lock);
      ++n_running;
    }
  } catch (const std::system_error&) {
    // At a limit of the system on threads: fewer of them do the same work.
  }
  work(0);
  if (how.poll) {
    std::unique_lock<std::mutex> guard(error_lock);
    while (!ended.wait_for(guard, std::chrono::milliseconds(50), [&] { return n_running == 0; })) {
      if (stop.load(std::memory_order_relaxed)) continue;
      guard.unlock();
      const bool asked = how.poll();
      guard.lock();
      if (!asked) continue;
      stop = true;
      if (how.stopped) *how.stopped = true;
      if (!error) error = std::make_exception_ptr(Interrupted());
    }
  }
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace forge

#endif
