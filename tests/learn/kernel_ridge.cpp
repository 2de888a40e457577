#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <aisle/learn/calibration.hpp>
#include <aisle/learn/kernel_ridge.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/model_file.hpp>
#include <aisle/learn/split.hpp>

#include "blobs.hpp"
#include "support/support.hpp"

using aisle::kernel_ridge;
using aisle::ridge_kernel;

namespace {

double kernel_of(std::span<const double> a, std::span<const double> b, double gamma) {
  double product = 0, distance = 0;
  for (std::size_t c = 0; c < a.size(); ++c) {
    product += a[c] * b[c];
    distance += (a[c] - b[c]) * (a[c] - b[c]);
  }
  return gamma > 0 ? std::exp(-gamma * distance) : product;
}

/// Gaussian elimination.
std::vector<double> solve(aisle::matrix<double> a, std::vector<double> b) {
  const auto n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t pivot = i;
    for (std::size_t r = i + 1; r < n; ++r)
      if (std::abs(a(r, i)) > std::abs(a(pivot, i))) pivot = r;
    for (std::size_t c = 0; c < n; ++c) std::swap(a(i, c), a(pivot, c));
    std::swap(b[i], b[pivot]);
    for (std::size_t r = i + 1; r < n; ++r) {
      const double f = a(r, i) / a(i, i);
      for (std::size_t c = i; c < n; ++c) a(r, c) -= f * a(i, c);
      b[r] -= f * b[i];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t c = i + 1; c < n; ++c) b[i] -= a(i, c) * b[c];
    b[i] /= a(i, i);
  }
  return b;
}

/// Weighted ridge regression with an intercept by its definition: where the derivatives are 0,
///   weight * (target - value) = penalty * coefficient, and the coefficients sum to 0.
struct plain_ridge {
  aisle::matrix<double> x;
  std::vector<double> solution;
  double gamma;

  plain_ridge(const aisle::matrix<double>& rows, const std::vector<double>& targets,
              const std::vector<double>& weights, double penalty, double g)
      : x(rows), gamma(g) {
    const std::int64_t n = x.rows();
    aisle::matrix<double> a(n + 1, n + 1);
    std::vector<double> b = targets;
    b.push_back(0);
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < n; ++j) a(i, j) = kernel_of(x.row(i), x.row(j), gamma);
      a(i, i) += penalty / weights[static_cast<std::size_t>(i)];
      a(i, n) = a(n, i) = 1;
    }
    solution = solve(a, b);
  }
  double operator()(std::span<const double> row) const {
    double out = solution.back();
    for (std::int64_t i = 0; i < x.rows(); ++i)
      out += solution[static_cast<std::size_t>(i)] * kernel_of(row, x.row(i), gamma);
    return out;
  }
};

struct problem {
  blobs::data<double> d;
  std::vector<double> sample_weights, row_weights;

