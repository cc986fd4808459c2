// How a decision is made.
#pragma once

#include <cstdint>

namespace forge {

struct DecideSettings {
  int64_t n_worlds = 100;  // judged by; all of them where there are no more
  int64_t pool = 800;      // drawn and weighed first; as n_worlds: no more than those
  double rollouts = 0.35;  // share of the policy's own play to the end in a play's chance
  double uniform = 0.02;   // share of any legal play in what a seat is taken to do
  bool weigh = true;       // worlds count by how well the policy explains the plays of hidden seats
  bool for_points = false;  // chosen by E[Q] alone, the contract does not matter
  bool race = true;         // stop asking about plays that are clearly behind
  int64_t window = 28;      // worlds are weighed by so many of the last plays of the hand
  // In chance: what a play's being e times as likely by the policy is worth beside its own.
  double prior = 0.0;
};

}  // namespace forge
