#include "play/play_cpu.h"

#include <cstring>

namespace forge::cpu {
namespace {

// body(row, context of its deal). Rows of one deal mostly come together.
template <class Body>
void for_each_row(const PositionBatch& batch, const Parallel& how, const Body& body) {
  parallel_for(how, batch.n, 1024, [&](int, int64_t begin, int64_t end) {
    DealContext context;
    const int8_t* deal = nullptr;  // whose the context is
    int decl = 0;
    for (int64_t i = begin; i < end; ++i) {
      const int8_t* next_deal = batch.deal(i);
      const int next_decl = batch.decl(i);
      if (!deal || decl != next_decl || std::memcmp(deal, next_deal, N_DOMINOES) != 0) {
        context = make_deal_context(next_deal, next_decl);
        decl = next_decl;
      }
      deal = next_deal;
      body(i, context);
    }
  });
}

}  // namespace

void play(const PlayJob& job, const Parallel& how) {
  for_each_row(job.batch, how, [&](int64_t i, const DealContext& context) {
    job.write(i, play_if_legal(context, job.batch.states[i], job.slots[i]));
  });
}

void mark_legal_slots(const LegalJob& job, const Parallel& how) {
  for_each_row(job.batch, how, [&](int64_t i, const DealContext& context) {
    job.write(i, legal_slots(context, job.batch.states[i]));
  });
}

}  // namespace forge::cpu