  problem(const std::vector<int>& counts, std::int64_t features, const aisle::class_weights& weights,
          bool sampled)
      : d(blobs::make<double>(counts, features, 3.0)) {
    aisle::random_generator random(9);
    const auto of_classes = weights.resolve(d.labels);
    for (std::int64_t r = 0; r < d.x.rows(); ++r) {
      sample_weights.push_back(sampled ? random.uniform(0.2, 3) : 1);
      row_weights.push_back(
          sample_weights.back() *
          of_classes[static_cast<std::size_t>(d.labels.codes()[static_cast<std::size_t>(r)])]);
    }
  }
  std::int64_t outputs() const { return d.labels.classes().size() == 2 ? 1 : d.labels.classes().size(); }
  std::vector<double> targets(std::int64_t output) const {
    std::vector<double> out;
    for (const auto c : d.labels.codes()) out.push_back(c == (outputs() == 1 ? 1 : output) ? 1 : -1);
    return out;
  }
  /// Values of every row by a fit without it.
  aisle::matrix<double> left_out(double penalty, double gamma) const {
    aisle::matrix<double> out(d.x.rows(), outputs());
    for (std::int64_t left = 0; left < d.x.rows(); ++left) {
      std::vector<std::int64_t> others;
      std::vector<double> weights;
      for (std::int64_t r = 0; r < d.x.rows(); ++r) {
        if (r == left) continue;
        others.push_back(r);
        weights.push_back(row_weights[static_cast<std::size_t>(r)]);
      }
      for (std::int64_t o = 0; o < outputs(); ++o) {
        const auto all = targets(o);
        std::vector<double> y;
        for (const auto r : others) y.push_back(all[static_cast<std::size_t>(r)]);
        out(left, o) = plain_ridge(d.x.rows(others), y, weights, penalty, gamma)(d.x.row(left));
      }
    }
    return out;
  }
  double error(const aisle::matrix<double>& values) const {
    double sum = 0, total = 0;
    for (std::int64_t r = 0; r < values.rows(); ++r) {
      const double w = row_weights[static_cast<std::size_t>(r)];
      total += w;
      for (std::int64_t o = 0; o < values.cols(); ++o) {
        const double e = targets(o)[static_cast<std::size_t>(r)] - values(r, o);
        sum += w * e * e;
      }
    }
    return sum / total / static_cast<double>(values.cols());
  }
};

/// A linear kernel by the covariances, by the products of rows, and an rbf kernel; classes and weights.
template <class Body>
void each_problem(Body&& body) {
  for (const auto& [kind, columns] :
       {std::pair{ridge_kernel::linear, 4}, {ridge_kernel::linear, 40}, {ridge_kernel::rbf, 4}})
    for (const auto& counts : {std::vector<int>{9, 13}, std::vector<int>{6, 11, 7}})
      for (const bool weighted : {false, true}) {
        const auto weights = weighted ? aisle::class_weights::balanced() : aisle::class_weights{};
        const ridge_kernel kernel = kind;
        const int features = columns;
        CAPTURE(kernel == ridge_kernel::rbf);
        CAPTURE(features);
        CAPTURE(counts.size());
        CAPTURE(weighted);
        body(problem(counts, features, weights, weighted),
             aisle::kernel_ridge_options{.kernel = kernel, .weights = weights});
      }
}

}  // namespace

TEST_CASE("the error of rows left out is that of refitting without each, for every alpha") {
  each_problem([](const problem& p, const aisle::kernel_ridge_options& options) {
    kernel_ridge<double> model(options);
    model.fit(p.d.x, p.d.labels, p.sample_weights);
    REQUIRE(model.alphas().size() == 13);
    REQUIRE(model.left_out_errors().size() == 13);
    const double unit = model.penalty() / model.alpha();
    std::size_t best = 0;
    for (std::size_t a = 0; a < 13; ++a) {
      CAPTURE(model.alphas()[a]);
      const auto values = p.left_out(model.alphas()[a] * unit, model.gamma());
      CHECK(model.left_out_errors()[a] == doctest::Approx(p.error(values)).epsilon(1e-8));
      if (model.left_out_errors()[a] < model.left_out_errors()[best]) best = a;
    }
    CHECK(model.alpha() == model.alphas()[best]);

    // Probabilities are at the temperature of those values.
    const auto values = p.left_out(model.penalty(), model.gamma());
    aisle::matrix<double> softmax(values.rows(), p.d.labels.classes().size());
    for (std::int64_t r = 0; r < values.rows(); ++r) {
      double sum = 0;
      for (std::int64_t c = 0; c < softmax.cols(); ++c) {
        const double v = values.cols() > 1 ? values(r, c) : c == 1 ? values(r, 0) : -values(r, 0);
        sum += softmax(r, c) = std::exp(v);
      }
      for (double& v : softmax.row(r)) v /= sum;
    }
    CHECK(model.temperature() == doctest::Approx(aisle::fit_temperature(p.d.labels, softmax)).epsilon(1e-6));
  });
}

