// CPU driver of the search. All buffers are the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/parallel.h"
#include "game/position_batch.h"
#include "search/table.h"

namespace forge::cpu {

// One search's memory: the table and whose deal it is about. Kept over calls it stays warm.
class SearchMemory {
 public:
  SearchMemory();
  // The table for a position of a deal: as it was if deal and declaration are those of the last
  // call, else empty. Late in a hand a corner of it will do.
  TableView table_for(const int8_t* deal, int decl, int64_t state);

 private:
  uint32_t epoch_ = 0;
  int8_t deal_[29] = {};  // with the declaration
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

// The same for one position on a memory that lasts.
void search_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state, int8_t* q);
void search_at_least_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state,
                          int target, int8_t* out);

}  // namespace forge::cpu
