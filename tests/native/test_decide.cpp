// Decisions: any number of threads and the kernels of a device give the same bytes, races stop at
// the right plays, exp is exp.
#include <cmath>
#include <cstring>
#include <limits>

#include "decide/by_policy.h"
#include "decide/decide_cpu.h"
#include "decide/exponential.h"
#include "decide/play_out_cpu.h"
#include "decide/race.h"
#include "decide/schedule.h"
#include "decide/worlds.h"
#include "host_room.h"
#include "seen_rows.h"

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

void test_a_bonus_counts_beside_what_worlds_say() {
  const double bonus[N_SLOTS] = {0, -0.6, -0.4, 0, 0, 0, 0};
  Race race(0b111, bonus);
  for (int i = 0; i < 40; ++i) {
    const double value[N_SLOTS] = {i % 2 ? 1.0 : 0.0, 1.0, 1.0};
    race.add(value, 1);
  }
  CHECK(race.mean(1) == 1.0);
  CHECK(race.best() == 0b100);  // 0.5, 0.4, 0.6
  race.drop();
  CHECK(race.open() == 0b101);  // as it was of each world, 1 is behind 2; 0 may yet win
}

struct Found {
  std::vector<int8_t> slots;
  std::vector<double> chances, points;
  std::vector<int64_t> n_worlds;
  std::vector<double> effective;

  explicit Found(int64_t n_rows)
      : slots(static_cast<size_t>(n_rows), int8_t{99}),
        chances(7 * slots.size()),
        points(7 * slots.size()),
        n_worlds(slots.size()),
        effective(slots.size()) {}
  Decisions out() {
    return {slots.data(), chances.data(), points.data(), n_worlds.data(), effective.data()};
  }
  bool operator==(const Found& o) const {
    const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
    };
    return slots == o.slots && n_worlds == o.n_worlds && same(chances, o.chances) &&
           same(points, o.points) && same(effective, o.effective);
  }
  // The row as where there is nothing to decide.
  void forget(int64_t row) {
    const auto i = static_cast<size_t>(row);
    slots[i] = -1;
    n_worlds[i] = 0;
    effective[i] = 0;
    for (size_t k = 7 * i; k < 7 * i + 7; ++k)
      chances[k] = points[k] = std::numeric_limits<double>::quiet_NaN();
  }
};

DecideJob job_of(const SeenRows& rows, const std::vector<int64_t>& keys, const float* weights,
                 const DecideSettings& settings, Found* found) {
  return {rows.batch(), keys.data(), {weights}, settings, found->out()};
}

void test_threads_change_nothing() {
  const SeenRows rows = all_seen(2, 3);
  const std::vector<int64_t> keys = keys_of(rows);
  const std::vector<float> weights = random_weights();
  DecideSettings settings;
  settings.n_worlds = 12;
  settings.pool = 40;
  Found one(rows.n()), two(rows.n());
  CHECK(cpu::decide(job_of(rows, keys, weights.data(), settings, &one), {1, nullptr}) == -1);
  CHECK(cpu::decide(job_of(rows, keys, weights.data(), settings, &two), {3, nullptr}) == -1);
  CHECK(one == two);
}

// Of many hands, and of few that come again: to the byte, one decision after the other.
void test_hands_asked_about_once_weigh_the_same() {
  const SeenRows rows = all_seen(3);
  const std::vector<float> weights = random_weights();
  const cpu::Judge judge{cpu::fastest_policy(), {weights.data()}};
  DecideSettings how;
  how.n_worlds = 500;
  cpu::Weigher weigher;
  int64_t n = 0;
  for (int64_t i = 0; i < rows.n(); ++i) {
    SeenHand seen;
    WorldTable table;
    read_seen(rows.batch(), i, &seen);
    build_world_table(constraints_of(seen), &table);
    how.window = i % 2 ? 28 : 5;
    weigher.begin(seen, how, judge);
    const WorldPlan plan = plan_worlds(table, seen, how, false);
    for (int64_t j = 0; j < plan.n; ++j, ++n) {
      const Owners world = owners_of(seen, draw_world(table, plan, 17 * i, j));
      CHECK(weigher.likelihood(world) == likelihood(seen, world, how.uniform, how.window, judge));
    }
  }
  CHECK(n > 10000);
}

// As a device decides, with room for so many decisions at a time and worlds a round.
void decide_on_lanes(const DecideJob& job, int64_t n_rows, int64_t window, int64_t n_lanes) {
  const HostRoom room(n_rows, most_worlds(job.settings, job.weights.numbers), window);
  std::vector<unsigned char> rows(sizeof(DecidingRow) * HostRoom::size(n_rows), 0xAB);
  std::vector<int8_t> rolled(7 * room.n_positions(), int8_t{99});
  const DecideWork work{room.room(), reinterpret_cast<DecidingRow*>(rows.data()), rolled.data()};
  const HostLanes lanes(n_lanes);
  launch_decide(HostLaunch{}, lanes, job, work, n_lanes);
}