TEST_CASE("decision values are those of weighted ridge regression, and probabilities their softmax") {
  each_problem([](const problem& p, const aisle::kernel_ridge_options& options) {
    kernel_ridge<double> model(options);
    model.fit(p.d.x, p.d.labels, p.sample_weights);
    const auto rows = blobs::make<double>({7, 8}, p.d.x.cols(), 4.0, 5).x;
    const auto values = model.decision_values(rows);
    REQUIRE(values.cols() == p.outputs());
    for (std::int64_t o = 0; o < values.cols(); ++o) {
      const plain_ridge plain(p.d.x, p.targets(o), p.row_weights, model.penalty(), model.gamma());
      for (std::int64_t r = 0; r < rows.rows(); ++r)
        CHECK(values(r, o) == doctest::Approx(plain(rows.row(r))).epsilon(1e-8));
    }
    const auto proba = model.predict_proba(rows);
    for (std::int64_t r = 0; r < rows.rows(); ++r) {
      const double ratio = std::log(proba(r, 1) / proba(r, 0));
      const double difference = values.cols() == 1 ? 2 * values(r, 0) : values(r, 1) - values(r, 0);
      CHECK(ratio == doctest::Approx(difference / model.temperature()).epsilon(1e-8));
    }
  });
}

TEST_CASE("neither the scale of the features nor where they lie changes what is learnt") {
  const auto d = blobs::make<double>({40, 30, 30}, 6, 5.0);
  for (const auto kernel : {ridge_kernel::linear, ridge_kernel::rbf}) {
    kernel_ridge<double> plain{{.kernel = kernel, .gamma = kernel == ridge_kernel::rbf ? 0.02 : 0}};
    plain.fit(d.x, d.labels);
    for (const double scale : {1e-150, 1e-3, 1e4, 1e150}) {
      CAPTURE(scale);
      auto x = d.x;
      for (std::int64_t i = 0; i < x.rows() * x.cols(); ++i) x.data()[i] = (x.data()[i] + 1e3) * scale;
      // The default gamma depends on the means of the features; given, it has their scale.
      if (kernel == ridge_kernel::rbf && (scale < 1e-4 || scale > 1e5)) continue;
      kernel_ridge<double> other{
          {.kernel = kernel, .gamma = kernel == ridge_kernel::rbf ? 0.02 / scale / scale : 0}};
      other.fit(x, d.labels);
      CHECK(other.alpha() == plain.alpha());
      const auto a = plain.decision_values(d.x), b = other.decision_values(x);
      for (std::int64_t i = 0; i < a.rows() * a.cols(); ++i)
        CHECK(b.data()[i] == doctest::Approx(a.data()[i]).epsilon(1e-6));
    }
  }
}

TEST_CASE("gamma's default is scikit-learn's: 1 / (features x variance of all numbers)") {
  const auto d = blobs::make<double>({40, 30}, 6, 5.0);
  double mean = 0, variance = 0;
  const std::int64_t numbers = d.x.rows() * d.x.cols();
  for (std::int64_t i = 0; i < numbers; ++i) mean += d.x.data()[i] / static_cast<double>(numbers);
  for (std::int64_t i = 0; i < numbers; ++i)
    variance += (d.x.data()[i] - mean) * (d.x.data()[i] - mean) / static_cast<double>(numbers);
  kernel_ridge<double> by_default{{.kernel = ridge_kernel::rbf}};
  by_default.fit(d.x, d.labels);
  CHECK(by_default.gamma() == doctest::Approx(1 / (6 * variance)));
  kernel_ridge<double> given{{.kernel = ridge_kernel::rbf, .gamma = 0.25}};
  given.fit(d.x, d.labels);
  CHECK(given.gamma() == 0.25);
}

