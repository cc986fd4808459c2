// The kernel over the lanes of a device.
#pragma once

#include "search/lane.h"

namespace forge {

struct LaneTables {
  TableEntry* entries;  // [lanes, 2^log2_size], zeroed
  int log2_size;
  uint32_t* epochs = nullptr;  // [lanes], zeroed, where several jobs use the tables one after the
                               // other
};

// Over lanes.
struct RunLanes {
  SearchJob job;
  LaneTables tables;
  FORGE_HD void operator()(int64_t lane) const {
    uint32_t* const epoch = tables.epochs ? tables.epochs + lane : nullptr;
    const TableView table{tables.entries + (lane << tables.log2_size), tables.log2_size,
                          epoch ? *epoch : 0};
    SearchLane worker(job, table);
    worker.run();
    if (epoch) *epoch = worker.epoch();
  }
};

}  // namespace forge
