#pragma once

#include "core/parallel.h"
#include "play/play.h"

namespace forge::cpu {

// Where the slot is not legal, next is -1.
void play(const PlayJob& job, const Parallel& how);
void mark_legal_slots(const LegalJob& job, const Parallel& how);

}  // namespace forge::cpu
