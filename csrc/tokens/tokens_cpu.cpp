#include "tokens/tokens_cpu.h"

#include <cstring>

#include "tokens/token.h"

namespace forge::cpu {

namespace {

// Features of all dominoes of a deal, kept from row to row.
class DealFeatures {
 public:
  // Rows of one deal mostly come together.
  void use(const int8_t* deal, int decl) {
    if (decl != decl_ || std::memcmp(deal, deal_, sizeof deal_) != 0) {
      std::memcpy(deal_, deal, sizeof deal_);
      decl_ = decl;
      for (int k = 0; k < N_DOMINOES; ++k) domino_features(decl, deal[k], features_[k]);
    }
  }
  const int8_t* of(const TokenPlace& place) const {
    return features_[N_SLOTS * place.seat + place.slot];
  }

 private:
  int8_t deal_[N_DOMINOES] = {};  // no deal: all blanks
  int decl_ = -1;
  int8_t features_[N_DOMINOES][N_DOMINO_FEATURES];
};

}  // namespace

void tokenize_states(const PositionBatch& batch, int8_t* tokens, int8_t* masks,
                     const Parallel& how) {
  parallel_for(how, batch.n, 4096, [&](int, int64_t begin, int64_t end) {
    DealFeatures features;
    for (int64_t i = begin; i < end; ++i) {
      const int decl = batch.decl(i);
      const int64_t state = batch.states[i];
      features.use(batch.deal(i), decl);
      for (int index = 0; index < N_TOKENS; ++index) {
        const TokenPlace place = token_place(state, index);
        make_token(decl, state, index, place, features.of(place),
                   tokens + (i * N_TOKENS + index) * N_FEATURES);
        masks[i * N_TOKENS + index] = static_cast<int8_t>(place.real);
      }
    }
  });
}

}  // namespace forge::cpu
