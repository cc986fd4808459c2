// The scratch of a device on the host, every part a block of its own so that the sanitizer sees its
// ends; and lanes to search with.
#pragma once

#include "check.h"
#include "decide/rounds.h"
#include "search/kernels.h"

namespace forge::testing {

class HostRoom {
 public:
  HostRoom(int64_t n_rows, int64_t pool, int64_t window)
      : seen_(size(n_rows)),
        tables_(size(n_rows)),
        worlds_(size(n_rows * pool)),
        counters_(2, 77),
        states_(size(n_rows * window)),
        deals_(28 * states_.size(), int8_t{99}),
        decls_(states_.size()),
        targets_(states_.size()),
        answers_(7 * states_.size(), int8_t{99}),
        slots_(states_.size()),
        room_{n_rows,         pool,           window,           seen_.data(),
              tables_.data(), worlds_.data(), counters_.data(), &counters_[1],
              states_.data(), deals_.data(),  decls_.data(),    targets_.data(),
              slots_.data(),  answers_.data()} {}

  const RoundRoom& room() const { return room_; }
  size_t n_positions() const { return states_.size(); }
  static size_t size(int64_t n) { return static_cast<size_t>(n); }

 private:
  std::vector<SeenHand> seen_;
  std::vector<WorldTable> tables_;
  std::vector<Owners> worlds_;
  std::vector<int64_t> counters_, states_;
  std::vector<int8_t> deals_, decls_, targets_, answers_;
  std::vector<uint8_t> slots_;
  RoundRoom room_;
};

class HostLanes {
 public:
  explicit HostLanes(int64_t n_lanes)
      : n_lanes_(n_lanes),
        entries_(static_cast<size_t>(n_lanes << LOG2_SIZE)),
        epochs_(static_cast<size_t>(n_lanes)),
        tables_{entries_.data(), LOG2_SIZE, epochs_.data()} {}

  void operator()(const SearchJob& asked) const {
    HostLaunch{}(n_lanes_, RunLanes{asked, tables_});
  }

 private:
  static constexpr int LOG2_SIZE = 8;
  const int64_t n_lanes_;
  std::vector<TableEntry> entries_;
  std::vector<uint32_t> epochs_;
  const LaneTables tables_;
};

}  // namespace forge::testing
