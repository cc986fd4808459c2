// Decisions: any number of threads gives the same bytes, races stop at the right plays, exp is exp.
#include <cmath>
#include <cstring>

#include "check.h"
#include "decide/decide_cpu.h"
#include "decide/exponential.h"
#include "decide/race.h"

using namespace forge;
using namespace forge::testing;

namespace {

void test_exponential() {
  for (double x = 0; x > -690; x -= 0.37) {
    const double wanted = std::exp(x);
    CHECK(std::fabs(exp_of_negative(x) - wanted) <= 4e-15 * wanted);
  }
  CHECK(exp_of_negative(0.0) == 1.0);
  CHECK(exp_of_negative(-1e6) == 0.0);
  CHECK(exp_of_negative(NAN) == 0.0);
}

void test_a_race_drops_what_is_clearly_behind() {
  Race race(0b111);
  std::mt19937 random(1);
  for (int i = 0; i < 40; ++i) {
    const double luck = static_cast<double>(random() % 2);
    const double value[N_SLOTS] = {luck, luck, luck && random() % 4 == 0 ? 1.0 : 0.0};
    race.add(value, 1);
  }
  race.drop();
  CHECK(race.open() == 0b011);  // equal plays stay, however many worlds there are
  CHECK(race.best() == 0b011);
}

void test_threads_change_nothing() {
  std::mt19937 random(2);
  std::vector<int8_t> hands, decls, plays, needed;
  std::vector<int64_t> keys;
  for (int i = 0; i < 6; ++i) {
    const Deal deal = random_deal(random);
    hands.insert(hands.end(), deal.dominoes, deal.dominoes + 7);
    decls.push_back(static_cast<int8_t>(i));
    plays.insert(plays.end(), N_PLAYS, -1);
    needed.push_back(30);
    keys.push_back(i);
  }
  std::vector<float> weights(static_cast<size_t>(N_POLICY_WEIGHTS));
  for (float& w : weights) w = (static_cast<float>(random() % 2001) - 1000.0f) / 4000.0f;
  struct Found {
    std::vector<int8_t> slots = std::vector<int8_t>(6);
    std::vector<double> chances = std::vector<double>(42), points = std::vector<double>(42);
    std::vector<int64_t> n_worlds = std::vector<int64_t>(6);
    std::vector<double> effective = std::vector<double>(6);
  } one, two;
  DecideSettings settings;
  settings.n_worlds = 12;
  settings.pool = 40;
  const SeenBatch batch{hands.data(), decls.data(), plays.data(), needed.data(), 6};
  const auto run = [&](Found& f, int n_threads) {
    CHECK(cpu::decide(batch, keys.data(), {weights.data()}, settings,
                      {f.slots.data(), f.chances.data(), f.points.data(), f.n_worlds.data(),
                       f.effective.data()},
                      {n_threads, nullptr}) == -1);
  };
  run(one, 1);
  run(two, 3);
  CHECK(one.slots == two.slots && one.n_worlds == two.n_worlds && one.effective == two.effective);
  CHECK(std::memcmp(one.chances.data(), two.chances.data(), 42 * sizeof(double)) == 0);
  CHECK(std::memcmp(one.points.data(), two.points.data(), 42 * sizeof(double)) == 0);
}

}  // namespace

int main() {
  test_exponential();
  test_a_race_drops_what_is_clearly_behind();
  test_threads_change_nothing();
  return 0;
}
