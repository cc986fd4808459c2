// CPU driver of the search. All buffers are the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/parallel.h"
#include "game/position_batch.h"
#include "search/answer.h"
#include "search/search.h"

namespace forge::cpu {

// What a kind of question is worth.
struct SearchPlan {
  int log2_table;  // entries at the first lead
  int early;  // with fewer dominoes left, what a deal is prepared with costs more than it saves
};

// One search's memory: the table and whose deal it is about, and which leads have cut. Kept over
// calls it stays warm.
class SearchMemory {
 public:
  SearchMemory();
  // What to search a position of a deal with. The table is as it was if deal and declaration are
  // those of the last call, else empty; late in a hand a corner of it will do. What leads have cut
  // is kept while deals may be worlds of one decision: the declaration and a seat's hand the same.
  SearchRoom room_for(const int8_t* deal, int decl, int64_t state, SearchPlan plan);
  // Points to look for first: those of the last position, if it may have been of the same decision.
  int guess_for(const SearchPosition& p) const { return guess_ < 0 ? first_guess(p) : guess_; }
  void keep_guess(int points) { guess_ = points; }

 private:
  void begin(const int8_t* deal, int decl);
  void prepare(int decl);

  uint32_t epoch_ = 0;
  int8_t deal_[29] = {};  // with the declaration
  SearchDeal search_deal_ = {};
  bool is_prepared_ = false;
  uint32_t prepared_for_[N_SEATS] = {};
  int prepared_decl_ = -1;
  int guess_ = -1;
  EqualPairs pairs_ = {};
  uint32_t history_[N_SEATS * 32] = {};
  std::vector<TableEntry> entries_;
};

// A memory for each worker of a call; not for two calls at a time. Kept over calls it saves their
// making, 0.2 ms of fresh pages each.
class SearchMemories {
 public:
  void reserve(int n_workers);
  SearchMemory& of(int worker) { return *memories_[static_cast<size_t>(worker)]; }

 private:
  std::vector<std::unique_ptr<SearchMemory>> memories_;
};

// q: int8 [B, 7]
void search(const PositionBatch& batch, int8_t* q, SearchMemories& memories, const Parallel& how);
// targets: int8 [B] or [1] (stride 0); out: int8 [B, 7]
void search_at_least(const PositionBatch& batch, const int8_t* targets, int64_t target_stride,
                     int8_t* out, SearchMemories& memories, const Parallel& how);
// values: int8 [B], team-0 frame, 0 where the hand is over
void search_value(const PositionBatch& batch, int8_t* values, SearchMemories& memories,
                  const Parallel& how);
// targets: int8 [B] or [1] (stride 0); out: 1 where the value is at least the target, else 0, [B]
void search_made(const PositionBatch& batch, const int8_t* targets, int64_t target_stride,
                 int8_t* out, SearchMemories& memories, const Parallel& how);

// The same for one position on a memory that lasts. slots: asked about; the others count as
// illegal.
void search_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state, int8_t* q,
                 uint32_t slots = FULL_HAND);
void search_at_least_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state,
                          int target, int8_t* out, uint32_t slots = FULL_HAND);
int8_t search_value_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state);
bool search_made_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state,
                      int target);

}  // namespace forge::cpu