TEST_CASE("a weight acts as repetitions; a row of weight 0 might as well not be there") {
  const auto d = blobs::make<double>({20, 20, 12}, 5, 5.0);
  std::vector<double> twice, without;
  std::vector<std::int64_t> repeated, kept;
  for (std::int64_t r = 0; r < d.x.rows(); ++r) {
    twice.push_back(r % 3 == 0 ? 2 : 1);
    without.push_back(r % 3 == 0 ? 0 : 1);
    repeated.push_back(r);
    (r % 3 == 0 ? repeated : kept).push_back(r);
  }
  for (const auto kernel : {ridge_kernel::linear, ridge_kernel::rbf}) {
    const aisle::kernel_ridge_options options{.kernel = kernel, .alphas = {0.5}};
    kernel_ridge<double> weighted(options), copied(options), zero(options), few(options);
    weighted.fit(d.x, d.labels, twice);
    copied.fit(d.x.rows(repeated), d.labels.rows(repeated));
    const auto a = weighted.decision_values(d.x), b = copied.decision_values(d.x);
    for (std::int64_t i = 0; i < a.rows() * a.cols(); ++i)
      CHECK(a.data()[i] == doctest::Approx(b.data()[i]).epsilon(1e-8));
    zero.fit(d.x, d.labels, without);
    few.fit(d.x.rows(kept), d.labels.rows(kept));
    CHECK(zero.predict_proba(d.x) == few.predict_proba(d.x));
  }
}

TEST_CASE("an rbf kernel learns what no plane separates") {
  aisle::random_generator random(2);
  aisle::matrix<float> x(300, 2);
  std::vector<int> y;
  for (std::int64_t r = 0; r < 300; ++r) {
    for (std::int64_t c = 0; c < 2; ++c) x(r, c) = static_cast<float>(random.normal());
    y.push_back(x(r, 0) * x(r, 0) + x(r, 1) * x(r, 1) < 1.4f ? 0 : 1);
  }
  const aisle::label_vector labels(y);
  const auto [train, test] = aisle::stratified_split(labels);
  kernel_ridge linear, rbf{{.kernel = ridge_kernel::rbf}};
  linear.fit(x.rows(train), labels.rows(train));
  rbf.fit(x.rows(train), labels.rows(train));
  CHECK(aisle::accuracy(labels.rows(test), linear.predict(x.rows(test))) < 0.7);
  CHECK(aisle::accuracy(labels.rows(test), rbf.predict(x.rows(test))) > 0.93);
}

TEST_CASE("probabilities of new rows mean what they say") {
  const auto d = blobs::make({400, 300, 200}, 6, 6.0);
  const auto [train, test] = aisle::stratified_split(d.labels, {.test_size = 0.5});
  for (const auto kernel : {ridge_kernel::linear, ridge_kernel::rbf}) {
    kernel_ridge model{{.kernel = kernel}};
    model.fit(d.x.rows(train), d.labels.rows(train));
    const auto p = model.predict_proba(d.x.rows(test));
    CHECK(aisle::fit_temperature(d.labels.rows(test), p) == doctest::Approx(1).epsilon(0.25));
    CHECK(aisle::expected_calibration_error(d.labels.rows(test), p) < 0.08);
    // Fitted to the rows that were learnt from it would be too sure.
    CHECK(aisle::fit_temperature(d.labels.rows(train), model.predict_proba(d.x.rows(train))) < 1);
  }
}

TEST_CASE("threads change no bit where the work is shared") {
  for (const auto& [kernel, rows, features] : {std::tuple{ridge_kernel::linear, 1500, 150},
                                               {ridge_kernel::linear, 260, 700},
                                               {ridge_kernel::rbf, 300, 90}}) {
    const auto d = blobs::make({rows / 3, rows / 3, rows / 3}, features, 8.0);
    aisle::matrix<float> proba[2];
    for (const int threads : {1, 3}) {
      kernel_ridge model{{.kernel = kernel, .threads = threads}};
      model.fit(d.x, d.labels);
      proba[threads / 2] = model.predict_proba(d.x);
      // A row's values do not depend on its neighbours.
      const auto alone = model.predict_proba(d.x.row(7));
      for (std::int64_t c = 0; c < 3; ++c) CHECK(alone(0, c) == proba[threads / 2](7, c));
    }
    CHECK(proba[0] == proba[1]);
  }
}

