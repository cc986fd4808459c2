#pragma once

#include "play/play.h"

namespace forge::cuda {

void play(const PlayJob& job, void* stream);
void mark_legal_slots(const LegalJob& job, void* stream);

}  // namespace forge::cuda
