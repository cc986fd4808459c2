#include "bindings/common.h"
#include "tokens/token.h"
#include "tokens/tokens_cpu.h"

namespace forge::bindings {

void bind_tokens(py::module_& m) {
  m.def(
      "tokenize_states",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states,
         const Host<int8_t, ANY, N_TOKENS, N_FEATURES>& tokens,
         const Host<int8_t, ANY, N_TOKENS>& masks, int n_threads) {
        const PositionBatch batch = batch_of(deals, decls, states);
        check_rows("tokens", tokens.rows(), batch.n);
        check_rows("masks", masks.rows(), batch.n);
        without_gil(n_threads, [&](const Parallel& how) {
          cpu::tokenize_states(batch, tokens.data, masks.data, how);
        });
      },
      "The Stage 1 input of a network.", "deals"_a, "decls"_a, "states"_a, "tokens"_a, "masks"_a,
      "n_threads"_a);
}

}  // namespace forge::bindings
