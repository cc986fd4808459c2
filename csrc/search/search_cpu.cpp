// CPU drivers of the search: which positions first, and a table per worker.
#include "search/search_cpu.h"

#include <cstring>
#include <numeric>

#include "search/alpha_beta.h"
#include "search/search.h"

namespace forge::cpu {
namespace {

struct AlphaBeta {
  const SearchDeal& deal;
  TableView table;

  int operator()(const Question& q, const Prefix& prefix) const {
    return search_trick<true>(deal, table, q, prefix);
  }
};

int dominoes_left(int64_t state) { return popcount(static_cast<uint32_t>(state) & 0x0FFFFFFF); }

// Entries for a position with so many dominoes left: enough that a larger table gains nothing,
// small enough to stay in the L2 cache (2^16 entries are 512 KB).
constexpr int MAX_LOG2_TABLE = 16;

int log2_table(int n_left) {
  if (n_left > 20) return MAX_LOG2_TABLE;
  if (n_left > 16) return 15;
  if (n_left > 12) return 13;
  return n_left > 8 ? 11 : 8;
}

// Long searches first, so that no worker is left with one at the end; otherwise in order, so that
// positions of one deal stay together and share a table.
std::vector<int64_t> longest_first(const PositionBatch& batch) {
  std::vector<int64_t> order(static_cast<size_t>(batch.n));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return dominoes_left(batch.states[a]) > dominoes_left(batch.states[b]);
  });
  return order;
}

template <class Body>
void for_each_position(const PositionBatch& batch, SearchMemories& memories, const Parallel& how,
                       const Body& body) {
  if (batch.n == 0) return;
  const std::vector<int64_t> order = longest_first(batch);
  memories.reserve(how.n_threads);
  // Positions late in a hand take microseconds: hand them out by the dozen.
  const int64_t grain = dominoes_left(batch.states[order[0]]) > 12 ? 1 : 16;
  parallel_for(how, batch.n, grain, [&](int worker, int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const int64_t i = order[static_cast<size_t>(k)];
      body(i, memories.of(worker), batch.deal(i), batch.decl(i), batch.states[i]);
    }
  });
}

}  // namespace

SearchMemory::SearchMemory() : entries_(size_t{1} << MAX_LOG2_TABLE) {}

TableView SearchMemory::table_for(const int8_t* deal, int decl, int64_t state) {
  const bool same = epoch_ && deal_[28] == decl && std::memcmp(deal_, deal, 28) == 0;
  if (!same) {
    std::memcpy(deal_, deal, 28);
    deal_[28] = static_cast<int8_t>(decl);
    if (++epoch_ > MAX_EPOCH) {
      std::fill(entries_.begin(), entries_.end(), TableEntry{0});
      epoch_ = 1;
    }
  }
  return {entries_.data(), log2_table(dominoes_left(state)), epoch_};
}

void SearchMemories::reserve(int n_workers) {
  while (static_cast<int>(memories_.size()) < std::max(n_workers, 1))
    memories_.push_back(std::make_unique<SearchMemory>());
}

void search_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state, int8_t* q) {
  const SearchDeal d = make_search_deal(deal, decl);
  search_position(make_search_position(d, deal, state), q,
                  AlphaBeta{d, memory.table_for(deal, decl, state)});
}

void search_at_least_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state,
                          int target, int8_t* out) {
  const SearchDeal d = make_search_deal(deal, decl);
  search_position_at_least(make_search_position(d, deal, state), target, out,
                           AlphaBeta{d, memory.table_for(deal, decl, state)});
}

void search(const PositionBatch& batch, int8_t* q, SearchMemories& memories, const Parallel& how) {
  for_each_position(batch, memories, how,
                    [&](int64_t i, SearchMemory& memory, const int8_t* deal, int decl,
                        int64_t state) { search_warm(memory, deal, decl, state, q + 7 * i); });
}

void search_at_least(const PositionBatch& batch, const int8_t* targets, int64_t target_stride,
                     int8_t* out, SearchMemories& memories, const Parallel& how) {
  for_each_position(
      batch, memories, how,
      [&](int64_t i, SearchMemory& memory, const int8_t* deal, int decl, int64_t state) {
        search_at_least_warm(memory, deal, decl, state, targets[i * target_stride], out + 7 * i);
      });
}

}  // namespace forge::cpu
