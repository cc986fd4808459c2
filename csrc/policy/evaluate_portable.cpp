#include "policy/evaluate.h"

namespace forge::cpu {
namespace {
struct Portable {};
}  // namespace

void evaluate_portable(const PolicyWeights& w, const PublicHand& p, uint32_t hand, uint32_t legal,
                       Features* f, float* logits) {
  evaluate_policy<Portable>(w, p, hand, legal, f, logits);
}

EvaluatePolicy fastest_policy() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("lzcnt"))
    return evaluate_avx2;
#endif
  return evaluate_portable;
}

}  // namespace forge::cpu
