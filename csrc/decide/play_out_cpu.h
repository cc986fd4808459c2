// CPU driver: how a hand comes out if everybody plays on by a policy. All buffers are the caller's.
#pragma once

#include "core/parallel.h"
#include "policy/network.h"

namespace forge::cpu {

// Hands with all their dominoes, seat 0 declares and leads.
struct OpenHands {
  const int8_t* deals;   // [B, 4, 7] domino ids in slot order
  const int8_t* decls;   // [B]
  const int8_t* plays;   // [B, 28] domino ids in playing order, then -1
  const int8_t* needed;  // [B] points that the declarer's side needs of the 42
  int64_t n;             // B
};

// The first row that cannot be, and why; -1 if all can.
int64_t first_bad_open(const OpenHands& hands, const char** reason);

// made: int8 [B, 7], whether the declarer's side makes it once the seat to act has played a slot
// and everybody plays what the policy likes best: 1, 0; -1 illegal.
void play_out(const OpenHands& hands, const PolicyWeights& weights, int8_t* made,
              const Parallel& how);

}  // namespace forge::cpu
