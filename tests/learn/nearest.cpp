#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/random.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/learn/nearest.hpp>

namespace {

using aisle::metric;

template <class T>
aisle::matrix<T> noise(std::int64_t rows, std::int64_t cols, std::uint64_t seed, double shift = 0) {
  aisle::random_generator random(seed);
  aisle::matrix<T> out(rows, cols);
  for (auto row : out)
    for (T& v : row) v = static_cast<T>(random.uniform(-1, 1) + shift);
  return out;
}

/// Every pair measured and sorted.
template <class T>
aisle::neighbours<T> by_hand(const aisle::matrix<T>& q, const aisle::matrix<T>& m, std::int64_t k,
                             metric how) {
  k = std::min(k, m.rows());
  aisle::neighbours<T> out{aisle::matrix<std::int64_t>(q.rows(), k), aisle::matrix<T>(q.rows(), k)};
  for (std::int64_t i = 0; i < q.rows(); ++i) {
    std::vector<std::pair<double, std::int64_t>> all;
    for (std::int64_t r = 0; r < m.rows(); ++r) {
      double dot = 0, square = 0;
      for (std::int64_t c = 0; c < q.cols(); ++c) {
        const auto a = static_cast<double>(q(i, c)), b = static_cast<double>(m(r, c));
        dot += a * b;
        square += (a - b) * (a - b);
      }
      const double score = how == metric::dot      ? dot
                           : how == metric::cosine ? aisle::cosine_similarity(q.row(i), m.row(r))
                                                   : -std::sqrt(square);
      all.emplace_back(-score, r);
    }
    std::sort(all.begin(), all.end());
    for (std::int64_t j = 0; j < k; ++j) {
      const auto [score, row] = all[static_cast<std::size_t>(j)];
      out.indices(i, j) = row;
      out.scores(i, j) = static_cast<T>(how == metric::l2 ? score : -score);
    }
  }
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("nearest rows are those that measuring every pair finds", T, float, double) {
  struct size {
    std::int64_t queries, rows, width, k;
  };
  const std::vector<size> sizes = {
      {1, 1, 1, 1}, {1, 5, 3, 10}, {3, 700, 17, 5}, {300, 40, 33, 40}, {130, 513, 64, 10}};
  for (const metric how : {metric::cosine, metric::dot, metric::l2})
    for (const size& s : sizes) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(s.queries);
      const auto q = noise<T>(s.queries, s.width, 1), m = noise<T>(s.rows, s.width, 2);
      const auto expected = by_hand(q, m, s.k, how);
      const auto found = aisle::nearest(q, m, {.k = s.k, .metric = how, .threads = 3});
      CHECK(found.indices == expected.indices);
      REQUIRE(found.scores.cols() == expected.scores.cols());
      for (std::int64_t i = 0; i < s.queries; ++i)
        for (std::int64_t j = 0; j < found.scores.cols(); ++j)
          REQUIRE(found.scores(i, j) == doctest::Approx(expected.scores(i, j)).epsilon(1e-5));
    }
}

TEST_CASE("the result does not depend on threads, nor on what else is asked") {
  const auto q = noise<float>(150, 24, 3), m = noise<float>(3000, 24, 4);
  for (const metric how : {metric::cosine, metric::l2}) {
    const auto one = aisle::nearest(q, m, {.k = 7, .metric = how, .threads = 1});
    for (const int threads : {2, 3, 16}) {
      const auto several = aisle::nearest(q, m, {.k = 7, .metric = how, .threads = threads});
      CHECK(several.indices == one.indices);
      CHECK(several.scores == one.scores);
    }
    for (const std::int64_t i : {0, 77, 149}) {
      const auto alone = aisle::nearest(q.row(i), m, {.k = 7, .metric = how});
      CHECK(alone.indices.rows() == 1);
      CHECK(aisle::ranges::equal(alone.indices.row(0), one.indices.row(i)));
      CHECK(aisle::ranges::equal(alone.scores.row(0), one.scores.row(i)));
    }
  }
}

TEST_CASE("rows that are equally near come in their order") {
  aisle::matrix<float> m(900, 5);
  for (std::int64_t r = 0; r < m.rows(); ++r)
    for (std::int64_t c = 0; c < 5; ++c) m(r, c) = static_cast<float>((r % 3) * (c + 1)) + 0.1f;
  const aisle::matrix<float> q(m.view().rows(1, 1));
  for (const metric how : {metric::cosine, metric::l2})
    for (const int threads : {1, 4}) {
      const auto found = aisle::nearest(q, m, {.k = 100, .metric = how, .threads = threads});
      for (std::int64_t j = 0; j < 100; ++j) REQUIRE(found.indices(0, j) == 3 * j + 1);
      CHECK(found.scores(0, 0) == doctest::Approx(how == metric::l2 ? 0 : 1).epsilon(1e-6));
    }
}

TEST_CASE("near vectors far from the origin, large and small numbers") {
  // Distances of 1e-2 between vectors of 1e4: nothing is left of |q|^2 + |r|^2 - 2 q r in float.
  const auto small = noise<float>(400, 16, 5), shifted = noise<float>(400, 16, 5, 1000);
  const auto far = aisle::nearest(shifted, shifted, {.k = 3, .metric = metric::l2});
  const auto expected = by_hand(shifted, shifted, 3, metric::l2);
  CHECK(far.indices == expected.indices);
  for (std::int64_t i = 0; i < 400; ++i) REQUIRE(far.scores(i, 0) == 0);
  // Products of these overflow in float.
  auto large = small;
  for (auto row : large)
    for (float& v : row) v *= 1e30f;
  CHECK(aisle::nearest(large, large, {.k = 2}).indices == by_hand(large, large, 2, metric::cosine).indices);
  for (auto row : large)
    for (float& v : row) v *= 1e-36f;
  CHECK(aisle::nearest(large, large, {.k = 2}).indices == by_hand(large, large, 2, metric::cosine).indices);
}

TEST_CASE("fewer rows than asked for, none, rows of zeros and views with rows apart") {
  const auto q = noise<float>(4, 3, 6), m = noise<float>(2, 3, 7);
  CHECK(aisle::nearest(q, m, {.k = 10}).indices.cols() == 2);
  const auto none = aisle::nearest(q, aisle::matrix<float>(0, 3));
  CHECK(none.indices.rows() == 4);
  CHECK(none.indices.cols() == 0);
  CHECK(aisle::nearest(aisle::matrix<float>(0, 3), m).scores.rows() == 0);
  CHECK(aisle::nearest(aisle::matrix<float>(2, 0), aisle::matrix<float>(3, 0)).indices(1, 2) == 2);

  const aisle::matrix<float> zeros(3, 3);
  const auto found = aisle::nearest(q, zeros);
  CHECK(aisle::ranges::equal(found.indices.row(0), std::vector<std::int64_t>{0, 1, 2}));
  CHECK(aisle::ranges::equal(found.scores.row(0), std::vector<float>{0, 0, 0}));
  CHECK(aisle::nearest(zeros, m).scores(2, 1) == 0);

  const auto wide = noise<float>(300, 8, 8);
  const aisle::matrix_view<const float> left(wide.data(), 300, 3, 8);
  const aisle::matrix<float> copy(left);
  CHECK(aisle::nearest(q, left).indices == aisle::nearest(q, copy).indices);
}

TEST_CASE("what a search refuses") {
  const auto q = noise<float>(2, 3, 6), m = noise<float>(600, 3, 7);
  const auto search = [&](const auto& a, const auto& b, aisle::nearest_options options = {}) {
    return [=] { return aisle::nearest(a, b, options); };
  };
  CHECK_THROWS_WITH_AS(search(q, noise<float>(2, 4, 1))(),
                       "nearest: queries of 3 numbers and rows of 4, expected as many", aisle::shape_error);
  CHECK_THROWS_WITH_AS(search(q, m, {.k = 0})(), "nearest: k is 0, expected at least 1", aisle::option_error);
  CHECK_THROWS_WITH_AS(search(q, m, {.threads = -4})(), doctest::Contains("threads is -4"),
                       aisle::option_error);
  auto bad = m;
  bad(577, 2) = std::numeric_limits<float>::quiet_NaN();
  for (const auto& few_or_many : {q, noise<float>(300, 3, 6)})
    CHECK_THROWS_WITH_AS(search(few_or_many, bad)(), "rows: row 577, column 2: NaN, expected a number",
                         aisle::row_error);
  bad = q;
  bad(1, 0) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(search(bad, m)(), "queries: row 1, column 0: infinite, expected a finite number",
                       aisle::row_error);
  CHECK_THROWS_AS(search(noise<double>(1, 3, 1), aisle::matrix<double>(1, 3, 1e200))(), aisle::row_error);
}
