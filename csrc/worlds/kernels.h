// Kernels over the items of a batch, as the device launches them. What the CPU refuses at the
// border becomes 0 worlds, and -1 in place of a world.
#pragma once

#include "worlds/sample.h"

namespace forge {

// Over B rows.
struct CountWorlds {
  ConstraintBatch batch;
  int64_t* counts;
  FORGE_HD void operator()(int64_t i) const { counts[i] = count_worlds(batch.at(i)); }
};

// Over rows `begin`, begin + 1, ...
struct BuildWorldTables {
  ConstraintBatch batch;
  int64_t begin;
  WorldTable* tables;
  FORGE_HD void operator()(int64_t i) const { build_world_table(batch.at(begin + i), tables + i); }
};

// Over the worlds of rows `begin`, begin + 1, ...; tables[0] is of row `begin`.
struct SampleUniformWorlds {
  const WorldTable* tables;
  const int64_t* keys;  // [B]
  int64_t begin;
  int64_t n_samples;
  int32_t* worlds;  // [B, n_samples, 3]
  FORGE_HD void operator()(int64_t i) const {
    const int64_t row = i / n_samples;
    World world = NO_WORLD;
    if (tables[row].n_worlds)
      sample_uniform<1>(tables[row], keys[begin + row], i % n_samples, &world);
    write_world(world, begin * n_samples + i, worlds);
  }
};

// Over B * n_samples worlds.
struct SampleMrvWorlds {
  ConstraintBatch batch;
  const int64_t* keys;
  int64_t n_samples;
  int32_t* worlds;  // [B, n_samples, 3]
  FORGE_HD void operator()(int64_t i) const {
    const int64_t row = i / n_samples;
    const Constraints c = batch.at(row);
    write_world(has_world(c) ? sample_mrv(c, keys[row], i % n_samples) : NO_WORLD, i, worlds);
  }
};

// Over the worlds start, start + 1, ... of one question.
struct EnumerateWorlds {
  const WorldTable* table;  // [1]
  int64_t start;
  int32_t* worlds;  // [n, 3]
  FORGE_HD void operator()(int64_t i) const {
    const int64_t number = start + i;
    World world = NO_WORLD;
    if (number >= 0 && number < table->n_worlds) {
      const auto index = static_cast<uint32_t>(number);
      unrank_worlds<1>(*table, &index, &world);
    }
    write_world(world, i, worlds);
  }
};

}  // namespace forge
