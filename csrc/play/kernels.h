// Kernels over the rows of a batch of hands. What the CPU refuses at the border has no legal slot.
#pragma once

#include "play/play.h"

namespace forge {

// Over B rows.
struct PlaySlots {
  PlayJob job;
  FORGE_HD void operator()(int64_t i) const {
    const int8_t* deal = job.batch.deal(i);
    const int decl = job.batch.decl(i);
    const int64_t state = job.batch.states[i];
    const bool sound = is_sound(deal, decl, state);
    job.write(i,
              sound ? play_if_legal(make_deal_context(deal, decl), state, job.slots[i]) : NO_PLAY);
  }
};

// Over B rows.
struct MarkLegalSlots {
  LegalJob job;
  FORGE_HD void operator()(int64_t i) const {
    const int8_t* deal = job.batch.deal(i);
    const int decl = job.batch.decl(i);
    const int64_t state = job.batch.states[i];
    const bool sound = is_sound(deal, decl, state);
    job.write(i, sound ? legal_slots(make_deal_context(deal, decl), state) : 0);
  }
};

}  // namespace forge
