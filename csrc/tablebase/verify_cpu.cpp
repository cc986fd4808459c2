#include <algorithm>
#include <cstring>
#include <vector>

#include "tablebase/verify.h"

namespace forge {

const char* describe(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "sound";
    case Fault::malformed_state:
      return "the state is not a packed state";
    case Fault::not_ascending:
      return "the states are not strictly ascending";
    case Fault::wrong_legality:
      return "q is not -128 exactly where the slot may not be played";
    case Fault::missing_child:
      return "a state that a legal play leads to is missing";
    case Fault::wrong_q:
      return "a q is not the next state's V plus the points of the trick";
    case Fault::wrong_value:
      return "V is not the best q of the seat to act";
    case Fault::no_parent:
      return "no play leads to the state";
    case Fault::no_root:
      return "the first state of the hand is missing";
  }
  return "unknown";
}

namespace cpu {
namespace {

// Finds states by their top 20 bits (plays, leader, hand of seat 3), then by bisection.
class StateIndex {
 public:
  StateIndex(const int64_t* states, int64_t n) : states_(states), start_((1u << 20) + 1, n) {
    int64_t next = 0;
    for (int64_t i = 0; i < n; ++i)
      for (const int64_t key = states[i] >> 21; next <= key; ++next)
        start_[static_cast<size_t>(next)] = i;
  }
  int64_t find(int64_t state) const {
    const auto key = static_cast<size_t>(state >> 21);
    const int64_t* begin = states_ + start_[key];
    const int64_t* end = states_ + start_[key + 1];
    const int64_t* at = std::lower_bound(begin, end, state);
    return at != end && *at == state ? at - states_ : -1;
  }

 private:
  const int64_t* states_;
  std::vector<int64_t> start_;
};

void add(Verdict& verdict, int64_t row, Fault fault) {
  ++verdict.n_faults;
  if (verdict.first_fault == Fault::none || row < verdict.first_row) {
    verdict.first_row = row;
    verdict.first_fault = fault;
  }
}

Fault check_row(const DealContext& c, const StateIndex& index, int64_t state, int value,
                const int8_t* q, const int8_t* values, uint8_t* has_parent) {
  const uint32_t legal = legal_slots(c, state);
  const bool maximise = !(seat_to_act(state) & 1);
  int best = maximise ? -128 : 127;
  for (int slot = 0; slot < N_SLOTS; ++slot) {
    if (((legal >> slot & 1) == 0) != (q[slot] == ILLEGAL)) return Fault::wrong_legality;
    if (!(legal >> slot & 1)) continue;
    const Play play = play_slot(c, state, slot);
    const int64_t child = index.find(play.state);
    if (child < 0) return Fault::missing_child;
    reinterpret_cast<std::atomic<uint8_t>*>(has_parent + child)
        ->store(1, std::memory_order_relaxed);
    if (q[slot] != values[child] + play.points) return Fault::wrong_q;
    best = maximise ? std::max<int>(best, q[slot]) : std::min<int>(best, q[slot]);
  }
  return value == (legal ? best : 0) ? Fault::none : Fault::wrong_value;
}

}  // namespace

Verdict verify_tablebase(const DealContext& c, const int64_t* states, const int8_t* values,
                         const int8_t* q, int64_t n, uint8_t* has_parent, const Parallel& how) {
  const int64_t grain = 1 << 16;
  std::vector<Verdict> pieces(static_cast<size_t>((n + grain - 1) / grain));
  const auto for_each_row = [&](const auto& check) {
    parallel_for(how, n, grain, [&](int, int64_t begin, int64_t end) {
      Verdict& verdict = pieces[static_cast<size_t>(begin / grain)];
      for (int64_t i = begin; i < end; ++i) {
        const Fault fault = check(i);
        if (fault != Fault::none) add(verdict, i, fault);
      }
    });
    Verdict all;
    for (const Verdict& piece : pieces) {
      if (piece.n_faults == 0) continue;
      if (all.n_faults == 0) {
        all.first_row = piece.first_row;
        all.first_fault = piece.first_fault;
      }
      all.n_faults += piece.n_faults;
    }
    return all;
  };

  // Without order and form nothing else can be looked up.
  Verdict verdict = for_each_row([&](int64_t i) {
    if (state_error(states[i])) return Fault::malformed_state;
    return i && states[i] <= states[i - 1] ? Fault::not_ascending : Fault::none;
  });
  if (verdict.n_faults) return verdict;

  std::memset(has_parent, 0, static_cast<size_t>(n));
  const StateIndex index(states, n);
  const int64_t root = index.find(INITIAL_STATE);
  if (root < 0) return {1, -1, Fault::no_root};
  has_parent[root] = 1;
  verdict = for_each_row([&](int64_t i) {
    return check_row(c, index, states[i], values[i], q + N_SLOTS * i, values, has_parent);
  });
  if (verdict.n_faults) return verdict;
  return for_each_row([&](int64_t i) { return has_parent[i] ? Fault::none : Fault::no_parent; });
}

}  // namespace cpu
}  // namespace forge
