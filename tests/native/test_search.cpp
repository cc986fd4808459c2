// The search on the CPU against the lanes of a device, and against plain minimax late in the hand.
#include "check.h"
#include "search/kernels.h"
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
                             int64_t n_lanes, int width = 7) {
  const auto n = static_cast<int64_t>(p.states.size());
  std::vector<int8_t> out(static_cast<size_t>(width * n), int8_t{99});
  std::vector<TableEntry> entries(static_cast<size_t>(n_lanes << log2_size));
  int64_t queue = 0;
  const SearchJob job{{p.deals.data(), p.decls.data(), p.states.data(), n, 28, 1},
                      at_least ? p.targets.data() : nullptr,
                      1,
                      out.data(),
                      slots_per_item,
                      &queue,
                      width};
  HostLaunch{}(n_lanes, RunLanes{job, {entries.data(), log2_size}});
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

// Only some slots, of as many rows as the device says, on tables that an earlier job has used.
void lanes_answer_what_they_are_asked() {
  const Positions p = positions(8, 14, 23);
  const auto n = static_cast<int64_t>(p.states.size());
  const std::vector<int8_t> all = on_lanes(p, false, 1, 8, 3);
  std::vector<uint8_t> slots(p.states.size());
  for (size_t i = 0; i < slots.size(); ++i) slots[i] = static_cast<uint8_t>(i * 37 % 128);
  const int64_t n_asked = n - 5;
  std::vector<TableEntry> entries(3 << 8);
  std::vector<uint32_t> epochs(3);
  for (const int slots_per_item : {1, 7}) {
    std::vector<int8_t> out(static_cast<size_t>(7 * n), int8_t{99});
    int64_t queue = 0;
    SearchJob job{{p.deals.data(), p.decls.data(), p.states.data(), n, 28, 1},
                  nullptr,
                  1,
                  out.data(),
                  slots_per_item,
                  &queue};
    job.slots = slots.data();
    job.n_rows = &n_asked;
    HostLaunch{}(3, RunLanes{job, {entries.data(), 8, epochs.data()}});
    for (size_t k = 0; k < out.size(); ++k) {
      const bool asked = slots[k / 7] >> k % 7 & 1;
      const int wanted = asked ? all[k] : ILLEGAL;
      CHECK(out[k] == (static_cast<int64_t>(k / 7) < n_asked ? wanted : 99));
    }
  }
  CHECK(epochs[0] > static_cast<uint32_t>(n));  // as many as positions of both jobs
}

// What a position is worth, and whether that is enough: one node instead of seven slots.
void values_are_the_best_of_the_slots(int n_games, size_t from) {
  const Positions p = positions(n_games, from, 29);
  const auto n = static_cast<int64_t>(p.states.size());
  const PositionBatch batch{p.deals.data(), p.decls.data(), p.states.data(), n, 28, 1};
  const auto rows = static_cast<size_t>(n);
  std::vector<int8_t> q(7 * rows), values(rows), made(rows);
  cpu::SearchMemories memories;
  cpu::search(batch, q.data(), memories, {2, nullptr});
  cpu::search_value(batch, values.data(), memories, {2, nullptr});
  cpu::search_made(batch, p.targets.data(), 1, made.data(), memories, {2, nullptr});
  for (size_t i = 0; i < rows; ++i) {
    const bool maximise = !(seat_to_act(p.states[i]) & 1);
    int best = ILLEGAL;
    for (size_t slot = 0; slot < 7; ++slot) {
      const int each = q[7 * i + slot];
      if (each == ILLEGAL) continue;
      best = best == ILLEGAL ? each : maximise ? std::max(best, each) : std::min(best, each);
    }
    if (best == ILLEGAL) best = 0;  // the hand is over
    CHECK(values[i] == best);
    CHECK(made[i] == (best >= p.targets[i]));
  }
  CHECK(on_lanes(p, false, 1, 8, 3, 1) == values);
  CHECK(on_lanes(p, true, 1, 8, 3, 1) == made);
}

// Every instruction set gives the same answers, about positions in and between tricks.
void every_processor_answers_alike() {
  const Positions p = positions(10, 4, 31);
  std::vector<cpu::AnswerRoot> ways{cpu::answer_portable, cpu::fastest_answer()};
  for (size_t i = 0; i < p.states.size(); ++i) {
    const int8_t* deal = p.deals.data() + 28 * i;
    const SearchDeal d = make_search_deal(deal, p.decls[i]);
    const SearchPosition position = make_search_position(d, deal, p.states[i]);
    if (!position.legal) continue;
    EqualPairs pairs;
    pairs.find(d, p.decls[i]);
    std::vector<int> answers;
    for (const auto way : ways) {
      std::vector<TableEntry> entries(1 << 8);
      std::vector<uint32_t> history(N_SEATS * 32);
      const SearchRoom room{&d, &pairs, {entries.data(), 8, 1}, history.data()};
      Question q = position.question;
      for (q.target = 1; q.target <= q.remaining; q.target += 3)
        answers.push_back(way(room, q, position.prefix, position.n_plays > 0));
    }
    const size_t half = answers.size() / 2;
    for (size_t k = 0; k < half; ++k) CHECK(answers[k] == answers[k + half]);
  }
}

// A set of unplayed dominoes and its canonical name are worth the same, from any leader.
void names_change_no_value() {
  std::mt19937 random(37);
  int n_renamed = 0;
  for (int game = 0; game < 2000; ++game) {
    const Deal deal = random_deal(random);
    const int decl = game % N_DECLARATIONS;
    const DealContext c = make_deal_context(deal.dominoes, decl);
    const SearchDeal d = make_search_deal(deal.dominoes, decl);
    EqualPairs pairs;
    pairs.find(d, decl);
    for (const int64_t state : random_game(c, random)) {
      if (n_plays_of(state) || popcount(static_cast<uint32_t>(state) & 0x0FFFFFFF) > 12) continue;
      const uint32_t unplayed = make_search_position(d, deal.dominoes, state).question.unplayed;
      const uint32_t name = canonical(pairs, unplayed);
      if (name == unplayed) continue;
      ++n_renamed;
      uint32_t hands = 0;
      for (int seat = 0; seat < N_SEATS; ++seat)
        for (int slot = 0; slot < N_SLOTS; ++slot) {
          const int rank = d.ranks->rank_of[deal.dominoes[N_SLOTS * seat + slot]];
          hands |= (name >> rank & 1) << (N_SLOTS * seat + slot);
        }
      CHECK(minimax(c, boundary_state(hands, leader_of(state))) == minimax(c, state));
    }
  }
  CHECK(n_renamed > 1000);
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

// Endings in which one team has kept its trumps: what the bounds from sure tricks are about.
void search_is_minimax_among_trumps() {
  std::mt19937 random(41);
  cpu::SearchMemory memory;
  for (int game = 0; game < 6000; ++game) {
    Deal deal = random_deal(random);
    const int decl = game % (DOUBLES_TRUMP + 1);
    const uint32_t trumps = rank_tables(decl).follow[CALLED_SUIT];
    const auto is_trump = [&](int8_t domino) {
      return trumps >> rank_tables(decl).rank_of[domino] & 1;
    };
    // Trumps to the seats 0 and 2, as far as chance leaves room; then each seat keeps three.
    for (int k = 0; k < 28; ++k) {
      const int seat = k / 7, other = static_cast<int>(random() % 28);
      if (is_trump(deal.dominoes[k]) && (seat & 1) && !is_trump(deal.dominoes[other]))
        std::swap(deal.dominoes[k], deal.dominoes[other]);
    }
    for (int seat = 0; seat < N_SEATS; ++seat)
      std::sort(deal.dominoes + 7 * seat, deal.dominoes + 7 * seat + 7);
    uint32_t hands = 0;
    for (int seat = 0; seat < N_SEATS; ++seat)
      for (int kept = 0, tries = 0; kept < 3; ++tries) {
        const int at = 7 * seat + static_cast<int>(random() % 7);
        if (hands >> at & 1 || (tries < 8 && !is_trump(deal.dominoes[at]))) continue;
        hands |= uint32_t{1} << at;
        ++kept;
      }
    const int64_t state = boundary_state(hands, game & 2);
    const DealContext c = make_deal_context(deal.dominoes, decl);
    const int value = minimax(c, state);
    CHECK(cpu::search_value_warm(memory, deal.dominoes, decl, state) == value);
    for (int target = value - 2; target <= value + 2; ++target)
      CHECK(cpu::search_made_warm(memory, deal.dominoes, decl, state, target) == (value >= target));
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
  lanes_answer_what_they_are_asked();
  values_are_the_best_of_the_slots(30, 8);
  values_are_the_best_of_the_slots(2, 0);
  every_processor_answers_alike();
  names_change_no_value();
  search_is_minimax();
  search_is_minimax_among_trumps();
  bad_positions_are_illegal_on_lanes();
}
