// Per-item kernels of the tablebase for devices with many threads, one struct a kernel.
//
// Where the CPU advances write cursors, these look positions up: a row's offset within its chunk
// for each group, and the place of a state among the hands of its row.
#pragma once

#include "core/atomics.h"
#include "tablebase/backward.h"
#include "tablebase/forward.h"
#include "tablebase/tablebase.h"

namespace forge {

// Scratch of one tablebase on a device.
struct DeviceWork {
  DealContext* context;
  uint64_t* rows;         // [N_ROWS]
  uint16_t* row_offsets;  // [N_ROWS, N_GROUPS] counts, then offsets within the chunk
  uint32_t* counts;       // [N_COUNTS] of a chunk and group, then positions
  int64_t* group_totals;  // [4 * N_GROUPS] in packed order, then positions
  int64_t* n_states;      // [1]
  int8_t* level_values;   // [N_VALUES]
};

struct MakeContext {
  const int8_t* deal;
  int decl;
  DealContext* context;
  FORGE_INLINE void operator()(int64_t) const { *context = make_deal_context(deal, decl); }
};

struct MarkRoot {
  uint64_t* rows;
  FORGE_INLINE void operator()(int64_t) const { rows[row_offset(0)] = 1; }
};

// Looking first keeps the atomics to the marks that change something.
FORGE_INLINE void mark_ranks(uint64_t* row, uint64_t ranks) {
  if (ranks & ~*static_cast<volatile uint64_t*>(row)) atomic_or(row, ranks);
}

template <bool COUNT>
struct AdvanceRows {
  DeviceWork work;
  int level;
  FORGE_HD void operator()(int64_t r) const {
    const uint64_t ranks = work.rows[row_offset(level) + r];
    if (!ranks) return;
    uint64_t* next = work.rows + row_offset(level + 1);
    uint16_t* offsets = work.row_offsets + (row_offset(level) + r) * N_GROUPS;
    forward_row(
        *work.context, level, row_at(level, r), ranks,
        [=](int64_t row, uint64_t reached) { mark_ranks(next + row, reached); },
        [=](int group, uint32_t n) {
          if (COUNT) offsets[group] = static_cast<uint16_t>(offsets[group] + n);
        });
  }
};

// One chunk (leader, hand of seat 3) and group: the rows' counts become offsets, at most
// 35^3 = 42,875, and their sum the chunk's count.
struct ScanChunks {
  DeviceWork work;
  int level;
  FORGE_HD void operator()(int64_t i) const {
    const int group = static_cast<int>(i % N_GROUPS);
    const int64_t chunk = i / N_GROUPS;
    const int64_t n = hands_at(level);
    const int64_t leader = chunk / n;
    const int64_t hand3 = combinadics().hand[N_SLOTS - level][chunk % n];
    uint16_t* cell = work.row_offsets + (row_offset(level) + chunk * n * n) * N_GROUPS + group;
    uint32_t sum = 0;
    for (int64_t r = 0; r < n * n; ++r, cell += N_GROUPS) {
      const uint32_t count = *cell;
      *cell = static_cast<uint16_t>(sum);
      sum += count;
    }
    work.counts[(leader * N_HANDS + hand3) * N_GROUPS + group] = sum;
  }
};

struct SumGroups {  // over 4 * N_GROUPS, packed order
  DeviceWork work;
  FORGE_INLINE void operator()(int64_t i) const {
    const int group = group_in_order(static_cast<int>(i / 4));
    const uint32_t* cell = work.counts + (i % 4) * N_HANDS * N_GROUPS + group;
    int64_t sum = 0;
    for (int hand = 0; hand < N_HANDS; ++hand) sum += cell[hand * N_GROUPS];
    work.group_totals[i] = sum;
  }
};

struct ScanTotals {  // one item: 1600 additions
  DeviceWork work;
  FORGE_INLINE void operator()(int64_t) const {
    int64_t sum = 0;
    for (int i = 0; i < 4 * N_GROUPS; ++i) {
      const int64_t total = work.group_totals[i];
      work.group_totals[i] = sum;
      sum += total;
    }
    *work.n_states = sum;
  }
};

struct PlaceGroups {  // over 4 * N_GROUPS, packed order
  DeviceWork work;
  FORGE_INLINE void operator()(int64_t i) const {
    const int group = group_in_order(static_cast<int>(i / 4));
    uint32_t* cell = work.counts + (i % 4) * N_HANDS * N_GROUPS + group;
    uint32_t position = static_cast<uint32_t>(work.group_totals[i]);
    for (int hand = 0; hand < N_HANDS; ++hand) {
      const uint32_t count = cell[hand * N_GROUPS];
      cell[hand * N_GROUPS] = position;
      position += count;
    }
  }
};

// Where the states below one state between tricks go.
template <bool SOLVED>
struct DeviceSink {
  const DealContext* context;
  StateRows out;
  const uint32_t* chunk;  // [N_GROUPS] positions
  const uint16_t* row;    // [N_GROUPS] offsets
  uint64_t ranks;         // the row
  uint64_t below;         // hands before this one
  int leader, size;

