// Products like a query, by vectors whose cosines are known.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <aisle/catalogue/similar.hpp>

#include "made_up.hpp"

namespace {

/// Vectors in a plane, at 0, 60, 90 and 180 degrees, of data rows 1, 3, 4 and 6; the lengths differ.
aisle::embedding_table compass() {
  aisle::embedding_table t;
  t.rows = {1, 3, 4, 6};
  t.vectors = aisle::matrix<float>(4, 2);
  const float root3 = std::sqrt(3.0f);
  const float x[] = {2, 0.5f, 0, -4}, y[] = {0, root3 / 2, 3, 0};
  for (std::int64_t r = 0; r < 4; ++r) t.vectors(r, 0) = x[r], t.vectors(r, 1) = y[r];
  return t;
}

}  // namespace

TEST_CASE("similar products come with their data rows and cosines, the nearest first") {
  const aisle::embedding_table t = compass();
  const std::vector<float> east = {5, 0};
  const auto found = aisle::similar_products(t, east, {.k = 3});
  REQUIRE(found.size() == 3);
  CHECK(found[0].row == 1);  // cos 0, cos 60, cos 90
  CHECK(found[0].cosine == doctest::Approx(1));
  CHECK(found[1].row == 3);
  CHECK(found[1].cosine == doctest::Approx(0.5));
  CHECK(found[2].row == 4);
  CHECK(std::abs(found[2].cosine) < 1e-6);
  CHECK(aisle::similar_products(t, east, {.k = 100}).size() == 4);
  CHECK_THROWS_AS(aisle::similar_products(t, std::vector<float>{1, 2, 3}), aisle::shape_error);
}

TEST_CASE("a product is not similar to itself, however many are equal to it") {
  const aisle::embedding_table t = compass();
  const auto found = aisle::similar_products(t, 4, {.k = 2});
  REQUIRE(found.size() == 2);
  CHECK(found[0].row == 3);  // 30 degrees apart
  CHECK(found[0].cosine == doctest::Approx(std::sqrt(3.0) / 2));
  CHECK(found[1].row == 1);
  CHECK(aisle::similar_products(t, 4, {.k = std::numeric_limits<std::int64_t>::max()}).size() == 3);
  CHECK_THROWS_AS(aisle::similar_products(t, 2, {.k = 2}), aisle::option_error);
  CHECK_THROWS_AS(aisle::similar_products(t, 4, {.k = 0}), aisle::option_error);
  aisle::embedding_table same;
  same.rows = {0, 1, 2, 3, 4};
  same.vectors = aisle::matrix<float>(5, 3);
  for (auto row : same.vectors)
    for (float& v : row) v = 0.1f;
  const auto others = aisle::similar_products(same, 4, {.k = 2});  // rows 0, 1 and 2 come before it
  REQUIRE(others.size() == 2);
  CHECK(others[0].row == 0);
  CHECK(others[1].row == 1);
}

TEST_CASE("an id that is no product's is told with those near it") {
  const made_up_catalogue::made_up made(12);
  CHECK(aisle::find_product(made.products, "id7").row == 7);
  try {
    aisle::find_product(made.products, "id 7");
    FAIL("found");
  } catch (const aisle::option_error& e) {
    CHECK(std::string(e.what()).find("did you mean 'id7'") != std::string::npos);
    CHECK(std::string(e.what()).find("made-up.csv") != std::string::npos);
  }
}
