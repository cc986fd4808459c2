#pragma once

#include "search/lane.h"

namespace forge::cuda {

// Runs a job on n_lanes lanes; entries: [n_lanes, 2^log2_size], zeroed.
void search(const SearchJob& job, TableEntry* entries, int log2_size, int64_t n_lanes,
            void* stream);

}  // namespace forge::cuda
