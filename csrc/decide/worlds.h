// Deals that a seat may be looking at, and what each counts for.
#pragma once

#include <functional>
#include <vector>

#include "decide/exponential.h"
#include "decide/settings.h"
#include "policy/evaluate.h"
#include "policy/seen_hand.h"
#include "worlds/sample.h"

namespace forge::cpu {

// By rank, what every seat (counted from the declarer) was dealt.
struct Owners {
  uint32_t dealt[N_SEATS];
  double weight;
};

// Streams of a decision's key beside those of the samplers.
inline constexpr uint32_t STREAM_RESAMPLE = 16, STREAM_ORDER = 17;

struct Judge {
  EvaluatePolicy evaluate;
  PolicyWeights weights;  // none: numbers is null
};

class SeatWorlds {
 public:
  // False if no hidden hands fit what was played.
  // look: called for every world, may throw.
  bool draw(const SeenHand& seen, int64_t key, const DecideSettings& how, const Judge& judge,
            const std::function<void()>& look);
  const std::vector<Owners>& worlds() const { return worlds_; }
  // Worlds that as many alike would tell as much as those weighed, and how many were.
  double effective() const { return effective_; }

 private:
  void weigh(const SeenHand& seen, const DecideSettings& how, const Judge& judge,
             const std::function<void()>& look);
  void resample(int64_t n, int64_t key);
  void shuffle(int64_t key);

  WorldTable table_;
  double effective_ = 0;
  std::vector<Owners> worlds_, kept_;
};

}  // namespace forge::cpu
