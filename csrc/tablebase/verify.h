// Checks a solved tablebase by its own rows and the rules alone; the solver is not asked.
#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "game/deal_context.h"

namespace forge {

enum class Fault : int {
  none = 0,
  malformed_state,
  not_ascending,
  wrong_legality,  // q is ILLEGAL exactly where the slot may not be played
  missing_child,
  wrong_q,      // not the child's value plus the points of the trick
  wrong_value,  // not the best q of the seat to act (0 at the end of the hand)
  no_parent,    // a state that no row leads to
  no_root,
};

const char* describe(Fault fault);

struct Verdict {
  int64_t n_faults = 0;
  int64_t first_row = -1;  // -1 where the fault is in no row
  Fault first_fault = Fault::none;
};

namespace cpu {

// states int64 [N], values int8 [N], q int8 [N, 7]; has_parent: uint8 [N] scratch.
Verdict verify_tablebase(const DealContext& c, const int64_t* states, const int8_t* values,
                         const int8_t* q, int64_t n, uint8_t* has_parent, const Parallel& how);

}  // namespace cpu
}  // namespace forge
