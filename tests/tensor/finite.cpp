#include <doctest/doctest.h>

#include <limits>
#include <span>
#include <vector>

#include <aisle/tensor/finite.hpp>

TEST_CASE_TEMPLATE("NaN and infinities are told by their bits", T, float, double) {
  using limits = std::numeric_limits<T>;
  for (const T v : {T{0}, -T{0}, T{1}, limits::max(), limits::lowest(), limits::denorm_min()}) {
    CHECK(aisle::is_finite(v));
    CHECK_FALSE(aisle::is_nan(v));
    CHECK_FALSE(aisle::is_infinite(v));
  }
  for (const T v : {limits::infinity(), -limits::infinity()}) {
    CHECK_FALSE(aisle::is_finite(v));
    CHECK_FALSE(aisle::is_nan(v));
    CHECK(aisle::is_infinite(v));
  }
  for (const T v : {limits::quiet_NaN(), -limits::quiet_NaN(), limits::signaling_NaN()}) {
    CHECK_FALSE(aisle::is_finite(v));
    CHECK(aisle::is_nan(v));
    CHECK_FALSE(aisle::is_infinite(v));
  }
  std::vector<T> values(37, T{1});
  CHECK(aisle::all_finite(std::span<const T>(values)));
  values[36] = limits::infinity();
  CHECK_FALSE(aisle::all_finite(std::span<const T>(values)));
  CHECK(aisle::no_nan(std::span<const T>(values)));
  values[3] = limits::quiet_NaN();
  CHECK_FALSE(aisle::no_nan(std::span<const T>(values)));
}
