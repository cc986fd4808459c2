// CPU driver of decisions. All buffers are the caller's.
#pragma once

#include "core/parallel.h"
#include "decide/decisions.h"

namespace forge::cpu {

// Returns the first row that no hidden hands fit (its out is void), -1 if none.
int64_t decide(const DecideJob& job, const Parallel& how);

}  // namespace forge::cpu
