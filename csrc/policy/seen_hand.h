// What one seat sees, as the operators take it.
#pragma once

#include "policy/public_hand.h"

namespace forge {

struct SeenBatch {
  const int8_t* hands;   // [B, 7] domino ids dealt to the seat to act, in slot order
  const int8_t* decls;   // [B]
  const int8_t* plays;   // [B, 28] domino ids in playing order, the declarer's lead first; then -1
  const int8_t* needed;  // [B] points that the declarer's side needs of the 42
  int64_t n;             // B
};

// A seat's hand and all that is public, and how the public came about.
struct SeenHand {
  PublicHand now;
  PublicHand before[N_PLAYS];  // each play
  uint8_t rank[N_PLAYS];       // that was played
  uint8_t slot_rank[N_SLOTS];  // of the seat to act
  uint32_t dealt;              // to it
  uint32_t hand;               // what it still holds
  uint32_t legal;

  FORGE_INLINE int slot_of(int of_rank) const {
    int slot = 0;
    while (slot_rank[slot] != of_rank) ++slot;
    return slot;
  }
};

// Why there is no such contract, or nullptr.
FORGE_HD inline const char* contract_error(int decl, int needed) {
  if (decl < 0 || decl >= N_DECLARATIONS) return "decls must be 0..9";
  return needed < 1 || needed > HAND_POINTS ? "needed must be 1..42" : nullptr;
}

// Of what is public now, the seat to act was dealt these [7].
FORGE_HD inline void read_own(const int8_t* hand, SeenHand* seen) {
  seen->dealt = 0;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    seen->slot_rank[slot] = seen->now.ranks->rank_of[hand[slot]];
    seen->dealt |= uint32_t{1} << seen->slot_rank[slot];
  }
  seen->hand = seen->dealt & ~seen->now.by[seen->now.seat()];
  seen->legal = seen->now.legal(seen->hand);
}

FORGE_HD inline const char* plays_error() {
  return "plays must be different dominoes 0..27, then -1";
}

// Why row i cannot be, or nullptr. Sound: each domino once, every play legal for all that the seat
// to act can know, at least one play left.
FORGE_HD inline const char* seen_error(const SeenBatch& batch, int64_t i) {
  const int decl = batch.decls[i];
  if (const char* why = contract_error(decl, batch.needed[i])) return why;
  uint32_t mine = 0, played = 0;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    const int domino = batch.hands[N_SLOTS * i + slot];
    if (domino < 0 || domino >= N_DOMINOES || mine >> domino & 1)
      return "hands must hold seven different dominoes 0..27";
    mine |= uint32_t{1} << domino;
  }
  const int8_t* plays = batch.plays + N_PLAYS * i;
  int n = 0;
  for (; n < N_PLAYS && plays[n] >= 0; ++n) {
    if (plays[n] >= N_DOMINOES || played >> plays[n] & 1) return plays_error();
    played |= uint32_t{1} << plays[n];
  }
  for (int k = n; k < N_PLAYS; ++k)
    if (plays[k] != -1) return plays_error();
  if (n == N_PLAYS) return "a hand that is over has nothing to decide";
  const RankTables& t = rank_tables(decl);
  PublicHand p = start_hand(decl, batch.needed[i]);
  uint32_t by[N_SEATS] = {};
  for (int k = 0; k < n; ++k) {
    by[p.seat()] |= uint32_t{1} << plays[k];
    if (p.excluded[p.seat()] >> t.rank_of[plays[k]] & 1)
      return "a seat played what it had shown not to hold";
    play_rank(&p, t.rank_of[plays[k]]);
  }
  const int me = p.seat();
  if (by[me] & ~mine) return "the seat to act played what is not in its hand";
  if ((played ^ by[me]) & mine) return "another seat played what is in the hand";
  // What it was to follow with and still holds; what it played later was told above.
  for (uint32_t left = mine & ~played; left; left &= left - 1)
    if (p.excluded[me] >> t.rank_of[lowest(left)] & 1) return "the seat to act did not follow suit";
  return nullptr;
}

// A row that is sound.
FORGE_HD inline void read_seen(const SeenBatch& batch, int64_t i, SeenHand* seen) {
  const RankTables& t = rank_tables(batch.decls[i]);
  seen->now = start_hand(batch.decls[i], batch.needed[i]);
  const int8_t* plays = batch.plays + N_PLAYS * i;
  for (int k = 0; k < N_PLAYS && plays[k] >= 0; ++k) {
    seen->before[k] = seen->now;
    seen->rank[k] = t.rank_of[plays[k]];
    play_rank(&seen->now, seen->rank[k]);
  }
  read_own(batch.hands + N_SLOTS * i, seen);
}

}  // namespace forge
