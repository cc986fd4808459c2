#include "tokens/tokens_cpu.h"

#include <cstring>

#include "tokens/token.h"

namespace forge::cpu {

void tokenize_states(const TokenBatch& batch, int8_t* tokens, int8_t* masks, const Parallel& how) {
  parallel_for(how, batch.n, 4096, [&](int, int64_t begin, int64_t end) {
    TokenContext context;
    const int8_t* context_deal = nullptr;
    int context_decl = -1;
    for (int64_t i = begin; i < end; ++i) {
      const int8_t* deal = batch.deals + i * batch.deal_stride;
      const int decl = batch.decls[i * batch.decl_stride];
      // Rows of one deal mostly come together; the context costs as much as four rows.
      if (!context_deal || decl != context_decl ||
          (deal != context_deal && std::memcmp(deal, context_deal, 28) != 0)) {
        context = make_token_context(deal, decl);
        context_decl = decl;
      }
      context_deal = deal;
      tokenize_state(context, batch.states[i], tokens + i * N_TOKENS * N_FEATURES,
                     masks + i * N_TOKENS);
    }
  });
}

}  // namespace forge::cpu
