// The tablebase of one deal under one declaration. All buffers are the caller's.
#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "game/deal_context.h"
#include "tablebase/layout.h"

namespace forge {

struct Reach {
  uint64_t* rows;    // [N_ROWS]
  uint32_t* counts;  // [N_COUNTS] counts a chunk and group, then write cursors
};

// What backing up a tablebase leaves: the states alone, states with values and q, or nothing but
// the values between tricks.
enum class Emit { states, solution, values };

struct StateRows {
  int64_t* states;  // [N] ascending
  int8_t* values;   // [N] or nullptr: states alone
  int8_t* q;        // [N, 7] or nullptr
};

namespace cpu {

// Marks everything reachable from the first lead and returns the number of states; `counts` is left
// as the cursors that emit_states wants.
int64_t reach_states(const DealContext& c, const Reach& reach, const Parallel& how);

// Writes all n states with their values. level_values: int8 [N_VALUES] scratch, or nullptr for
// states alone.
void emit_states(const DealContext& c, const Reach& reach, int8_t* level_values,
                 const StateRows& out, int64_t n, const Parallel& how);

// Values and q of any states of the deal, from scratch: [N] -> [N], [N, 7].
void backward_induction(const DealContext& c, const int64_t* states, int64_t n, const Reach& reach,
                        int8_t* level_values, int8_t* values, int8_t* q, const Parallel& how);

// Children of any states: [N] -> [N, 7], -1 where the slot is illegal.
void expand_states(const DealContext& c, const int64_t* states, int64_t n, int64_t* children,
                   const Parallel& how);

}  // namespace cpu
}  // namespace forge
