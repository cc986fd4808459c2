#include <pybind11/stl.h>

#include <vector>

#include "bindings/common.h"
#include "tokens/token.h"

namespace forge::bindings {
namespace {

py::dict rule_tables() {
  std::vector<int> high, low, count;
  for (int d = 0; d < N_DOMINOES; ++d) {
    high.push_back(high_pip(d));
    low.push_back(low_pip(d));
    count.push_back(count_points(d));
  }
  std::vector<std::vector<int>> led(N_DECLARATIONS);
  std::vector<std::vector<std::vector<int>>> follows(N_DECLARATIONS), strength(N_DECLARATIONS);
  for (int decl = 0; decl < N_DECLARATIONS; ++decl) {
    const RankTables& t = rank_tables(decl);
    follows[decl].resize(N_SUITS);
    strength[decl].resize(N_SUITS);
    for (int d = 0; d < N_DOMINOES; ++d) {
      const int rank = t.rank_of[d];
      led[decl].push_back(t.led_suit[rank]);
      for (int suit = 0; suit < N_SUITS; ++suit) {
        follows[decl][suit].push_back(t.follow[suit] >> rank & 1);
        strength[decl][suit].push_back(t.can_win[suit] >> rank & 1 ? rank + 1 : 0);
      }
    }
  }
  py::dict tables;
  tables["high"] = high;
  tables["low"] = low;
  tables["count_points"] = count;
  tables["led_suit"] = led;
  tables["follows"] = follows;
  tables["strength"] = strength;
  return tables;
}

int trick_winner(int decl, const std::array<int, 4>& dominoes) {
  const RankTables& t = rank_tables(decl);
  const int suit = t.led_suit[t.rank_of[dominoes[0]]];
  uint32_t played = 0;
  for (const int d : dominoes) played |= 1u << t.rank_of[d];
  const int winning = winning_rank(t, suit, played);
  for (int k = 0; k < 4; ++k)
    if (t.rank_of[dominoes[k]] == winning) return k;
  throw std::logic_error("no domino of the trick can win it");
}

// Index of the first deal that is not 28 different dominoes, or -1.
int64_t first_bad_deal(Address deals, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    if (!is_deal(at<const int8_t>(deals) + i * N_DOMINOES)) return i;
  return -1;
}

// (index, reason) of the first packed state that cannot be, or (-1, "").
std::pair<int64_t, std::string> first_bad_state(Address states, int64_t n) {
  const py::gil_scoped_release release;
  for (int64_t i = 0; i < n; ++i)
    if (const char* error = state_error(at<const int64_t>(states)[i])) return {i, error};
  return {-1, ""};
}

// What forge/game/constants.py reads.
void bind_constants(py::module_& m) {
  m.attr("N_SEATS") = N_SEATS;
  m.attr("N_SLOTS") = N_SLOTS;
  m.attr("N_DOMINOES") = N_DOMINOES;
  m.attr("N_PIPS") = N_PIPS;
  m.attr("N_TRICKS") = N_TRICKS;
  m.attr("N_PLAYS") = N_DOMINOES;
  m.attr("HAND_POINTS") = HAND_POINTS;
  m.attr("N_DECLARATIONS") = N_DECLARATIONS;
  m.attr("CALLED_SUIT") = CALLED_SUIT;
  m.attr("INITIAL_STATE") = INITIAL_STATE;
  m.attr("NO_SLOT") = NO_SLOT;
  m.attr("ILLEGAL") = static_cast<int>(ILLEGAL);
  m.attr("N_HIDDEN") = N_HIDDEN;
  m.attr("N_TOKENS") = N_TOKENS;
  m.attr("N_FEATURES") = N_FEATURES;
}

}  // namespace

void bind_rules(py::module_& m) {
  bind_constants(m);
  m.def("rule_tables", &rule_tables);
  m.def("trick_winner", &trick_winner, py::arg("decl"), py::arg("dominoes"));
  m.def("first_bad_deal", &first_bad_deal, py::arg("deals"), py::arg("n"));
  m.def("first_bad_state", &first_bad_state, py::arg("states"), py::arg("n"));
  m.def(
      "state_error",
      [](int64_t state) {
        const char* error = state_error(state);
        return std::string(error ? error : "");
      },
      py::arg("state"));
  m.def(
      "legal_slots",
      [](Address deal, int decl, int64_t state) {
        return legal_slots(context_of(deal, decl), state);
      },
      py::arg("deal"), py::arg("decl"), py::arg("state"));
  m.def(
      "play_slot",
      [](Address deal, int decl, int64_t state, int slot) {
        const Play play = play_slot(context_of(deal, decl), state, slot);
        return std::make_pair(play.state, play.points);
      },
      py::arg("deal"), py::arg("decl"), py::arg("state"), py::arg("slot"));
}

}  // namespace forge::bindings
