// Compiled for AVX2 whatever FORGE_MARCH is, see search/answer_avx2.cpp.
#include "policy/evaluate.h"

namespace forge::cpu {
namespace {
struct Avx2 {};
}  // namespace

void evaluate_avx2(const PolicyWeights& w, const PublicHand& p, uint32_t hand, uint32_t legal,
                   Features* f, float* logits) {
  evaluate_policy<Avx2>(w, p, hand, legal, f, logits);
}

}  // namespace forge::cpu
