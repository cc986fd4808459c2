#include <algorithm>
#include <vector>

#include "bindings/common.h"
#include "bindings/rule_tables.h"
#include "play/play.h"
#include "tokens/token.h"

namespace forge::bindings {
namespace {

py::dict rule_tables() {
  const RuleTables found = make_rule_tables();
  py::dict tables;
  tables["high"] = found.high;
  tables["low"] = found.low;
  tables["count_points"] = found.count_points;
  tables["led_suit"] = found.led_suit;
  tables["follows"] = found.follows;
  tables["strength"] = found.strength;
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

// Why positions cannot be, in the words of a ForgeError; empty if they can.
std::string deals_error(const DealsView& deals) {
  for (int64_t i = 0; i < deals.rows(); ++i)
    if (!is_deal(deals.data + i * N_DOMINOES))
      return "deal " + std::to_string(i) + " must hold each domino id 0..27 exactly once";
  return "";
}

std::string decls_error(const SmallView& decls) {
  if (decls.rows() == 0) return "";
  const auto [low, high] = std::minmax_element(decls.data, decls.data + decls.rows());
  if (*low >= 0 && *high < N_DECLARATIONS) return "";
  return "decls must be 0..9, got " + std::to_string(*low) + ".." + std::to_string(*high);
}

std::string states_error(const StatesView& states) {
  for (int64_t i = 0; i < states.rows(); ++i)
    if (const char* error = state_error(states.data[i]))
      return "states[" + std::to_string(i) + "] = " + std::to_string(states.data[i]) +
             " is not a packed state: " + error;
  return "";
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
  m.def("rule_tables", &rule_tables, "The rules as lists, see forge.game.tables.");
  m.def("trick_winner", &trick_winner, "Which of four dominoes in play order wins, 0..3.", "decl"_a,
        "dominoes"_a);
  m.def(
      "deals_error", [](const HostDeals& deals) { return deals_error(deals); },
      "What is wrong with the first deal that is none, or nothing.", "deals"_a);
  m.def(
      "states_error",
      [](const HostStates& states) {
        const py::gil_scoped_release release;
        return states_error(states);
      },
      "What is wrong with the first packed state that cannot be, or nothing.", "states"_a);
  m.def(
      "positions_error",
      [](const HostDeals& deals, const HostSmall& decls, const HostStates& states) {
        const py::gil_scoped_release release;
        std::string error = deals_error(deals);
        if (error.empty()) error = decls_error(decls);
        return error.empty() ? states_error(states) : error;
      },
      "The first thing wrong with deals, declarations or states, or nothing.", "deals"_a, "decls"_a,
      "states"_a);
  m.def(
      "state_error",
      [](int64_t state) {
        const char* error = state_error(state);
        return std::string(error ? error : "");
      },
      "Why a packed state cannot be, or nothing.", "state"_a);
  m.def(
      "legal_mask",
      [](const HostDeal& deal, int decl, int64_t state) {
        return legal_slots(context_of(deal, decl), state);
      },
      "Mask of the slots that the seat to act may play.", "deal"_a, "decl"_a, "state"_a);
  m.def(
      "play_slot",
      [](const HostDeal& deal, int decl, int64_t state, int slot) {
        const Play play = play_if_legal(context_of(deal, decl), state, slot);
        return std::make_pair(play.state, play.points);
      },
      "The next state, -1 if the slot is not legal, and the points, team-0 frame.", "deal"_a,
      "decl"_a, "state"_a, "slot"_a);
}

}  // namespace forge::bindings