  // Hands of the row that have a state in the group.
  template <int N_PLAYS>
  FORGE_INLINE uint64_t hands_in_group(int digits) const {
    const int turn = (4 - leader) & 3;  // of seat 0
    if (turn >= N_PLAYS) return ranks;
    int slot = digits, lead = digits;
    for (int k = N_PLAYS - 1; k > turn; --k) slot /= 7;
    for (int k = N_PLAYS - 1; k > 0; --k) lead /= 7;
    slot %= 7;
    if (turn == 0) return ranks & combinadics().holding[size][slot];
    return hands_with_legal(*context, ranks, size, context->led_suit[leader][lead], slot);
  }

  template <int N_PLAYS>
  FORGE_INLINE void put(uint32_t hands, const PlaysSoFar& plays, int value, uint64_t q) {
    const int group = group_of(N_PLAYS, plays.digits);
    const int64_t at = static_cast<int64_t>(chunk[group]) + row[group] +
                       popcount(hands_in_group<N_PLAYS>(plays.digits) & below);
    out.states[at] = pack<N_PLAYS>(hands, leader, plays);
    if (!SOLVED) return;
    out.values[at] = static_cast<int8_t>(value);
    for (int slot = 0; slot < N_SLOTS; ++slot)
      out.q[N_SLOTS * at + slot] = static_cast<int8_t>(q >> (8 * slot));
  }
};

struct ConstantLeaf {
  FORGE_INLINE int operator()(uint32_t, const TrickSoFar&) const { return 0; }
};

// Over rows_at(level) * hands_at(level): one state between tricks and all below it in its trick.
template <Emit EMIT>
struct BackUpStates {
  DeviceWork work;
  StateRows out;
  int level;

  FORGE_HD void operator()(int64_t i) const {
    const int n = hands_at(level);
    const int64_t r = i / n;
    const int rank = static_cast<int>(i % n);
    const uint64_t ranks = work.rows[row_offset(level) + r];
    if (!(ranks >> rank & 1)) return;
    const Row row = row_at(level, r);
    const int size = N_SLOTS - level;
    const uint32_t hand = combinadics().hand[size][rank];
    int value = 0;
    if constexpr (EMIT == Emit::values) {
      NullSink sink;
      value = back_up_row(row, hand, sink);
    } else {
      DeviceSink<EMIT == Emit::solution> sink{
          work.context,
          out,
          work.counts + (int64_t{row.leader} * N_HANDS + row.hand[3]) * N_GROUPS,
          work.row_offsets + (row_offset(level) + r) * N_GROUPS,
          ranks,
          (uint64_t{1} << rank) - 1,
          row.leader,
          size};
      value = back_up_row(row, hand, sink);
    }
    if (EMIT == Emit::states) return;
    const int64_t place = r % (int64_t{n} * n * n) * n + rank;
    work.level_values[value_offset(level) + place * 4 + row.leader] = static_cast<int8_t>(value);
  }

