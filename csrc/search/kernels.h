// The kernel over the lanes of a device.
#pragma once

#include "search/lane.h"

namespace forge {

// Over lanes.
struct RunLanes {
  SearchJob job;
  TableEntry* entries;  // [lanes, 2^log2_size], zeroed
  int log2_size;
  FORGE_HD void operator()(int64_t lane) const {
    SearchLane(job, {entries + (lane << log2_size), log2_size, 0}).run();
  }
};

}  // namespace forge
