// Worlds: counts and order against plain enumeration, the kernels of a device against the CPU.
#include "check.h"
#include "worlds/kernels.h"
#include "worlds/worlds_cpu.h"

using namespace forge;
using namespace forge::testing;

namespace {

struct Questions {
  std::vector<int32_t> allowed;
  std::vector<int8_t> sizes;
  std::vector<int64_t> keys;

  void add(const Constraints& c, int64_t key) {
    for (int seat = 0; seat < N_HIDDEN; ++seat) {
      allowed.push_back(static_cast<int32_t>(c.allowed[seat]));
      sizes.push_back(static_cast<int8_t>(c.size[seat]));
    }
    keys.push_back(key);
  }
  int64_t n() const { return static_cast<int64_t>(keys.size()); }
  ConstraintBatch batch() const { return {allowed.data(), sizes.data(), n()}; }
};

// Hands of a random deal, each seat allowed what it holds and some of the rest.
Constraints random_constraints(std::mt19937& random, int most_held) {
  const Deal deal = random_deal(random);
  Constraints c;
  uint32_t unseen = 0, held[N_HIDDEN];
  for (int seat = 0; seat < N_HIDDEN; ++seat) {
    c.size[seat] = static_cast<int>(random() % static_cast<unsigned>(most_held + 1));
    held[seat] = 0;
    for (int k = 0; k < c.size[seat]; ++k) held[seat] |= 1u << deal.dominoes[7 * seat + k];
    unseen |= held[seat];
  }
  for (int seat = 0; seat < N_HIDDEN; ++seat) {
    uint32_t others = static_cast<uint32_t>(random());
    for (unsigned rounds = random() % 3; rounds; --rounds)
      others &= static_cast<uint32_t>(random());
    c.allowed[seat] = unseen & (held[seat] | others);
  }
  return c;
}

Questions random_questions(int n, int most_held, unsigned seed) {
  std::mt19937 random(seed);
  Questions q;
  for (int i = 0; i < n; ++i)
    q.add(random_constraints(random, most_held), static_cast<int64_t>(random() << 32 ^ random()));
  return q;
}

bool is_world_of(const Constraints& c, const int32_t* world) {
  uint32_t seen = 0;
  for (int seat = 0; seat < N_HIDDEN; ++seat) {
    const auto hand = static_cast<uint32_t>(world[seat]);
    if ((hand & ~c.allowed[seat]) || (hand & seen) || popcount(hand) != c.size[seat]) return false;
    seen |= hand;
  }
  return seen == unseen_of(c);
}

// All worlds by trying the seats of each domino in turn, the lowest domino first.
void all_worlds(const Constraints& c, uint32_t left, World world, std::vector<int32_t>& out) {
  if (!left) {
    const int32_t hands[] = {static_cast<int32_t>(world.hand[0]),
                             static_cast<int32_t>(world.hand[1]),
                             static_cast<int32_t>(world.hand[2])};
    if (is_world_of(c, hands)) out.insert(out.end(), hands, hands + 3);
    return;
  }
  const uint32_t domino = 1u << lowest(left);
  for (int seat = 0; seat < N_HIDDEN; ++seat) {
    if (!(c.allowed[seat] & domino) || popcount(world.hand[seat]) == c.size[seat]) continue;
    World next = world;
    next.hand[seat] |= domino;
    all_worlds(c, left & ~domino, next, out);
  }
}

void counts_and_order_are_those_of_enumeration() {
  const Questions q = random_questions(300, 3, 5);
  std::vector<int64_t> counts(static_cast<size_t>(q.n()));
  cpu::count_worlds(q.batch(), counts.data(), {2, nullptr});
  for (int64_t i = 0; i < q.n(); ++i) {
    const Constraints c = q.batch().at(i);
    std::vector<int32_t> expected;
    all_worlds(c, unseen_of(c), {{0, 0, 0}}, expected);
    const int64_t n = counts[static_cast<size_t>(i)];
    CHECK(3 * n == static_cast<int64_t>(expected.size()));
    CHECK(n > 0);
    std::vector<int32_t> worlds(expected.size());
    cpu::enumerate_worlds({q.allowed.data() + 3 * i, q.sizes.data() + 3 * i, 1}, 0, n,
                          worlds.data(), {2, nullptr});
    CHECK(worlds == expected);
  }
}

void empty_board() {
  Questions q;
  const uint32_t unseen = 0x0FFFFF7F & ~0x3F00u;  // any 21 dominoes
  CHECK(popcount(unseen) == 21);
  q.add({{unseen, unseen, unseen}, {7, 7, 7}}, 1);
  int64_t count;
  cpu::count_worlds(q.batch(), &count, {1, nullptr});
  CHECK(count == 399'072'960);
  int32_t ends[6];
  cpu::enumerate_worlds(q.batch(), 0, 1, ends, {1, nullptr});
  cpu::enumerate_worlds(q.batch(), count - 1, 1, ends + 3, {1, nullptr});
  CHECK(ends[0] == 0x7F && ends[5] == 0x7F);  // the seven lowest go to seat 0, to seat 2
  CHECK(ends[2] == ends[3] && ends[1] == ends[4]);
}

// As launched on a device, row blocks of `n_tables` and all.
std::vector<int32_t> on_device(const Questions& q, int64_t n_samples, Sampler sampler,
                               int64_t n_tables) {
  std::vector<int32_t> worlds(static_cast<size_t>(3 * q.n() * n_samples), 99);
  const HostLaunch launch;
  if (sampler == Sampler::MRV) {
    launch(q.n() * n_samples, SampleMrvWorlds{q.batch(), q.keys.data(), n_samples, worlds.data()});
    return worlds;
  }
  std::vector<WorldTable> tables(static_cast<size_t>(n_tables));
  for (int64_t begin = 0; begin < q.n(); begin += n_tables) {
    const int64_t n_rows = std::min(n_tables, q.n() - begin);
    launch(n_rows, BuildWorldTables{q.batch(), begin, tables.data()});
    launch(n_rows * n_samples,
           SampleUniformWorlds{tables.data(), q.keys.data(), begin, n_samples, worlds.data()});
  }
  return worlds;
}

std::vector<int32_t> on_cpu(const Questions& q, int64_t n_samples, Sampler sampler, int n_threads) {
  std::vector<int32_t> worlds(static_cast<size_t>(3 * q.n() * n_samples), 99);
  cpu::sample_worlds(q.batch(), q.keys.data(), n_samples, sampler, worlds.data(),
                     {n_threads, nullptr});
  return worlds;
}

void devices_sample_as_the_cpu_does() {
  Questions q = random_questions(200, 7, 6);
  for (const auto sampler : {Sampler::UNIFORM, Sampler::MRV}) {
    const auto worlds = on_device(q, 33, sampler, 64);
    for (const int n_threads : {1, 3}) CHECK(on_cpu(q, 33, sampler, n_threads) == worlds);
    for (int64_t i = 0; i < q.n() * 33; ++i)
      CHECK(is_world_of(q.batch().at(i / 33), worlds.data() + 3 * i));
    // World j is the same whatever the number of samples.
    const auto fewer = on_cpu(q, 5, sampler, 2);
    for (int64_t i = 0; i < q.n(); ++i)
      CHECK(std::equal(fewer.begin() + 15 * i, fewer.begin() + 15 * (i + 1),
                       worlds.begin() + 99 * i));
  }
  std::vector<int64_t> a(static_cast<size_t>(q.n())), b(a.size());
  cpu::count_worlds(q.batch(), a.data(), {2, nullptr});
  HostLaunch{}(q.n(), CountWorlds{q.batch(), b.data()});
  CHECK(a == b);
}

void one_row_is_cut_between_threads() {
  Questions q;
  q.add({{0x1FFFFF, 0x1FFFF0, 0x0FFFFF}, {7, 7, 7}}, -5);
  for (const auto sampler : {Sampler::UNIFORM, Sampler::MRV})
    CHECK(on_cpu(q, 10'001, sampler, 4) == on_device(q, 10'001, sampler, 1));
}

void no_world_is_marked() {
  Questions q;
  q.add({{3, 3, 3}, {1, 1, 1}}, 1);                 // two dominoes for three places
  q.add({{3, 3, 12}, {1, 0, 3}}, 1);                // two dominoes for one place
  q.add({{int32_t{1} << 28, 2, 4}, {1, 1, 1}}, 1);  // no domino
  q.add({{0xFF, 0xFF, 0xFF}, {8, 0, 0}}, 1);        // no hand
  q.add({{0xFF, 0xFF, 0xFF}, {-1, 7, 2}}, 1);
  q.add({{0x0FFFFFFF, 0x0FFFFFFF, 0x0FFFFFFF}, {7, 7, 7}}, 1);  // 28 dominoes for 21 places
  q.add({{1, 2, 0}, {1, 1, 0}}, 1);                             // fine
  for (const auto sampler : {Sampler::UNIFORM, Sampler::MRV}) {
    const auto worlds = on_device(q, 2, sampler, 3);
    CHECK(worlds == on_cpu(q, 2, sampler, 1));
    for (size_t i = 0; i < 36; ++i) CHECK(worlds[i] == -1);
    CHECK(worlds[36] == 1 && worlds[37] == 2 && worlds[38] == 0);
  }
  int64_t counts[7];
  cpu::count_worlds(q.batch(), counts, {1, nullptr});
  for (int i = 0; i < 7; ++i) CHECK(counts[i] == (i == 6));

  int32_t worlds[9];
  cpu::enumerate_worlds({q.allowed.data() + 18, q.sizes.data() + 18, 1}, -1, 3, worlds,
                        {1, nullptr});
  CHECK(worlds[0] == -1 && worlds[3] == 1 && worlds[6] == -1);
}

}  // namespace

int main() {
  counts_and_order_are_those_of_enumeration();
  empty_board();
  devices_sample_as_the_cpu_does();
  one_row_is_cut_between_threads();
  no_world_is_marked();
}
