// Deals that a seat may be looking at, and what each counts for.
#pragma once

#include <functional>
#include <vector>

#include "decide/draw.h"
#include "decide/settings.h"
#include "decide/weigher.h"

namespace forge::cpu {

class SeatWorlds {
 public:
  // False if no hidden hands fit what was played.
  // look: called for every world, may throw.
  bool draw(const SeenHand& seen, int64_t key, const DecideSettings& how, const Judge& judge,
            const std::function<void()>& look);
  const std::vector<Owners>& worlds() const { return worlds_; }
  // How many fit what was played, drawn or not.
  int64_t n_possible() const { return table_.n_worlds; }
  // Worlds that as many alike would tell as much as those weighed, and how many were.
  double effective() const { return weighed_.effective; }
  // Of the worlds weighed.
  double mean_likelihood() const { return weighed_.mean; }

 private:
  WorldTable table_;
  Weighed weighed_ = {};
  std::vector<Owners> worlds_;
  Weigher weigher_;
};

}  // namespace forge::cpu
