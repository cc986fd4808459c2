#pragma once

#include "play/play.h"

namespace forge::cuda {

void play(const PlayJob& job, void* stream);

}  // namespace forge::cuda