// Every kind of decision, and both sides of every limit of the device.
void test_kernels_decide_as_the_cpu_does() {
  const SeenRows rows = all_seen(10, 9);
  const std::vector<int64_t> keys = keys_of(rows);
  const std::vector<float> weights = random_weights();
  DecideSettings few;
  few.n_worlds = 12;
  few.pool = 40;
  DecideSettings points = few, full = few, alike = few, many = few, last = few, own = few;
  points.for_points = true;
  full.race = false;
  alike.weigh = false;
  last.window = 3;
  own.prior = 0.05;
  many.n_worlds = 60;
  many.pool = 200;
  int n_raced = 0;
  for (const DecideSettings& settings : {few, points, full, alike, many, last, own}) {
    for (const float* const policy : {weights.data(), static_cast<const float*>(nullptr)}) {
      Found by_cpu(rows.n()), by_kernels(rows.n());
      CHECK(cpu::decide(job_of(rows, keys, policy, settings, &by_cpu), {2, nullptr}) == -1);
      const DecideJob job = job_of(rows, keys, policy, settings, &by_kernels);
      const bool odd = policy && !settings.for_points;
      decide_on_lanes(job, odd ? 7 : rows.n(), odd ? 5 : settings.n_worlds, odd ? 3 : 2000);
      CHECK(by_cpu == by_kernels);
      for (const double p : by_cpu.points) n_raced += !std::isnan(p);
    }
  }
  CHECK(n_raced > 100);
}

void test_rows_that_cannot_be() {
  SeenRows rows = all_seen(1, 14);
  const std::vector<int64_t> keys = keys_of(rows);
  DecideSettings settings;
  settings.n_worlds = 8;
  Found wanted(rows.n()), found(rows.n());
  CHECK(cpu::decide(job_of(rows, keys, nullptr, settings, &wanted), {1, nullptr}) == -1);
  rows.needed[3] = 0;
  rows.plays[28 * 5] = rows.plays[28 * 5 + 1];
  wanted.forget(3);
  wanted.forget(5);
  decide_on_lanes(job_of(rows, keys, nullptr, settings, &found), 4, 8, 4);
  CHECK(wanted == found);
}

void test_hidden_hands_that_fit_nowhere() {
  const SeenRows rows = seen_that_fits_nowhere();
  const std::vector<int64_t> keys = keys_of(rows);
  Found by_cpu(1), by_kernels(1), wanted(1);
  wanted.forget(0);
  CHECK(cpu::decide(job_of(rows, keys, nullptr, {}, &by_cpu), {1, nullptr}) == 0);
  decide_on_lanes(job_of(rows, keys, nullptr, {}, &by_kernels), 1, 100, 4);
  CHECK(by_kernels == wanted);
}

// Illegal slots are told, threads change nothing, and rows that cannot be are named.
void test_hands_played_out() {
  SeenRows rows = all_seen(6);
  const std::vector<float> weights = random_weights();
  const auto made_by = [&](int n_threads) {
    std::vector<int8_t> made(7 * rows.decls.size(), int8_t{99});
    const cpu::OpenHands hands{rows.deals.data(), rows.decls.data(), rows.plays.data(),
                               rows.needed.data(), rows.n()};
    const char* reason = "";
    CHECK(cpu::first_bad_open(hands, &reason) == -1);
    cpu::play_out(hands, {weights.data()}, made.data(), {n_threads, nullptr});
    return made;
  };
  const std::vector<int8_t> made = made_by(1);
  CHECK(made == made_by(3));
  for (int64_t i = 0; i < rows.n(); ++i) {
    SeenHand seen;
    read_seen(rows.batch(), i, &seen);
    for (int slot = 0; slot < N_SLOTS; ++slot)
      CHECK((made[static_cast<size_t>(7 * i + slot)] >= 0) ==
            (seen.legal >> seen.slot_rank[slot] & 1));
  }
  rows.plays[28 * 9] = rows.plays[28 * 9 + 1];
  const char* reason = "";
  CHECK(cpu::first_bad_open(
            {rows.deals.data(), rows.decls.data(), rows.plays.data(), rows.needed.data(), rows.n()},
            &reason) == 9);
}

}  // namespace

int main() {
  test_exponential();
  test_a_race_drops_what_is_clearly_behind();
  test_a_bonus_counts_beside_what_worlds_say();
  test_threads_change_nothing();
  test_hands_asked_about_once_weigh_the_same();
  test_kernels_decide_as_the_cpu_does();
  test_rows_that_cannot_be();
  test_hidden_hands_that_fit_nowhere();
  test_hands_played_out();
  return 0;
}
