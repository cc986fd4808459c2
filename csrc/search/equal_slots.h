// Slots of the seat to act that are the same play.
#pragma once

#include "search/alpha_beta.h"
#include "search/search.h"

namespace forge {

// Two dominoes of the same count are the same play where nothing that others hold tells them apart
// and both do the same to the trick.
class EqualSlots {
 public:
  // With fewer than `early` dominoes left nothing is looked for: to search is quicker.
  FORGE_INLINE EqualSlots(const SearchDeal& d, int decl, const SearchPosition& p, int early) {
    look_ = popcount(p.question.unplayed) >= early;
    if (!look_) return;
    uint32_t trick = 0, wins = 0;
    for (int k = 0; k < p.n_plays; ++k) trick |= p.prefix.allowed[k];
    if (p.n_plays) {
      const uint32_t can_win = d.tables->led[lowest(p.prefix.allowed[0])].can_win;
      wins = can_win & above_all(trick & can_win);
    }
    const uint32_t others = p.question.unplayed & ~d.owner[p.seat] & ~trick;
    for (int slot = 0; slot < N_SLOTS; ++slot) {
      first_[slot] = static_cast<int8_t>(slot);
      if (!(p.legal >> slot & 1)) continue;
      const int a = lowest(p.rank_bit[slot]);
      for (int other = 0; other < slot; ++other) {
        if (!(p.legal >> other & 1) || first_[other] != other) continue;
        const int b = lowest(p.rank_bit[other]);
        if (d.tables->points[a] == d.tables->points[b] && !((wins >> a ^ wins >> b) & 1) &&
            !(APART_TABLES[decl].apart[a][b] & others)) {
          first_[slot] = static_cast<int8_t>(other);
          break;
        }
      }
    }
  }

  // The first legal slot that a legal slot is the same play as; itself where there is none.
  FORGE_INLINE int first(int slot) const { return look_ ? first_[slot] : slot; }

 private:
  bool look_;
  int8_t first_[N_SLOTS];
};

}  // namespace forge
