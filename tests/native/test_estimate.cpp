// Estimates: logarithms and sums are right; any number of threads and the kernels of a device give
// the same bytes.
#include <cmath>
#include <cstring>
#include <memory>

#include "decide/estimate_cpu.h"
#include "decide/estimate_schedule.h"
#include "decide/hidden_cpu.h"
#include "decide/posterior.h"
#include "host_room.h"
#include "seen_rows.h"

using namespace forge;
using namespace forge::testing;

namespace {

constexpr size_t N = 4;

void test_logarithm() {
  for (double x = 1e-320; x < 1e300; x *= 1.7) {
    const double wanted = std::log(x);
    CHECK(std::fabs(log_of(x) - wanted) <= 1e-15 * std::fmax(1.0, std::fabs(wanted)));
  }
  CHECK(log_of(1.0) == 0.0);
  CHECK(log_of(0.0) == MINUS_INFINITY);
}

// Weights of any size, however they are added.
void test_sums() {
  const int8_t values[3][N_SLOTS] = {{-42, 0, 5}, {42, 0, 6}, {0, 0, 6}};
  for (const double offset : {0.0, 900.0, -900.0}) {
    WorldSums sums;
    const double logs[3] = {offset, offset + std::log(3.0), offset - std::log(2.0)};
    for (int i = 0; i < 3; ++i) {
      sums.make_room(logs[i]);
      sums.add(values[i], 0b111, logs[i]);
    }
    sums.add(values[0], 0b111, MINUS_INFINITY);
    const double w[3] = {1 / 4.5, 3 / 4.5, 0.5 / 4.5};
    const auto near = [](double a, double b) { return std::fabs(a - b) < 1e-11; };
    CHECK(sums.n_worlds() == 3);
    CHECK(near(sums.mean(0), 42 * (w[1] - w[0])));
    CHECK(sums.mean(1) == 0 && sums.variance(1) == 0);
    CHECK(near(sums.variance(2), w[0] * (1 - w[0])));
    CHECK(near(sums.share(0, ZERO_BIN + 42), w[1]));
    CHECK(near(sums.at_least(2, 6), w[1] + w[2]));
    CHECK(near(sums.at_least(2, -50), 1) && sums.at_least(2, 43) == 0);
    CHECK(near(sums.effective(), 1 / (w[0] * w[0] + w[1] * w[1] + w[2] * w[2])));
    CHECK(near(sums.greatest_share(), w[1]));
  }
}

void test_weights_are_tempered_just_enough() {
  double logs[4] = {0, -1, -20, -30};
  temper(logs, 4, 2.5);
  CHECK(std::fabs(effective_worlds(logs, 4, 0, 1) - 2.5) < 1e-6);
  double enough[3] = {0, 0, -0.1};
  temper(enough, 3, 2.5);
  CHECK(enough[2] == -0.1);
}

void test_likely_plays() {
  const double values[N_SLOTS] = {10, -30, 0, 10};
  const OracleWeights how{4, 0.1, 0.1, 0};
  CHECK(std::fabs(std::exp(log_of_play(values, 0b1011, 1, how)) - 0.1 / 3) < 1e-15);
  CHECK(std::fabs(std::exp(log_of_play(values, 0b1011, 0, how)) - (0.9 / 2 + 0.1 / 3)) < 1e-15);
  CHECK(std::fabs(log_of_play(values, 0b1011, 1, {4, 0.1, 0.0, 0}) + 400) < 1);
  CHECK(std::fabs(log_of_play(values, 0b1011, 1, {4, 0.1, 1.0, 0}) - std::log(1.0 / 3)) < 1e-15);
}

// The fourteenth decision of each of N games.
SeenRows four_rows() {
  const SeenRows all = all_seen(N, 13);
  const auto every = [](const std::vector<int8_t>& from, size_t width) {
    std::vector<int8_t> rows;
    for (size_t game = 0; game < N; ++game) {
      const auto at = from.begin() + static_cast<ptrdiff_t>(15 * game * width);
      rows.insert(rows.end(), at, at + static_cast<ptrdiff_t>(width));
    }
    return rows;
  };
  return {every(all.hands, N_SLOTS), every(all.decls, 1), every(all.plays, N_PLAYS),
          every(all.needed, 1)};
}

struct Estimated {
  std::vector<double> mean, variance, chances, shares, effective, greatest;
  std::vector<int64_t> n_possible, n_worlds;
  std::unique_ptr<bool[]> converged;
  size_t n;

  explicit Estimated(int64_t n_rows)
      : mean(static_cast<size_t>(7 * n_rows), 77.0),
        variance(mean),
        chances(mean),
        shares(mean.size() * N_BINS),
        effective(static_cast<size_t>(n_rows)),
        greatest(effective),
        n_possible(effective.size()),
        n_worlds(effective.size()),
        converged(new bool[effective.size()]()),
        n(effective.size()) {}

  Estimates out() {
    return {mean.data(),     variance.data(),  shares.data(),   chances.data(), n_possible.data(),
            n_worlds.data(), effective.data(), greatest.data(), converged.get()};
  }

  bool same(const Estimated& other) const {
    const auto equal = [](const std::vector<double>& a, const std::vector<double>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
    };
    return equal(mean, other.mean) && equal(variance, other.variance) &&
           equal(chances, other.chances) && equal(shares, other.shares) &&
           equal(effective, other.effective) && equal(greatest, other.greatest) &&
           n_worlds == other.n_worlds && n_possible == other.n_possible &&
           std::memcmp(converged.get(), other.converged.get(), n * sizeof(bool)) == 0;
  }

