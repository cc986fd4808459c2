// The batch of plays on the CPU against the kernel of a device, and both against the rules' own
// play.
#include <memory>

#include "check.h"
#include "play/kernels.h"
#include "play/play_cpu.h"

using namespace forge;
using namespace forge::testing;

namespace {

struct Plays {
  std::vector<int8_t> deals, decls, slots;
  std::vector<int64_t> states;

  int64_t n() const { return static_cast<int64_t>(states.size()); }
};

// Every state of random games with every slot, legal or not, and some that do not exist.
Plays all_plays(int n_games) {
  std::mt19937 random(3);
  Plays p;
  for (int game = 0; game < n_games; ++game) {
    const Deal deal = random_deal(random);
    const int decl = game % N_DECLARATIONS;
    for (const int64_t state : random_game(make_deal_context(deal.dominoes, decl), random)) {
      for (int slot = -1; slot <= N_SLOTS; ++slot) {
        p.deals.insert(p.deals.end(), deal.dominoes, deal.dominoes + 28);
        p.decls.push_back(static_cast<int8_t>(decl));
        p.states.push_back(state);
        p.slots.push_back(static_cast<int8_t>(slot));
      }
    }
  }
  return p;
}

struct Outcome {
  std::vector<int64_t> next;
  std::vector<int8_t> points;
  bool operator==(const Outcome& other) const {
    return next == other.next && points == other.points;
  }
};

template <class Run>
Outcome played(const Plays& p, const Run& run) {
  Outcome out{std::vector<int64_t>(p.states.size(), 99), std::vector<int8_t>(p.states.size(), 99)};
  run(PlayJob{{p.deals.data(), p.decls.data(), p.states.data(), p.n(), 28, 1},
              p.slots.data(),
              out.next.data(),
              out.points.data()});
  return out;
}

Outcome on_cpu(const Plays& p, int n_threads) {
  return played(p, [&](const PlayJob& job) { cpu::play(job, {n_threads, nullptr}); });
}

Outcome on_device(const Plays& p) {
  return played(p, [&](const PlayJob& job) { HostLaunch{}(p.n(), PlaySlots{job}); });
}

void plays_are_those_of_the_rules() {
  const Plays p = all_plays(20);
  const Outcome out = on_cpu(p, 1);
  CHECK(on_cpu(p, 3) == out);
  CHECK(on_device(p) == out);
  for (size_t i = 0; i < p.states.size(); ++i) {
    const DealContext c = make_deal_context(p.deals.data() + 28 * i, p.decls[i]);
    const int slot = p.slots[i];
    const bool exists = slot >= 0 && slot < N_SLOTS;
    if (exists && (legal_slots(c, p.states[i]) >> slot & 1)) {
      const Play play = play_slot(c, p.states[i], slot);
      CHECK(out.next[i] == play.state && out.points[i] == play.points);
    } else {
      CHECK(out.next[i] == -1 && out.points[i] == 0);
    }
  }
}

void unsound_rows_are_marked_on_the_device() {
  Plays p = all_plays(1);
  p.slots[1] = p.slots[2] = p.slots[3] = 0;
  p.deals[28] = p.deals[29];
  p.decls[2] = 10;
  p.states[3] = int64_t{1} << 41;
  const Outcome out = on_device(p);
  for (size_t i = 1; i <= 3; ++i) CHECK(out.next[i] == -1 && out.points[i] == 0);
  CHECK(out.next[4] > 0);
}

void legal_slots_are_those_of_the_rules() {
  const Plays p = all_plays(2);
  const auto n = static_cast<int64_t>(p.states.size());
  const PositionBatch batch{p.deals.data(), p.decls.data(), p.states.data(), n, 28, 1};
  const auto host = std::make_unique<bool[]>(7 * p.states.size());
  const auto device = std::make_unique<bool[]>(7 * p.states.size());
  cpu::mark_legal_slots({batch, host.get()}, {3, nullptr});
  HostLaunch{}(n, MarkLegalSlots{{batch, device.get()}});
  for (size_t i = 0; i < p.states.size(); ++i) {
    const DealContext c = make_deal_context(p.deals.data() + 28 * i, p.decls[i]);
    const uint32_t legal = legal_slots(c, p.states[i]);
    for (size_t slot = 0; slot < 7; ++slot) {
      CHECK(host[7 * i + slot] == (legal >> slot & 1));
      CHECK(device[7 * i + slot] == (legal >> slot & 1));
    }
  }
}

}  // namespace

int main() {
  legal_slots_are_those_of_the_rules();
  plays_are_those_of_the_rules();
  unsound_rows_are_marked_on_the_device();
}
