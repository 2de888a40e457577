#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <aisle/tensor/matrix.hpp>

namespace {

/// Element (r, c) is 10 r + c.
aisle::matrix<float> numbered(std::int64_t rows, std::int64_t cols) {
  aisle::matrix<float> m(rows, cols);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c) m(r, c) = static_cast<float>(10 * r + c);
  return m;
}

}  // namespace

TEST_CASE("a matrix is zero-filled, row-major and starts on a cache line") {
  for (const std::int64_t n : {1, 3, 17, 1000}) {
    aisle::matrix<float> m(n, n);
    CHECK(reinterpret_cast<std::uintptr_t>(m.data()) % aisle::alignment == 0);
    for (std::int64_t i = 0; i < n * n; ++i) REQUIRE(m.data()[i] == 0.f);
  }
  const auto m = numbered(2, 3);
  CHECK(std::vector<float>(m.data(), m.data() + 6) == std::vector<float>{0, 1, 2, 10, 11, 12});
  CHECK(m.row(1).size() == 3);
  CHECK(m.row(1)[2] == 12.f);
  CHECK(aisle::matrix<double>(2, 2, 7.0)(1, 1) == 7.0);
  CHECK(aisle::matrix<float>().empty());
  CHECK(aisle::matrix<float>(0, 5).cols() == 5);
}

TEST_CASE("rows by number: in that order, repeated, and only those that exist") {
  const auto m = numbered(4, 2);
  const aisle::index_vector which = {3, 0, 3};
  const auto picked = m.rows(which);
  CHECK(picked.rows() == 3);
  CHECK(picked(0, 1) == 31.f);
  CHECK(picked(1, 0) == 0.f);
  CHECK(picked(2, 0) == 30.f);
  CHECK(m.rows(aisle::index_vector{}).rows() == 0);
  CHECK(m.rows(aisle::index_vector{}).cols() == 2);
  CHECK_THROWS_AS(m.rows(aisle::index_vector{4}), aisle::shape_error);
  CHECK_THROWS_AS(m.rows(aisle::index_vector{-1}), aisle::shape_error);
}

TEST_CASE("a view sees the same elements, with rows apart") {
  auto m = numbered(4, 5);
  const aisle::matrix_view<float> left(m.data(), 4, 2, 5);
  CHECK(left(3, 1) == 31.f);
  left(3, 1) = -1.f;
  CHECK(m(3, 1) == -1.f);
  const aisle::matrix_view<const float> middle = left.rows(1, 2);
  CHECK(middle.rows() == 2);
  CHECK(middle.stride() == 5);
  CHECK(middle(0, 0) == 10.f);
  const aisle::matrix<float> copy(middle);
  CHECK(copy.cols() == 2);
  CHECK(copy(1, 1) == 21.f);
}

TEST_CASE("side by side") {
  const auto a = numbered(3, 2), b = numbered(3, 4);
  const auto joined = aisle::concatenate_columns<float>(a, b);
  CHECK(joined.cols() == 6);
  CHECK(joined(2, 1) == 21.f);
  CHECK(joined(2, 2) == 20.f);
  CHECK(joined(2, 5) == 23.f);
  CHECK_THROWS_AS(aisle::concatenate_columns<float>(a, numbered(2, 4)), aisle::shape_error);
}

TEST_CASE("equality needs the same shape; copies are their own, moves take over") {
  auto a = numbered(2, 3);
  CHECK(a == numbered(2, 3));
  CHECK_FALSE(a == aisle::matrix<float>(3, 2));
  auto b = a;
  b(0, 0) = 9.f;
  CHECK_FALSE(a == b);
  const float* elements = b.data();
  const auto c = std::move(b);
  CHECK(c.data() == elements);
}

TEST_CASE("cosine similarity: direction alone counts") {
  const std::vector<float> x = {3, 0, 4}, twice = {6, 0, 8}, across = {0, 5, 0}, against = {-3, 0, -4},
                           zero(3);
  const auto cosine = [](const std::vector<float>& a, const std::vector<float>& b) {
    return aisle::cosine_similarity<float>(a, b);
  };
  CHECK(cosine(x, twice) == 1);
  CHECK(cosine(x, across) == 0);
  CHECK(cosine(x, against) == -1);
  CHECK(cosine(x, {4, 0, 3}) == doctest::Approx(0.96));
  CHECK(cosine(x, zero) == 0);
  CHECK_THROWS_AS(cosine(x, {1, 2}), aisle::shape_error);
}