TEST_CASE("a kernel_ridge is read as it was written, for either type of features") {
  const auto d = blobs::make({30, 25, 20}, 6, 4.0);
  support::temporary_folder folder;
  for (const auto kernel : {ridge_kernel::linear, ridge_kernel::rbf}) {
    kernel_ridge model{{.kernel = kernel}};
    model.fit(d.x, d.labels);
    model.save(folder / "model");
    const auto loaded = aisle::load_classifier<float>(folder / "model");
    const auto& same = dynamic_cast<const kernel_ridge<float>&>(*loaded);
    CHECK(same.decision_values(d.x) == model.decision_values(d.x));
    CHECK(same.predict_proba(d.x) == model.predict_proba(d.x));
    CHECK(same.alpha() == model.alpha());
    CHECK(same.penalty() == model.penalty());
    CHECK(same.left_out_errors() == model.left_out_errors());
    CHECK(same.options().kernel == kernel);
    const auto copy = same;
    CHECK(copy.predict_proba(d.x) == model.predict_proba(d.x));
  }
}

TEST_CASE("rows that are all the same, and a row that has nearly all the weight") {
  const aisle::label_vector labels(std::vector<int>{0, 1, 1, 2, 1, 0});
  for (const auto kernel : {ridge_kernel::linear, ridge_kernel::rbf})
    for (const double value : {0.0, 0.1, 1e8}) {
      CAPTURE(value);
      // Nothing was learnt that tells rows apart: what is unlike them is of the likeliest class too.
      const aisle::matrix<double> x(6, 3, value), unlike(1, 3, value + 1);
      kernel_ridge<double> model{{.kernel = kernel}};
      model.fit(x, labels);
      CHECK(model.predict(x)[0] == "1");
      CHECK(model.decision_values(x)(0, 1) == doctest::Approx(0).epsilon(1e-9));
      CHECK(model.decision_values(unlike)(0, 1) == doctest::Approx(0).epsilon(1e-9));
      const std::vector<double> one{1, 0, 0, 0, 0, 0}, most{1, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9};
      for (const auto& weights : {one, most}) {
        model.fit(x, labels, weights);
        CHECK(model.predict(x)[0] == "0");
        CHECK(model.predict(unlike)[0] == "0");
      }
    }
}

TEST_CASE("kernel_ridge: a choice of one alpha, and options that make no sense") {
  const auto d = blobs::make({30, 25}, 6, 4.0);
  kernel_ridge weak{{.alphas = {1e-3}}}, strong{{.alphas = {1e3}}};
  weak.fit(d.x, d.labels);
  strong.fit(d.x, d.labels);
  CHECK(weak.alpha() == 1e-3);
  CHECK(std::abs(weak.coefficients()(0, 0)) > 10 * std::abs(strong.coefficients()(0, 0)));
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, -1.0, infinity, std::nan("")})
    CHECK_THROWS_WITH_AS((kernel_ridge{{.alphas = {1, bad}}}.fit(d.x, d.labels)),
                         doctest::Contains("expected numbers above 0"), aisle::option_error);
  for (const double bad : {-1.0, infinity, std::nan("")})
    CHECK_THROWS_AS((kernel_ridge{{.gamma = bad}}.fit(d.x, d.labels)), aisle::option_error);
  CHECK_THROWS_AS((kernel_ridge{{.most_rows = 0}}.fit(d.x, d.labels)), aisle::option_error);
  CHECK_THROWS_WITH_AS((kernel_ridge{{.kernel = ridge_kernel::rbf, .most_rows = 54}}.fit(d.x, d.labels)),
                       "kernel_ridge: 55 rows for an rbf kernel, expected at most 54 (most_rows): memory "
                       "grows with their square, time with their cube",
                       aisle::option_error);
  kernel_ridge{{.most_rows = 6}}.fit(d.x, d.labels);
  CHECK_THROWS_WITH_AS((kernel_ridge{{.most_rows = 5}}.fit(d.x, d.labels)),
                       doctest::Contains("55 rows of 6 features, expected at most 5 of either"),
                       aisle::option_error);
}
