#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include <aisle/base/random.hpp>

TEST_CASE("splitmix64: the published sequences") {
  std::uint64_t state = 0;
  CHECK(aisle::splitmix64(state) == 0xE220A8397B1DCDAFull);
  CHECK(aisle::splitmix64(state) == 0x6E789E6AA1B965F4ull);
  CHECK(aisle::splitmix64(state) == 0x06C45D188009454Full);
  state = 1234567;
  for (const std::uint64_t expected : {6457827717110365317ull, 3203168211198807973ull, 9817491932198370423ull,
                                       4593380528125082431ull, 16408922859458223821ull})
    CHECK(aisle::splitmix64(state) == expected);
}

TEST_CASE("xoshiro256** seeded by splitmix64 gives these numbers everywhere") {
  // Computed by a second implementation of the algorithm (prng.di.unimi.it) in unbounded integers.
  aisle::random_generator random(0);
  for (const std::uint64_t expected : {0x99EC5F36CB75F2B4ull, 0xBF6E1F784956452Aull, 0x1A5F849D4933E6E0ull,
                                       0x6AA594F1262D2D2Cull, 0xBBA5AD4A1F842E59ull})
    CHECK(random() == expected);
  static_assert(aisle::random_generator(0)() == 0x99EC5F36CB75F2B4ull);
}

TEST_CASE("below(n) stays below n, reaches every value and prefers none") {
  aisle::random_generator random(7);
  for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{10},
                                (std::uint64_t{1} << 63) + 1, ~std::uint64_t{0}})
    for (int i = 0; i < 1000; ++i) CHECK(random.below(n) < n);

  constexpr int draws = 120000;
  std::array<int, 6> count{};
  for (int i = 0; i < draws; ++i) ++count[static_cast<std::size_t>(random.below(6))];
  // Chi-squared with 5 degrees of freedom: above 20.5 once in a thousand seeds, and the seed is fixed.
  double chi2 = 0;
  for (const int c : count) chi2 += (c - draws / 6.0) * (c - draws / 6.0) / (draws / 6.0);
  CHECK(chi2 < 20.5);

  // 2^64 draws onto 3 * 2^62 values: without the rejection step every third value comes twice as often.
  std::array<int, 3> residue{};
  for (int i = 0; i < 30000; ++i)
    ++residue[static_cast<std::size_t>(random.below(std::uint64_t{3} << 62) % 3)];
  for (const int c : residue) CHECK(c == doctest::Approx(10000).epsilon(0.05));
}

TEST_CASE("uniform() fills [0, 1) evenly") {
  aisle::random_generator random(11);
  std::array<int, 20> count{};
  constexpr int draws = 200000;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform();
    REQUIRE(u >= 0.0);
    REQUIRE(u < 1.0);
    ++count[static_cast<std::size_t>(u * 20)];
  }
  double chi2 = 0;
  for (const int c : count) chi2 += (c - draws / 20.0) * (c - draws / 20.0) / (draws / 20.0);
  CHECK(chi2 < 43.8);  // 19 degrees of freedom, p = 0.001
  for (int i = 0; i < 100; ++i) {
    const double u = random.uniform(-3.0, 2.0);
    CHECK(u >= -3.0);
    CHECK(u < 2.0);
  }
}

TEST_CASE("normal() has the moments of a standard normal") {
  aisle::random_generator random(13);
  constexpr int n = 200000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    REQUIRE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  CHECK(std::abs(sum / n) < 0.01);
  CHECK(squares / n == doctest::Approx(1.0).epsilon(0.015));
  CHECK(fourth / n == doctest::Approx(3.0).epsilon(0.05));
}

TEST_CASE("shuffle is a permutation, and each is as likely as the others") {
  aisle::random_generator random(17);
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  auto shuffled = items;
  random.shuffle(shuffled);
  CHECK(shuffled != items);
  std::sort(shuffled.begin(), shuffled.end());
  CHECK(shuffled == items);

  std::array<int, 6> count{};
  constexpr int draws = 60000;
  for (int i = 0; i < draws; ++i) {
    std::array<int, 3> three = {0, 1, 2};
    random.shuffle(three);
    ++count[static_cast<std::size_t>(three[0] * 2 + (three[1] > three[2] ? 1 : 0))];
  }
  double chi2 = 0;
  for (const int c : count) chi2 += (c - draws / 6.0) * (c - draws / 6.0) / (draws / 6.0);
  CHECK(chi2 < 20.5);
}

TEST_CASE("streams of one seed, and of neighbouring seeds, differ") {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    for (std::uint64_t index = 0; index < 100; ++index) seeds.insert(aisle::stream_seed(seed, index));
  CHECK(seeds.size() == 10000);
}
