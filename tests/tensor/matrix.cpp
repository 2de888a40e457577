#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
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

TEST_CASE("a matrix that was moved from is 0 x 0, by construction and by assignment") {
  auto a = numbered(3, 3);
  const auto b = std::move(a);
  CHECK(a.rows() == 0);
  CHECK(a.cols() == 0);
  CHECK(a.empty());
  CHECK(a.view().empty());
  CHECK(aisle::matrix<float>(a.view()) == aisle::matrix<float>());
  auto c = numbered(2, 5), d = numbered(1, 1);
  d = std::move(c);
  CHECK(d == numbered(2, 5));
  CHECK(c.rows() == 0);
  c = d;
  CHECK(c == d);
  CHECK(b == numbered(3, 3));
}

TEST_CASE("sizes that are negative or overflow are refused, in elements and in bytes") {
  constexpr std::int64_t big = std::int64_t{1} << 32;
  CHECK_THROWS_WITH_AS(aisle::matrix<float>(-1, 2), "a matrix of -1 x 2, expected no negative size",
                       aisle::shape_error);
  CHECK_THROWS_AS(aisle::matrix<float>(2, -1), aisle::shape_error);
  CHECK_THROWS_AS(aisle::matrix<float>(-2, -2), aisle::shape_error);
  CHECK_THROWS_WITH_AS(aisle::matrix<float>(big, big),
                       "a matrix of 4294967296 x 4294967296 elements, which is more than any memory holds",
                       aisle::shape_error);
  CHECK_THROWS_AS(aisle::matrix<float>(big, big / 2), aisle::shape_error);   // 2^63 elements
  CHECK_THROWS_AS(aisle::matrix<double>(big, big / 8), aisle::shape_error);  // 2^63 bytes
  float one = 0;
  CHECK_THROWS_AS(aisle::matrix_view<float>(&one, -1, 1), aisle::shape_error);
  CHECK_THROWS_AS(aisle::matrix_view<float>(&one, 1, -1), aisle::shape_error);
  const auto m = numbered(2, 2);
  CHECK_THROWS_WITH_AS(m.view().rows(5, 9), "9 rows from row 5 of a matrix of 2 rows", aisle::shape_error);
  CHECK_THROWS_AS(m.view().rows(-1, 1), aisle::shape_error);
  CHECK_THROWS_AS(m.view().rows(1, 2), aisle::shape_error);
  CHECK_THROWS_AS(m.view().rows(1, std::numeric_limits<std::int64_t>::max()), aisle::shape_error);
  CHECK(m.view().rows(2, 0).empty());
}

// What points into a matrix is not to be had of a temporary.
template <class M>
concept row_of = requires(M&& m) {
  static_cast<M&&>(m).row(0);
};
template <class M>
concept view_of = requires(M&& m) {
  static_cast<M&&>(m).view();
};
template <class M>
concept data_of = requires(M&& m) {
  static_cast<M&&>(m).data();
};
using floats = aisle::matrix<float>;
static_assert(row_of<floats&> && view_of<floats&> && data_of<floats&>);
static_assert(row_of<const floats&> && view_of<const floats&> && data_of<const floats&>);
static_assert(!row_of<floats> && !view_of<floats> && !data_of<floats>);
static_assert(!row_of<const floats> && !view_of<const floats> && !data_of<const floats>);
static_assert(row_of<aisle::matrix_view<float>>);  // its elements live elsewhere
static_assert(!std::is_reference_v<decltype(std::declval<floats>()(0, 0))>);
static_assert(std::is_convertible_v<floats, aisle::matrix_view<const float>>);  // as an argument

TEST_CASE("indices of any integer type; rows and labels in a range-for") {
  auto m = numbered(3, 2);
  const std::size_t r = 2;
  const std::uint8_t c = 1;
  m(r, c) = 5.f;
  CHECK(m.view()(r, c) == 5.f);
  CHECK(m.row(r)[c] == 5.f);
  CHECK(numbered(3, 2)(r, c) == 21.f);
  for (const auto row : m) row[0] = 7.f;
  float sum = 0;
  for (const auto row : std::as_const(m)) sum += row[0];
  for (const auto row : m.view().rows(1, 2)) sum += row[0];
  CHECK(sum == 5 * 7);
  for (const auto row : aisle::matrix<float>()) FAIL(row.size());
}

TEST_CASE("a matrix of vectors, which must be of one length") {
  const std::vector<std::vector<float>> rows = {{1, 2}, {3, 4}, {5, 6}}, ragged = {{1, 2}, {3}};
  const aisle::matrix<float> m{rows};
  CHECK(m.rows() == 3);
  CHECK(m(2, 1) == 6.f);
  CHECK(aisle::matrix<float>{std::vector<std::vector<float>>{}}.rows() == 0);
  CHECK_THROWS_WITH_AS(aisle::matrix<float>{ragged}, "row 1 has 1 numbers, expected 2 as row 0",
                       aisle::shape_error);
}

TEST_CASE("functions of matrices find the element type themselves, const or not, owned or seen") {
  auto a = numbered(2, 2);
  const auto b = numbered(2, 3);
  CHECK(aisle::concatenate_columns(a, b).cols() == 5);
  CHECK(aisle::concatenate_columns(a.view(), b) == aisle::concatenate_columns<float>(a, b));
  CHECK(aisle::concatenate_columns(numbered(2, 1), b.view()).cols() == 4);
  const std::vector<float> v = {1, 11};
  std::array<float, 2> w = {1, 11};
  float plain[] = {10, 11};
  CHECK(aisle::cosine_similarity(a.row(1), std::as_const(a).row(1)) == doctest::Approx(1));
  CHECK(aisle::cosine_similarity(v, w) == doctest::Approx(1));
  CHECK(aisle::cosine_similarity(a.row(1), plain) == doctest::Approx(1));
  CHECK(aisle::cosine_similarity<float>(a.row(0), v) > 0);
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