  // The row as where there is nothing to estimate.
  void forget(int64_t row) {
    n_possible[static_cast<size_t>(row)] = 0;
    write_nothing(row, out());
  }
};

Estimated by_cpu(const SeenRows& rows, const EstimateSettings& settings, int n_threads) {
  cpu::SearchMemories memories;
  const std::vector<float> weights = random_weights();
  const std::vector<int64_t> keys = keys_of(rows);
  Estimated found(rows.n());
  CHECK(cpu::estimate(rows.batch(), keys.data(), {weights.data()}, settings, found.out(), memories,
                      {n_threads, nullptr}) == -1);
  return found;
}

void test_estimates_on_threads() {
  const SeenRows rows = four_rows();
  for (const Weighing weighing : {Weighing::ALIKE, Weighing::ORACLE, Weighing::POLICY}) {
    EstimateSettings settings;
    settings.weighing = weighing;
    settings.n_samples = 20;
    settings.adaptive = {10, 35, 10, 1.0, true};
    for (const bool for_chance : {false, true}) {
      settings.for_chance = for_chance;
      const Estimated one = by_cpu(rows, settings, 1);
      CHECK(one.same(by_cpu(rows, settings, 3)));
      CHECK(one.n_worlds[0] > 0 && one.effective[0] >= 1);
    }
  }
}

// As a device estimates, with room for so many decisions at a time and worlds a round.
Estimated by_kernels(const SeenRows& rows, const EstimateSettings& settings, int64_t n_rows,
                     int64_t window, int64_t n_lanes) {
  const std::vector<float> weights = random_weights();
  const std::vector<int64_t> keys = keys_of(rows);
  const HostRoom room(n_rows, most_drawn(settings), window);
  std::vector<EstimatingRow> estimating(HostRoom::size(n_rows));
  std::vector<WorldSums> sums(estimating.size());
  const EstimateWork work{room.room(), estimating.data(), sums.data()};
  const HostLanes lanes(n_lanes);
  Estimated found(rows.n());
  launch_estimate(HostLaunch{}, lanes,
                  {rows.batch(), keys.data(), {weights.data()}, settings, found.out()}, work,
                  n_lanes);
  return found;
}

// Every way of weighing that a device has, samples and all worlds, and both sides of its limits.
void test_kernels_estimate_as_the_cpu_does() {
  const SeenRows rows = all_seen(4, 11);
  int64_t n_complete = 0, n_sampled = 0;
  for (const Weighing weighing : {Weighing::ALIKE, Weighing::POLICY}) {
    for (const Sampler sampler : {Sampler::UNIFORM, Sampler::MRV}) {
      if (sampler == Sampler::MRV && weighing == Weighing::POLICY) continue;
      for (const bool for_chance : {false, true}) {
        EstimateSettings settings;
        settings.weighing = weighing;
        settings.sampler = sampler;
        settings.for_chance = for_chance;
        settings.n_samples = 12;
        settings.all_up_to = for_chance ? 0 : 90;
        settings.policy = {3, 0.02, for_chance ? 5 : 28};
        const Estimated wanted = by_cpu(rows, settings, 2);
        CHECK(wanted.same(by_kernels(rows, settings, rows.n(), most_valued(settings), 500)));
        CHECK(wanted.same(by_kernels(rows, settings, 7, 5, 3)));
        for (const int64_t n : wanted.n_possible)
          n <= settings.all_up_to ? ++n_complete : ++n_sampled;
      }
    }
  }
  CHECK(n_complete > 50 && n_sampled > 50);
}

void test_rows_that_cannot_be() {
  SeenRows rows = all_seen(1, 14);
  EstimateSettings settings;
  settings.n_samples = settings.all_up_to = 8;
  Estimated wanted = by_cpu(rows, settings, 1);
  rows.needed[3] = 0;
  rows.plays[28 * 5] = rows.plays[28 * 5 + 1];
  wanted.forget(3);
  wanted.forget(5);
  CHECK(wanted.same(by_kernels(rows, settings, 4, 8, 4)));
}

void test_hidden_hands_that_fit_nowhere() {
  const SeenRows rows = seen_that_fits_nowhere();
  Estimated wanted(1);
  wanted.forget(0);
  CHECK(wanted.same(by_kernels(rows, {}, 1, 50, 4)));
}

void test_hidden_dominoes_on_threads() {
  const SeenRows rows = four_rows();
  const std::vector<float> weights = random_weights();
  const std::vector<int64_t> keys = {1, 2, 3, 4};
  DecideSettings how;
  how.n_worlds = 50;
  std::vector<double> before[2], after[2];
  for (int k = 0; k < 2; ++k) {
    before[k].resize(N * N_HIDDEN * N_DOMINOES);
    after[k].resize(before[k].size());
    std::vector<int64_t> n_worlds(N), n_possible(N);
    std::vector<double> effective(N);
    const cpu::HiddenDominoes out{before[k].data(), after[k].data(), n_worlds.data(),
                                  n_possible.data(), effective.data()};
    CHECK(cpu::hidden_dominoes(rows.batch(), keys.data(), {weights.data()}, how, out,
                               {1 + 2 * k, nullptr}) == -1);
    CHECK(n_possible[0] > 50);
    CHECK(n_worlds[0] == 50 && effective[0] > 1 && effective[0] < 50);
  }
  CHECK(before[0] == before[1] && after[0] == after[1] && before[0] != after[0]);
}

}  // namespace

int main() {
  test_logarithm();
  test_sums();
  test_weights_are_tempered_just_enough();
  test_likely_plays();
  test_estimates_on_threads();
  test_kernels_estimate_as_the_cpu_does();
  test_rows_that_cannot_be();
  test_hidden_hands_that_fit_nowhere();
  test_hidden_dominoes_on_threads();
  return 0;
}
