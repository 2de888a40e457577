// Compiled with -ffast-math, headers only: what is promised about NaN and infinities holds all the same.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include <aisle/learn/decision_tree.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/scaler.hpp>
#include <aisle/tensor/finite.hpp>

namespace {

#ifndef __FAST_MATH__
#error "this test is compiled with -ffast-math"
#endif

// Not constants: the compiler must not know them.
volatile double not_a_number = std::numeric_limits<double>::quiet_NaN();
volatile double infinity = std::numeric_limits<double>::infinity();

template <class T>
aisle::matrix<T> rows_with(const T& value) {
  aisle::matrix<T> x(20, 2);
  for (std::int64_t r = 0; r < 20; ++r) x(r, 0) = static_cast<T>(r), x(r, 1) = static_cast<T>(r % 2);
  x(3, 1) = value;
  return x;
}
aisle::label_vector labels() {
  std::vector<int> y;
  for (int r = 0; r < 20; ++r) y.push_back(r % 2);
  return y;
}

}  // namespace

TEST_CASE_TEMPLATE("fit and predict refuse NaN", T, float, double) {
  const auto bad = rows_with(static_cast<T>(not_a_number)), good = rows_with(T{1});
  aisle::decision_tree<T> tree;
  CHECK_THROWS_AS(tree.fit(bad, labels()), aisle::row_error);
  tree.fit(good, labels());
  CHECK_THROWS_AS(tree.predict(bad), aisle::row_error);
  tree.fit(rows_with(static_cast<T>(infinity)), labels());  // trees need an order alone
  CHECK_THROWS_AS(aisle::standard_scaler<T>::fit(bad), aisle::row_error);
  CHECK_THROWS_AS(aisle::standard_scaler<T>::fit(rows_with(static_cast<T>(infinity))), aisle::row_error);
}

TEST_CASE("weights are finite numbers") {
  const auto x = rows_with(1.f);
  for (const double wrong : {static_cast<double>(not_a_number), static_cast<double>(infinity)}) {
    std::vector<double> weights(20, 1.0);
    weights[7] = wrong;
    aisle::decision_tree<float> tree;
    CHECK_THROWS_AS(tree.fit(x, labels(), weights), aisle::option_error);
    CHECK_THROWS_AS(aisle::accuracy(labels(), labels(), weights), aisle::option_error);
    CHECK_THROWS_AS(aisle::class_weights::in_order({1, wrong}).resolve(labels()), aisle::option_error);
  }
}