 private:
  template <class Sink>
  FORGE_HD int back_up_row(const Row& row, uint32_t hand, Sink& sink) const {
    if (level == N_SLOTS) {
      sink.template put<0>(0, PlaysSoFar{}, 0, ALL_ILLEGAL);
      return 0;
    }
    ChildIndex index;
    index.set(level, 0, hand);
    for (int seat = 1; seat < N_SEATS; ++seat) index.set(level, seat, row.hand[seat]);
    const uint32_t hands = hand | row.hand[1] << 7 | row.hand[2] << 14 | row.hand[3] << 21;
    if constexpr (EMIT == Emit::states) {
      return back_up<0>(*work.context, index, row.leader, hands, TrickSoFar{}, 0, PlaysSoFar{},
                        ConstantLeaf{}, sink);
    } else {
      const ValueLeaf leaf{work.level_values + value_offset(level + 1)};
      return back_up<0>(*work.context, index, row.leader, hands, TrickSoFar{}, 0, PlaysSoFar{},
                        leaf, sink);
    }
  }
};

// Marks the states between tricks that the current trick of a state can lead to.
struct MarkLeaf {
  uint64_t* rows;  // of the level
  uint32_t n_hands;
  FORGE_INLINE int operator()(uint32_t child, const TrickSoFar& trick) const {
    const BoundaryPlace place = place_of(child, trick.winner, n_hands);
    mark_ranks(rows + place.row, place.rank);
    return 0;
  }
};

// A state that cannot be has no values and no children.
struct MarkChildren {
  DeviceWork work;
  const int64_t* states;
  FORGE_HD void operator()(int64_t i) const {
    if (state_error(states[i])) return;
    uint64_t* rows = work.rows;
    uint64_t q;
    back_up_state(
        *work.context, states[i],
        [=](int level) {
          return MarkLeaf{rows + row_offset(level), static_cast<uint32_t>(hands_at(level))};
        },
        &q);
  }
};

struct EvaluateStates {
  DeviceWork work;
  const int64_t* states;
  int8_t* values;
  int8_t* q;
  FORGE_HD void operator()(int64_t i) const {
    uint64_t word = ALL_ILLEGAL;
    const int8_t* level_values = work.level_values;
    values[i] =
        state_error(states[i])
            ? int8_t{0}
            : static_cast<int8_t>(back_up_state(
                  *work.context, states[i],
                  [=](int level) { return ValueLeaf{level_values + value_offset(level)}; }, &word));
    for (int slot = 0; slot < N_SLOTS; ++slot)
      q[N_SLOTS * i + slot] = static_cast<int8_t>(word >> (8 * slot));
  }
};

struct ExpandStates {
  const DealContext* context;
  const int64_t* states;
  int64_t* children;
  FORGE_HD void operator()(int64_t i) const {
    if (state_error(states[i])) {
      for (int slot = 0; slot < N_SLOTS; ++slot) children[N_SLOTS * i + slot] = -1;
      return;
    }
    expand_state(*context, states[i], children + N_SLOTS * i);
  }
};

// The schedules. Launch is core/launch.cuh's, or a loop in the native tests.

template <class Launch>
void launch_context(const Launch& launch, const DeviceWork& work, const int8_t* deal, int decl) {
  launch(1, MakeContext{deal, decl, work.context});
}

// *work.n_states is the number of states.
template <class Launch>
void launch_reach(const Launch& launch, const DeviceWork& work, const int8_t* deal, int decl) {
  launch_context(launch, work, deal, decl);
  launch.zero(work.rows, sizeof(uint64_t) * N_ROWS);
  launch.zero(work.row_offsets, sizeof(uint16_t) * N_ROWS * N_GROUPS);
  launch(1, MarkRoot{work.rows});
  for (int level = 0; level < N_LEVELS; ++level) {
    launch(rows_at(level), AdvanceRows<true>{work, level});
    launch(int64_t{4} * hands_at(level) * N_GROUPS, ScanChunks{work, level});
  }
  launch(4 * N_GROUPS, SumGroups{work});
  launch(1, ScanTotals{work});
  launch(4 * N_GROUPS, PlaceGroups{work});
}

template <Emit EMIT, class Launch>
void launch_back_up(const Launch& launch, const DeviceWork& work, const StateRows& out) {
  for (int level = N_LEVELS - 1; level >= 0; --level)
    launch(rows_at(level) * hands_at(level), BackUpStates<EMIT>{work, out, level});
}

template <class Launch>
void launch_backward_induction(const Launch& launch, const DeviceWork& work, const int8_t* deal,
                               int decl, const int64_t* states, int64_t n, int8_t* values,
                               int8_t* q) {
  launch_context(launch, work, deal, decl);
  launch.zero(work.rows, sizeof(uint64_t) * N_ROWS);
  launch(n, MarkChildren{work, states});
  for (int level = 0; level + 1 < N_LEVELS; ++level)
    launch(rows_at(level), AdvanceRows<false>{work, level});
  launch_back_up<Emit::values>(launch, work, {});
  launch(n, EvaluateStates{work, states, values, q});
}

}  // namespace forge
