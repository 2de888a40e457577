#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/scaler.hpp>

#include "blobs.hpp"

namespace {

/// The objective by its definition.
double objective(const aisle::logistic_regression<double>& m, const blobs::data<double>& d, double c) {
  double loss = 0, squares = 0;
  const auto p = m.predict_proba(d.x);
  for (std::int64_t r = 0; r < d.x.rows(); ++r)
    loss -= std::log(p(r, d.labels.codes()[static_cast<std::size_t>(r)]));
  for (std::int64_t i = 0; i < m.coefficients().rows() * m.coefficients().cols(); ++i)
    squares += m.coefficients().data()[i] * m.coefficients().data()[i];
  return loss + squares / (2 * c);
}

}  // namespace

TEST_CASE("logistic regression reports the objective it minimised, and its gradient is 0 there") {
  for (const auto& counts : {std::vector<int>{40, 30}, std::vector<int>{40, 30, 20}}) {
    const auto d = blobs::make<double>(counts, 5, 4.0);
    const double c = 0.7;
    aisle::logistic_regression<double> m{{.c = c, .tolerance = 1e-9}};
    m.fit(d.x, d.labels);
    CHECK(m.converged());
    CHECK(m.coefficients().rows() == (counts.size() == 2 ? 1 : 3));
    CHECK(m.objective() == doctest::Approx(objective(m, d, c)).epsilon(1e-10));
    // Of two classes only: derivative by coefficient j is sum (p - y) x_j + w_j / c.
    if (counts.size() != 2) continue;
    const auto p = m.predict_proba(d.x);
    for (std::int64_t j = 0; j < 5; ++j) {
      double g = m.coefficients()(0, j) / c;
      for (std::int64_t r = 0; r < d.x.rows(); ++r)
        g += (p(r, 1) - d.labels.codes()[static_cast<std::size_t>(r)]) * d.x(r, j);
      CHECK(std::abs(g) < 1e-5);
    }
  }
}

TEST_CASE("many steps of little gain are steps all the same") {
  const std::vector<int> counts = {1000, 1000, 250, 7};
  const auto wide = blobs::make<double>(counts, 6, 12.0, 4);
  const auto narrow = blobs::make<float>(counts, 6, 12.0, 4);
  aisle::logistic_regression<double> a{{.tolerance = 1e-7}};
  aisle::logistic_regression<float> b;
  a.fit(wide.x, wide.labels);
  b.fit(narrow.x, narrow.labels);
  CHECK(b.objective() == doctest::Approx(a.objective()).epsilon(1e-6));
}

TEST_CASE("float finds the optimum of double") {
  const auto wide = blobs::make<double>({50, 40, 30, 20}, 12, 5.0);
  const auto narrow = blobs::make<float>({50, 40, 30, 20}, 12, 5.0);
  aisle::logistic_regression<double> a;
  aisle::logistic_regression<float> b;
  a.fit(wide.x, wide.labels);
  b.fit(narrow.x, narrow.labels);
  CHECK(b.objective() == doctest::Approx(a.objective()).epsilon(1e-5));
  // Asked for more than float can give it stops at what it can.
  aisle::logistic_regression<float> greedy{{.tolerance = 1e-14}};
  greedy.fit(narrow.x, narrow.labels);
  CHECK(greedy.objective() == doctest::Approx(a.objective()).epsilon(1e-5));
  CHECK(greedy.iterations() < 1000);
}

TEST_CASE("the penalty, the limit of iterations and nonsense options") {
  const auto d = blobs::make<double>({40, 40}, 5, 3.0);
  aisle::logistic_regression<double> weak{{.c = 100}}, strong{{.c = 0.001}}, short_run{{.max_iterations = 2}};
  weak.fit(d.x, d.labels);
  strong.fit(d.x, d.labels);
  short_run.fit(d.x, d.labels);
  CHECK(std::abs(weak.coefficients()(0, 0)) > 5 * std::abs(strong.coefficients()(0, 0)));
  CHECK(short_run.iterations() == 2);
  CHECK_FALSE(short_run.converged());
  CHECK_THROWS_AS(aisle::logistic_regression<double>{{.c = 0}}.fit(d.x, d.labels), aisle::option_error);
  CHECK_THROWS_AS(aisle::logistic_regression<double>{{.tolerance = 0}}.fit(d.x, d.labels),
                  aisle::option_error);
  CHECK_THROWS_AS(aisle::logistic_regression<double>{{.max_iterations = 0}}.fit(d.x, d.labels),
                  aisle::option_error);
}

TEST_CASE("features of very different sizes converge nevertheless") {
  auto d = blobs::make<double>({60, 60, 60}, 4, 4.0);
  for (std::int64_t r = 0; r < d.x.rows(); ++r) {
    d.x(r, 0) *= 1e3;
    d.x(r, 1) *= 1e-3;
  }
  aisle::logistic_regression<double> m{{.tolerance = 1e-6, .max_iterations = 5000}};
  m.fit(d.x, d.labels);
  CHECK(m.converged());
  CHECK(aisle::accuracy(d.labels, m.predict(d.x)) > 0.5);
}

TEST_CASE("the scaler: mean 0, deviation 1, constant features untouched") {
  aisle::matrix<double> x(4, 3);
  const double values[] = {1, 5, 1e8 + 1, 2, 5, 1e8 + 2, 3, 5, 1e8 + 3, 4, 5, 1e8 + 4};
  std::copy(std::begin(values), std::end(values), x.data());
  const auto s = aisle::standard_scaler<double>::fit(x);
  CHECK(s.mean() == std::vector<double>{2.5, 5, 1e8 + 2.5});
  CHECK(s.variance() == std::vector<double>{1.25, 0, 1.25});
  CHECK(s.scale()[1] == 1);
  const auto y = s.transform(x);
  for (std::int64_t r = 0; r < 4; ++r) {
    CHECK(y(r, 1) == 0);
    CHECK(y(r, 0) == doctest::Approx(y(r, 2)));
  }
  CHECK_THROWS_AS(aisle::standard_scaler<double>::fit(aisle::matrix<double>(0, 3)), aisle::shape_error);
  CHECK_THROWS_AS(s.transform(aisle::matrix<double>(2, 2)), aisle::shape_error);
  x(1, 1) = std::nan("");
  CHECK_THROWS_AS(aisle::standard_scaler<double>::fit(x), aisle::row_error);
}
