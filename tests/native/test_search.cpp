// The search on the CPU against the lanes of a device, and against plain minimax late in the hand.
#include "check.h"
#include "search/lane.h"
#include "search/search_cpu.h"

using namespace forge;
using namespace forge::testing;

namespace {

int minimax(const DealContext& c, int64_t state) {
  const uint32_t legal = legal_slots(c, state);
  if (!legal) return 0;
  const bool maximise = !(seat_to_act(state) & 1);
  int best = maximise ? -128 : 127;
  for (uint32_t l = legal; l; l &= l - 1) {
    const Play play = play_slot(c, state, lowest(l));
    const int value = play.points + minimax(c, play.state);
    best = maximise ? std::max(best, value) : std::min(best, value);
  }
  return best;
}

struct Positions {
  std::vector<int8_t> deals, decls, targets;
  std::vector<int64_t> states;
};

// Whole games of all declarations; the first plays only where `from` allows.
Positions positions(int n_games, size_t from, unsigned seed) {
  std::mt19937 random(seed);
  Positions p;
  for (int game = 0; game < n_games; ++game) {
    const Deal deal = random_deal(random);
    const int decl = game % N_DECLARATIONS;
    const auto states = random_game(make_deal_context(deal.dominoes, decl), random);
    for (size_t i = from; i < states.size(); ++i) {
      p.deals.insert(p.deals.end(), deal.dominoes, deal.dominoes + 28);
      p.decls.push_back(static_cast<int8_t>(decl));
      p.states.push_back(states[i]);
      p.targets.push_back(static_cast<int8_t>(static_cast<int>(random() % 90) - 45));
    }
  }
  return p;
}

std::vector<int8_t> on_lanes(const Positions& p, bool at_least, int slots_per_item, int log2_size,
                             int64_t n_lanes) {
  const auto n = static_cast<int64_t>(p.states.size());
  std::vector<int8_t> out(static_cast<size_t>(7 * n), int8_t{99});
  std::vector<TableEntry> entries(static_cast<size_t>(n_lanes << log2_size));
  int64_t queue = 0;
  const SearchJob job{{p.deals.data(), p.decls.data(), p.states.data(), n, 28, 1},
                      at_least ? p.targets.data() : nullptr,
                      1,
                      out.data(),
                      slots_per_item,
                      &queue};
  HostLaunch{}(n_lanes, RunLane{job, entries.data(), log2_size});
  return out;
}

void lanes_answer_as_the_cpu_does(int n_games, size_t from) {
  const Positions p = positions(n_games, from, 7);
  const auto n = static_cast<int64_t>(p.states.size());
  const PositionBatch batch{p.deals.data(), p.decls.data(), p.states.data(), n, 28, 1};
  std::vector<int8_t> q(static_cast<size_t>(7 * n)), yes(static_cast<size_t>(7 * n));
  cpu::SearchMemories memories;
  cpu::search(batch, q.data(), memories, {2, nullptr});
  cpu::search_at_least(batch, p.targets.data(), 1, yes.data(), memories, {2, nullptr});
  for (const int slots_per_item : {1, 7}) {
    CHECK(on_lanes(p, false, slots_per_item, 8, 3) == q);
    CHECK(on_lanes(p, true, slots_per_item, 8, 3) == yes);
  }
  for (int64_t i = 0; i < n; ++i) {
    for (size_t slot = 0; slot < 7; ++slot) {
      const size_t at = static_cast<size_t>(7 * i) + slot;
      const int target = p.targets[static_cast<size_t>(i)];
      CHECK(yes[at] == (q[at] == ILLEGAL ? -1 : q[at] >= target));
    }
  }
}

void search_is_minimax() {
  const Positions p = positions(20, 16, 11);
  cpu::SearchMemory memory;
  for (size_t i = 0; i < p.states.size(); ++i) {
    int8_t q[7];
    const int8_t* deal = p.deals.data() + 28 * i;
    const DealContext c = make_deal_context(deal, p.decls[i]);
    cpu::search_warm(memory, deal, p.decls[i], p.states[i], q);
    const uint32_t legal = legal_slots(c, p.states[i]);
    for (int slot = 0; slot < 7; ++slot) {
      if (!(legal >> slot & 1)) {
        CHECK(q[slot] == ILLEGAL);
        continue;
      }
      const Play play = play_slot(c, p.states[i], slot);
      CHECK(q[slot] == play.points + minimax(c, play.state));
    }
  }
}

void bad_positions_are_illegal_on_lanes() {
  Positions p = positions(1, 20, 3);
  p.states[0] = int64_t{1} << 41;
  p.deals[28] = p.deals[29];
  p.decls[2] = 10;
  const auto q = on_lanes(p, false, 7, 4, 1);
  for (size_t i = 0; i < 21; ++i) CHECK(q[i] == ILLEGAL);
  CHECK(q[21] != 99);
}

}  // namespace

int main() {
  lanes_answer_as_the_cpu_does(30, 8);
  lanes_answer_as_the_cpu_does(2, 0);
  search_is_minimax();
  bad_positions_are_illegal_on_lanes();
}
