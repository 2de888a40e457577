#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <aisle/catalogue/fusion.hpp>

namespace {

aisle::matrix<float> rows(std::initializer_list<std::initializer_list<float>> values) {
  aisle::matrix<float> out(static_cast<std::int64_t>(values.size()),
                           static_cast<std::int64_t>(values.begin()->size()));
  std::int64_t r = 0;
  for (const auto& row : values) std::copy(row.begin(), row.end(), out.row(r++).begin());
  return out;
}

}  // namespace

TEST_CASE("concat leaves vectors as they are") {
  const auto a = rows({{1, 2}, {3, 4}}), b = rows({{5}, {6}});
  const auto f = aisle::modality_fusion::fit({a, b}, {.kind = aisle::fusion_kind::concat});
  CHECK(f.transform({a, b}) == rows({{1, 2, 5}, {3, 4, 6}}));
  CHECK(f.dimension() == 3);
}

TEST_CASE("balanced: each modality less its training mean, at norm 20") {
  const auto train = rows({{1, 1}, {3, 5}}), other = rows({{100}, {300}});
  const auto f = aisle::balanced_fusion::fit({train, other});
  CHECK(f.means()[0] == std::vector<float>{2, 3});
  CHECK(f.means()[1] == std::vector<float>{200});
  // 3-4-5 from the mean (2, 3); the mean itself; new rows do not move the mean.
  const auto x = f.transform({rows({{5, 7}, {2, 3}}), rows({{201}, {-1000}})});
  CHECK(x(0, 0) == doctest::Approx(12));
  CHECK(x(0, 1) == doctest::Approx(16));
  CHECK(x(0, 2) == doctest::Approx(20));
  CHECK(x(1, 0) == 0);
  CHECK(x(1, 1) == 0);
  CHECK(x(1, 2) == doctest::Approx(-20));
  const auto one = aisle::balanced_fusion::fit({train}, {.norm = 1}).transform({rows({{5, 7}})});
  CHECK(one(0, 1) == doctest::Approx(0.8));
}

TEST_CASE("what does not fit is refused") {
  const auto a = rows({{1, 2}, {3, 4}}), b = rows({{5}});
  using aisle::balanced_fusion;
  CHECK_THROWS_AS(balanced_fusion::fit({a, b}), aisle::shape_error);
  CHECK_THROWS_AS(balanced_fusion::fit(std::span<const balanced_fusion::view>{}), aisle::shape_error);
  CHECK_THROWS_AS(balanced_fusion::fit({aisle::matrix<float>(0, 2)}), aisle::shape_error);
  const auto f = balanced_fusion::fit({a, a});
  CHECK_THROWS_AS(f.transform({a}), aisle::shape_error);
  CHECK_THROWS_AS(f.transform({b, b}), aisle::shape_error);
  CHECK_THROWS_AS(balanced_fusion::fit({a}, {.norm = 0}), aisle::option_error);
  CHECK_THROWS_AS(balanced_fusion().transform({a}), aisle::not_fitted_error);
  auto bad = a;
  bad(0, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(balanced_fusion::fit({a, bad}),
                       "fusion: modality 1: row 0, column 0: NaN, expected a number", aisle::row_error);
  CHECK_THROWS_AS(balanced_fusion::fit({a}).transform({bad}), aisle::row_error);
  CHECK_THROWS_AS(aisle::parse_fusion_kind("mean"), aisle::option_error);
}
