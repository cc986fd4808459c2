// The core for programs without Python: WebAssembly, where it is all that is exported. Arrays are
// the caller's, row after row, as those of forge.ops. A function that can be asked wrongly returns
// why nothing was done, or nullptr; `forge_bad_row` says for which row.
#pragma once

#include <cstdint>

#if defined(__wasm__)
#define FORGE_EXPORT(name) extern "C" __attribute__((export_name(#name)))
#else
#define FORGE_EXPORT(name) extern "C" __attribute__((visibility("default")))
#endif

FORGE_EXPORT(forge_allocate) void* forge_allocate(int32_t n_bytes);
FORGE_EXPORT(forge_release) void forge_release(void* block);
FORGE_EXPORT(forge_bad_row) int32_t forge_bad_row();

// The rules, as bindings/rule_tables.h. count_points: int8 [28]; led_suit: int8 [10, 28];
// follows, strength: uint8 [10, 8, 28]
FORGE_EXPORT(forge_rule_tables)
const char* forge_rule_tables(int8_t* count_points, int8_t* led_suit, uint8_t* follows,
                              uint8_t* strength);

// deals: int8 [n, 4, 7]; decls: int8 [n]; states: int64 [n]. Values in the team-0 frame.
// q: int8 [n, 7], -128 where illegal
FORGE_EXPORT(forge_search)
const char* forge_search(int32_t n, const int8_t* deals, const int8_t* decls, const int64_t* states,
                         int8_t* q);
// targets: int8 [n]; out: int8 [n, 7], 1, 0 or -1 (illegal)
FORGE_EXPORT(forge_search_at_least)
const char* forge_search_at_least(int32_t n, const int8_t* deals, const int8_t* decls,
                                  const int64_t* states, const int8_t* targets, int8_t* out);
// values: int8 [n], 0 where the hand is over
FORGE_EXPORT(forge_search_value)
const char* forge_search_value(int32_t n, const int8_t* deals, const int8_t* decls,
                               const int64_t* states, int8_t* values);
// made: int8 [n], 1 where the value is at least the target
FORGE_EXPORT(forge_search_made)
const char* forge_search_made(int32_t n, const int8_t* deals, const int8_t* decls,
                              const int64_t* states, const int8_t* targets, int8_t* made);
// slots: int8 [n]; next: int64 [n], -1 where the slot is not legal; points: int8 [n]
FORGE_EXPORT(forge_play)
const char* forge_play(int32_t n, const int8_t* deals, const int8_t* decls, const int64_t* states,
                       const int8_t* slots, int64_t* next, int8_t* points);
// legal: bytes [n, 7], 1 or 0
FORGE_EXPORT(forge_legal_slots)
const char* forge_legal_slots(int32_t n, const int8_t* deals, const int8_t* decls,
                              const int64_t* states, bool* legal);

// The Stage 1 input of a network. tokens: int8 [n, 32, 12]; masks: int8 [n, 32]
FORGE_EXPORT(forge_tokenize_states)
const char* forge_tokenize_states(int32_t n, const int8_t* deals, const int8_t* decls,
                                  const int64_t* states, int8_t* tokens, int8_t* masks);

// allowed: int32 [n, 3] sets of domino ids; sizes: int8 [n, 3]
// counts: int64 [n]
FORGE_EXPORT(forge_count_worlds)
const char* forge_count_worlds(int32_t n, const int32_t* allowed, const int8_t* sizes,
                               int64_t* counts);
// keys: int64 [n]; sampler: 0 uniform, 1 mrv; worlds: int32 [n, n_samples, 3]
FORGE_EXPORT(forge_sample_worlds)
const char* forge_sample_worlds(int32_t n, const int32_t* allowed, const int8_t* sizes,
                                const int64_t* keys, int32_t n_samples, int32_t sampler,
                                int32_t* worlds);

// hands: int8 [n, 7]; decls: int8 [n]; plays: int8 [n, 28]; needed: int8 [n], see
// policy/seen_hand.h. weights: float32, so many:
FORGE_EXPORT(forge_n_policy_weights) int32_t forge_n_policy_weights();
// logits: float32 [n, 7], -inf where illegal
FORGE_EXPORT(forge_policy_logits)
const char* forge_policy_logits(int32_t n, const int8_t* hands, const int8_t* decls,
                                const int8_t* plays, const int8_t* needed, const float* weights,
                                float* logits);
// weights: nullptr for worlds that count alike; the rest as decide/settings.h and
// decide/decisions.h
FORGE_EXPORT(forge_decide)
const char* forge_decide(int32_t n, const int8_t* hands, const int8_t* decls, const int8_t* plays,
                         const int8_t* needed, const int64_t* keys, const float* weights,
                         int32_t n_worlds, int32_t pool, double rollouts, double uniform,
                         int32_t weigh, int32_t for_points, int32_t race, int32_t window,
                         double prior, int8_t* slots, double* chances, double* points,
                         int64_t* worlds_judged, double* effective);
// before, after: float64 [n, 3, 28]; worlds_weighed, worlds_possible: int64 [n]; effective: float64
// [n], see decide/hidden_cpu.h
FORGE_EXPORT(forge_hidden_dominoes)
const char* forge_hidden_dominoes(int32_t n, const int8_t* hands, const int8_t* decls,
                                  const int8_t* plays, const int8_t* needed, const int64_t* keys,
                                  const float* weights, int32_t n_worlds, double uniform,
                                  int32_t window, double* before, double* after,
                                  int64_t* worlds_weighed, int64_t* worlds_possible,
                                  double* effective);
