// CPU driver of the search. All buffers are the caller's.
#pragma once

#include <cstdint>
#include <vector>

#include "core/parallel.h"
#include "game/position_batch.h"
#include "search/table.h"

namespace forge::cpu {

// One search's memory: the table and whose deal it is about. Kept over calls it stays warm.
class SearchMemory {
 public:
  explicit SearchMemory(int log2_size);
  // The table for a deal and declaration: as it was if they are those of the last call, else empty.
  TableView table_for(const int8_t* deal, int decl);
  int log2_size() const { return log2_size_; }

 private:
  int log2_size_;
  uint32_t epoch_ = 0;
  int8_t deal_[29] = {};  // with the declaration
  std::vector<TableEntry> entries_;
};

// q: int8 [B, 7]
void search(const PositionBatch& batch, int8_t* q, const Parallel& how);
// targets: int8 [B] or [1] (stride 0); out: int8 [B, 7]
void search_at_least(const PositionBatch& batch, const int8_t* targets, int64_t target_stride,
                     int8_t* out, const Parallel& how);

// The same for one position on a memory that lasts.
void search_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state, int8_t* q);
void search_at_least_warm(SearchMemory& memory, const int8_t* deal, int decl, int64_t state,
                          int target, int8_t* out);

}  // namespace forge::cpu
