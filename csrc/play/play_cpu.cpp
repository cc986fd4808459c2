#include "play/play_cpu.h"

#include <cstring>

namespace forge::cpu {

void play(const PlayJob& job, const Parallel& how) {
  parallel_for(how, job.batch.n, 1024, [&](int, int64_t begin, int64_t end) {
    DealContext context;
    const int8_t* deal = nullptr;  // whose the context is
    int decl = 0;
    for (int64_t i = begin; i < end; ++i) {
      const int8_t* next_deal = job.batch.deal(i);
      const int next_decl = job.batch.decl(i);
      // Rows of one deal mostly come together.
      if (!deal || decl != next_decl || std::memcmp(deal, next_deal, N_DOMINOES) != 0) {
        context = make_deal_context(next_deal, next_decl);
        decl = next_decl;
      }
      deal = next_deal;
      job.write(i, play_if_legal(context, job.batch.states[i], job.slots[i]));
    }
  });
}

}  // namespace forge::cpu
