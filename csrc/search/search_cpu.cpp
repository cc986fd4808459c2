// CPU drivers of the search: which positions first, and a table per worker.
#include "search/search_cpu.h"

#include <cstring>
#include <numeric>

#include "search/equal_slots.h"

namespace forge::cpu {
namespace {

const AnswerRoot ANSWER = fastest_answer();

// See `Answer` in search.h.
struct Ask {
  const SearchRoom& room;

  int operator()(const Question& q, const Prefix& prefix, bool in_prefix) const {
    return ANSWER(room, q, prefix, in_prefix);
  }
};

int dominoes_left(int64_t state) { return popcount(static_cast<uint32_t>(state) & 0x0FFFFFFF); }

// Entries for a position with so many dominoes left: enough that a larger table gains nothing,
// small enough to stay in the L2 cache (2^15 entries are 256 KB).
constexpr int MAX_LOG2_TABLE = 15;

int log2_table(int n_left, int most) {
  if (n_left > 16) return most;
  if (n_left > 12) return 13;
  return n_left > 8 ? 11 : 8;
}

constexpr SearchPlan ALL_VALUES{MAX_LOG2_TABLE, 13}, ONE_ANSWER{14, 16};

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

SearchRoom SearchMemory::room_for(const int8_t* deal, int decl, int64_t state, SearchPlan plan) {
  const bool same = epoch_ && deal_[28] == decl && std::memcmp(deal_, deal, 28) == 0;
  if (!same) begin(deal, decl);
  const int n_left = dominoes_left(state);
  if (n_left >= plan.early && !is_prepared_) prepare(decl);
  const TableView table{entries_.data(), log2_table(n_left, plan.log2_table), epoch_};
  return {&search_deal_, &pairs_, table, history_};
}

void SearchMemory::begin(const int8_t* deal, int decl) {
  std::memcpy(deal_, deal, 28);
  deal_[28] = static_cast<int8_t>(decl);
  search_deal_ = make_search_deal(deal, decl);
  pairs_.n = 0;
  is_prepared_ = false;
  if (++epoch_ > MAX_EPOCH) {
    std::fill(entries_.begin(), entries_.end(), TableEntry{0});
    epoch_ = 1;
  }
}

void SearchMemory::prepare(int decl) {
  bool of_one_decision = false;
  for (int seat = 0; seat < N_SEATS; ++seat)
    of_one_decision |= search_deal_.owner[seat] == prepared_for_[seat];
  if (!of_one_decision || prepared_decl_ != decl) {
    std::memset(history_, 0, sizeof history_);
    guess_ = -1;
  }
  std::memcpy(prepared_for_, search_deal_.owner, sizeof prepared_for_);
  prepared_decl_ = decl;
  pairs_.find(search_deal_, decl);
  is_prepared_ = true;
}

void SearchMemories::reserve(int n_workers) {
  while (static_cast<int>(memories_.size()) < std::max(n_workers, 1))
    memories_.push_back(std::make_unique<SearchMemory>());
}

void search_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state, int8_t* q,
                 uint32_t slots) {
  const SearchRoom room = memory.room_for(deal, decl, state, ALL_VALUES);
  SearchPosition p = make_search_position(*room.deal, deal, state);
  p.legal &= slots;
  search_position(p, EqualSlots(*room.deal, decl, p, ALL_VALUES.early), q, Ask{room});
}

void search_at_least_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state,
                          int target, int8_t* out, uint32_t slots) {
  const SearchRoom room = memory.room_for(deal, decl, state, ONE_ANSWER);
  SearchPosition p = make_search_position(*room.deal, deal, state);
  p.legal &= slots;
  search_position_at_least(p, EqualSlots(*room.deal, decl, p, ONE_ANSWER.early), target, out,
                           Ask{room});
}

int8_t search_value_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state) {
  const SearchRoom room = memory.room_for(deal, decl, state, ONE_ANSWER);
  const SearchPosition p = make_search_position(*room.deal, deal, state);
  if (!p.legal) return 0;
  const int points = value_points(p, memory.guess_for(p), Ask{room});
  memory.keep_guess(points);
  return value_of_points(p, points);
}

bool search_made_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state,
                      int target) {
  const SearchRoom room = memory.room_for(deal, decl, state, ONE_ANSWER);
  const SearchPosition p = make_search_position(*room.deal, deal, state);
  return search_position_made(p, target, Ask{room});
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

void search_value(const PositionBatch& batch, int8_t* values, SearchMemories& memories,
                  const Parallel& how) {
  for_each_position(
      batch, memories, how,
      [&](int64_t i, SearchMemory& memory, const int8_t* deal, int decl, int64_t state) {
        values[i] = search_value_warm(memory, deal, decl, state);
      });
}

void search_made(const PositionBatch& batch, const int8_t* targets, int64_t target_stride,
                 int8_t* out, SearchMemories& memories, const Parallel& how) {
  for_each_position(
      batch, memories, how,
      [&](int64_t i, SearchMemory& memory, const int8_t* deal, int decl, int64_t state) {
        out[i] = search_made_warm(memory, deal, decl, state, targets[i * target_stride]);
      });
}

}  // namespace forge::cpu
