// The network: sums of embeddings (of the situation once, of each candidate on top), ReLU, a small
// layer, ReLU, one number a candidate. Every sum has one fixed order and no operation is fused (the
// files that include this are compiled so), so every processor gives the same bytes.
#pragma once

#include "policy/features.h"

namespace forge {

inline constexpr int HIDDEN_1 = 64, HIDDEN_2 = 16;
// The largest size of a number of a network: no sum of so many gets near what a float32 can hold.
inline constexpr int MAX_POLICY_WEIGHT = 1000000;

// All numbers of a network in the order of its file, float32.
struct PolicyWeights {
  const float* numbers;

  FORGE_INLINE const float* embedding(int i) const { return numbers + HIDDEN_1 * i; }
  FORGE_INLINE const float* bias_1() const { return embedding(feature::N_FEATURES); }
  FORGE_INLINE const float* layer_2(int i) const { return bias_1() + HIDDEN_1 + HIDDEN_2 * i; }
  FORGE_INLINE const float* bias_2() const { return layer_2(HIDDEN_1); }
  FORGE_INLINE const float* layer_3() const { return bias_2() + HIDDEN_2; }
};

inline constexpr int64_t N_POLICY_WEIGHTS =
    int64_t{HIDDEN_1} * (feature::N_FEATURES + 1 + HIDDEN_2) + 2 * HIDDEN_2;

// Eight sums at a time. On the host a vector of the compiler's, so that it may use what it has.
#if defined(__CUDA_ARCH__)
struct Eight {
  float x[8];
  FORGE_INLINE static Eight at(const float* p) {
    Eight v;
    for (int i = 0; i < 8; ++i) v.x[i] = p[i];
    return v;
  }
  FORGE_INLINE void add(const Eight& o) {
    for (int i = 0; i < 8; ++i) x[i] = __fadd_rn(x[i], o.x[i]);
  }
  FORGE_INLINE void add_product(float a, const Eight& o) {
    for (int i = 0; i < 8; ++i) x[i] = __fadd_rn(x[i], __fmul_rn(a, o.x[i]));
  }
  FORGE_INLINE void relu() {
    for (int i = 0; i < 8; ++i) x[i] = x[i] > 0.0f ? x[i] : 0.0f;
  }
  FORGE_INLINE float lane(int i) const { return x[i]; }
};
#else
struct Eight {
  typedef float Vector __attribute__((vector_size(32)));
  Vector x;
  FORGE_INLINE static Eight at(const float* p) {
    Eight v;
    __builtin_memcpy(&v.x, p, sizeof v.x);
    return v;
  }
  FORGE_INLINE void add(const Eight& o) { x += o.x; }
  FORGE_INLINE void add_product(float a, const Eight& o) { x += a * o.x; }
  FORGE_INLINE void relu() { x = x > 0.0f ? x : Vector{}; }
  FORGE_INLINE float lane(int i) const { return x[i]; }
};
#endif

FORGE_INLINE float policy_logit(const PolicyWeights& w, const Eight* context, const Candidate& c) {
  constexpr int N1 = HIDDEN_1 / 8, N2 = HIDDEN_2 / 8;
  Eight h[N1];
  for (int j = 0; j < N1; ++j) h[j] = context[j];
  for (int i = 0; i < c.n; ++i) {
    const float* e = w.embedding(c.feature[i]);
    for (int j = 0; j < N1; ++j) h[j].add(Eight::at(e + 8 * j));
  }
  // Inputs with an even and an odd number have a sum each.
  Eight even[N2], odd[N2];
  for (int j = 0; j < N2; ++j) {
    even[j] = Eight::at(w.bias_2() + 8 * j);
    odd[j] = Eight{};
  }
  for (int k = 0; k < N1; ++k) {
    h[k].relu();
    for (int i = 0; i < 8; i += 2)
      for (int j = 0; j < N2; ++j) {
        even[j].add_product(h[k].lane(i), Eight::at(w.layer_2(8 * k + i) + 8 * j));
        odd[j].add_product(h[k].lane(i + 1), Eight::at(w.layer_2(8 * k + i + 1) + 8 * j));
      }
  }
  float logit = 0.0f;
  for (int j = 0; j < N2; ++j) {
    even[j].add(odd[j]);
    even[j].relu();
    for (int i = 0; i < 8; ++i) {
#if defined(__CUDA_ARCH__)
      logit = __fadd_rn(logit, __fmul_rn(even[j].lane(i), w.layer_3()[8 * j + i]));
#else
      const float product = even[j].lane(i) * w.layer_3()[8 * j + i];
      logit += product;
#endif
    }
  }
  return logit;
}

// logits: a number for each candidate
FORGE_INLINE void policy_logits(const PolicyWeights& w, const Features& f, float* logits) {
  Eight context[HIDDEN_1 / 8];
  for (int j = 0; j < HIDDEN_1 / 8; ++j) context[j] = Eight::at(w.bias_1() + 8 * j);
  for (int i = 0; i < f.n_context; ++i) {
    const float* e = w.embedding(f.context[i]);
    for (int j = 0; j < HIDDEN_1 / 8; ++j) context[j].add(Eight::at(e + 8 * j));
  }
  for (int k = 0; k < f.n_candidates; ++k) logits[k] = policy_logit(w, context, f.candidate[k]);
}

}  // namespace forge
