// Estimates: logarithms and sums are right, and any number of threads gives the same bytes.
#include <cmath>
#include <cstring>

#include "decide/estimate_cpu.h"
#include "decide/hidden_cpu.h"
#include "decide/posterior.h"
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
  std::vector<double> mean = std::vector<double>(7 * N), variance = mean, chances = mean;
  std::vector<double> shares = std::vector<double>(7 * N * N_BINS);
  std::vector<int64_t> n_possible = std::vector<int64_t>(N), n_worlds = n_possible;
  std::vector<double> effective = std::vector<double>(N), greatest = effective;
  bool converged[N];

  Estimated(const SeenRows& rows, const EstimateSettings& settings, int n_threads) {
    cpu::SearchMemories memories;
    const std::vector<float> weights = random_weights();
    const std::vector<int64_t> keys = {1, 2, 3, 4};
    CHECK(cpu::estimate(
              rows.batch(), keys.data(), {weights.data()}, settings,
              {mean.data(), variance.data(), shares.data(), chances.data(), n_possible.data(),
               n_worlds.data(), effective.data(), greatest.data(), converged},
              memories, {n_threads, nullptr}) == -1);
  }

  bool same(const Estimated& other) const {
    const auto equal = [](const std::vector<double>& a, const std::vector<double>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
    };
    return equal(mean, other.mean) && equal(variance, other.variance) &&
           equal(chances, other.chances) && equal(shares, other.shares) &&
           equal(effective, other.effective) && equal(greatest, other.greatest) &&
           n_worlds == other.n_worlds && n_possible == other.n_possible &&
           std::memcmp(converged, other.converged, sizeof converged) == 0;
  }
};

void test_estimates_on_threads() {
  const SeenRows rows = four_rows();
  for (const Weighing weighing : {Weighing::ALIKE, Weighing::ORACLE, Weighing::POLICY}) {
    EstimateSettings settings;
    settings.weighing = weighing;
    settings.n_samples = 20;
    settings.adaptive = {10, 35, 10, 1.0, true};
    for (const bool for_chance : {false, true}) {
      settings.for_chance = for_chance;
      const Estimated one(rows, settings, 1);
      CHECK(one.same(Estimated(rows, settings, 3)));
      CHECK(one.n_worlds[0] > 0 && one.effective[0] >= 1);
    }
  }
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
    std::vector<int64_t> n_worlds(N);
    std::vector<double> effective(N);
    CHECK(
        cpu::hidden_dominoes(rows.batch(), keys.data(), {weights.data()}, how,
                             {before[k].data(), after[k].data(), n_worlds.data(), effective.data()},
                             {1 + 2 * k, nullptr}) == -1);
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
  test_hidden_dominoes_on_threads();
  return 0;
}
