// Who may hold what: the question that every world answers. Sets of dominoes are 28-bit masks by id
// here, because no trick is played.
#pragma once

#include <cstdint>

#include "core/bits.h"
#include "game/domino.h"

namespace forge {

inline constexpr int N_HIDDEN = 3;                     // hidden seats, in the caller's order
inline constexpr int MAX_UNSEEN = N_HIDDEN * N_SLOTS;  // 21
inline constexpr uint32_t ALL_DOMINOES = 0x0FFFFFFF;   // 28 bits

// The unseen dominoes are the union of the masks; a world deals each of them to one seat.
struct Constraints {
  uint32_t allowed[N_HIDDEN];  // unseen dominoes the seat may hold
  int size[N_HIDDEN];          // dominoes the seat holds
};

struct World {
  uint32_t hand[N_HIDDEN];
};

// What stands where there is no world.
inline constexpr World NO_WORLD{{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}};

FORGE_INLINE uint32_t unseen_of(const Constraints& c) {
  return c.allowed[0] | c.allowed[1] | c.allowed[2];
}

// Why it is no question at all, or nullptr.
FORGE_HD inline const char* constraints_error(const Constraints& c) {
  if (unseen_of(c) & ~ALL_DOMINOES) return "allowed must be masks of the 28 dominoes, 0..2^28-1";
  for (int seat = 0; seat < N_HIDDEN; ++seat)
    if (c.size[seat] < 0 || c.size[seat] > N_SLOTS) return "sizes must be 0..7";
  return nullptr;
}

// Why no world answers it, or nullptr. For hands of given sizes Hall's condition is enough: no
// seats together have more dominoes that only they may hold than room.
FORGE_HD inline const char* no_world_reason(const Constraints& c) {
  const uint32_t unseen = unseen_of(c);
  if (popcount(unseen) != c.size[0] + c.size[1] + c.size[2])
    return "sizes must add up to the number of dominoes in the union of allowed";
  for (int seat = 0; seat < N_HIDDEN; ++seat) {
    const int other = (seat + 1) % N_HIDDEN, third = (seat + 2) % N_HIDDEN;
    if (popcount(unseen & ~(c.allowed[other] | c.allowed[third])) > c.size[seat])
      return "more dominoes are allowed to one seat alone than its size";
    if (popcount(c.allowed[seat]) < c.size[seat])
      return "fewer dominoes are allowed to a seat than its size";
  }
  return nullptr;
}

FORGE_INLINE bool has_world(const Constraints& c) {
  return !constraints_error(c) && !no_world_reason(c);
}

struct ConstraintBatch {
  const int32_t* allowed;  // [B, 3]
  const int8_t* sizes;     // [B, 3]
  int64_t n;               // B

  FORGE_INLINE Constraints at(int64_t i) const {
    Constraints c;
    for (int seat = 0; seat < N_HIDDEN; ++seat) {
      c.allowed[seat] = static_cast<uint32_t>(allowed[N_HIDDEN * i + seat]);
      c.size[seat] = sizes[N_HIDDEN * i + seat];
    }
    return c;
  }
};

// worlds: int32 [..., 3]
FORGE_INLINE void write_world(const World& world, int64_t i, int32_t* worlds) {
  for (int seat = 0; seat < N_HIDDEN; ++seat)
    worlds[N_HIDDEN * i + seat] = static_cast<int32_t>(world.hand[seat]);
}

}  // namespace forge
