// A policy on this processor, as the steps of a decision take it.
#pragma once

#include "policy/evaluate.h"

namespace forge::cpu {

struct Judge {
  EvaluatePolicy evaluate;
  PolicyWeights weights;  // none: numbers is null

  void operator()(const PublicHand& p, uint32_t hand, uint32_t legal, Features* f,
                  float* logits) const {
    evaluate(weights, p, hand, legal, f, logits);
  }
};

}  // namespace forge::cpu
