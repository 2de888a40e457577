#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/learn/learners.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/model_file.hpp>

#include "blobs.hpp"
#include "support/support.hpp"

namespace {

/// The objective by its definition; `weight` of each row of class 0, 1 of all others.
double objective(const aisle::linear_svm<double>& m, const blobs::data<double>& d, double c,
                 double weight = 1) {
  double out = 0;
  const std::int64_t outputs = m.coefficients().rows();
  for (std::int64_t o = 0; o < outputs; ++o) {
    const double b = m.intercepts()[static_cast<std::size_t>(o)];
    double squares = b * b;
    for (const double w : m.coefficients().row(o)) squares += w * w;
    out += squares / (2 * c);
    for (std::int64_t r = 0; r < d.x.rows(); ++r) {
      const auto code = d.labels.codes()[static_cast<std::size_t>(r)];
      const double y = code == (outputs == 1 ? 1 : o) ? 1 : -1;
      const double z =
          std::inner_product(d.x.row(r).begin(), d.x.row(r).end(), m.coefficients().row(o).begin(), b);
      out += (code == 0 ? weight : 1) * std::pow(std::max(0.0, 1 - y * z), 2);
    }
  }
  return out;
}

/// `d.x` with its columns from `first` on as sparse ones.
template <class T>
aisle::feature_set<T> behind(const aisle::matrix<T>& x, std::int64_t first) {
  aisle::feature_set<T> out{aisle::matrix<T>(x.rows(), first), aisle::sparse_matrix<T>(x.cols() - first)};
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    std::vector<std::int32_t> columns;
    std::vector<T> values;
    for (std::int64_t c = 0; c < x.cols(); ++c)
      if (c < first) {
        out.dense(r, c) = x(r, c);
      } else if (x(r, c) != 0) {
        columns.push_back(static_cast<std::int32_t>(c - first));
        values.push_back(x(r, c));
      }
    out.sparse.add_row(columns, values);
  }
  return out;
}

template <class T>
double distance(const aisle::matrix<T>& a, const aisle::matrix<T>& b) {
  double out = 0;
  for (std::int64_t i = 0; i < a.rows() * a.cols(); ++i)
    out = std::max(out, std::abs(static_cast<double>(a.data()[i] - b.data()[i])));
  return out;
}

/// Blobs of which most numbers are 0.
blobs::data<double> thinned(const std::vector<int>& counts, std::int64_t features) {
  auto d = blobs::make<double>(counts, features, 3.0);
  aisle::random_generator random(3);
  for (std::int64_t i = 0; i < d.x.rows() * d.x.cols(); ++i)
    if (random.uniform(0, 1) < 0.7) d.x.data()[i] = 0;
  return d;
}

}  // namespace

TEST_CASE("a linear SVM reports the objective it minimised, and nothing near is lower") {
  // Few features: by L-BFGS; many: in the dual, on products of rows.
  struct problem {
    std::vector<int> counts;
    int features;
    double c;
  };
  for (const problem& of : {problem{{40, 30}, 5, 0.3}, problem{{40, 30, 20}, 5, 0.3},
                            problem{{40, 30}, 80, 0.01}, problem{{40, 30, 20}, 80, 0.01}}) {
    const auto& counts = of.counts;
    const int features = of.features;
    const double c = of.c;
    CAPTURE(features);
    const auto d = blobs::make<double>(counts, features, 9.0);
    aisle::linear_svm<double> m{{.c = c, .tolerance = 1e-10}};
    m.fit(d.x, d.labels);
    CHECK(m.converged());
    CHECK(m.coefficients().rows() == (counts.size() == 2 ? 1 : 3));
    const double found = objective(m, d, c);
    CHECK(m.objective() == doctest::Approx(found).epsilon(1e-9));
    // Convex and smooth: the optimum is where no step along an axis helps; those of the file are its
    // parameters.
    const aisle::state_dict good = m.state();
    support::temporary_folder folder;
    for (const char* name : {"coefficients", "intercepts"})
      for (const double step : {-1e-3, 1e-3})
        for (std::size_t i = 0; i < static_cast<std::size_t>(good.at(name).dims.elements()); ++i) {
          aisle::state_dict moved;
          for (const auto& e : good.entries()) {
            aisle::tensor t = good.read(e.name);
            if (e.name == name) t.data<double>()[i] += step;
            moved.add(e.name, std::move(t));
          }
          aisle::write_safetensors(folder / "m", moved, good.metadata());
          const auto near_by = aisle::load_classifier<double>(folder / "m");
          CHECK(objective(dynamic_cast<aisle::linear_svm<double>&>(*near_by), d, c) > found);
        }
  }
}

TEST_CASE("weights of an SVM's rows and classes count their losses as often") {
  const auto d = blobs::make<double>({40, 30, 20}, 5, 4.0);
  aisle::linear_svm<double> by_class{
      {.tolerance = 1e-9, .weights = aisle::class_weights::by_name({{"class 0", 5.0}})}};
  by_class.fit(d.x, d.labels);
  CHECK(by_class.objective() == doctest::Approx(objective(by_class, d, 1, 5)).epsilon(1e-9));
  std::vector<double> weights;
  for (const auto code : d.labels.codes()) weights.push_back(code == 0 ? 5 : 1);
  aisle::linear_svm<double> by_row{{.tolerance = 1e-9}};
  by_row.fit(d.x, d.labels, weights);
  CHECK(by_row.coefficients() == by_class.coefficients());
}

TEST_CASE("scores are what probabilities are the softmax of, of every learner") {
  const auto d = blobs::make({30, 20, 25}, 4, 3.0);
  const auto two = blobs::make({30, 20}, 4, 3.0);
  for (const auto& kind : aisle::learner_kinds<float>)
    for (const auto* of : {&d, &two}) {
      CAPTURE(kind.name);
      const auto m = kind.make();
      m->fit(of->x, of->labels);
      const auto scores = m->scores(of->x), p = m->predict_proba(of->x);
      double largest = 0;
      for (std::int64_t r = 0; r < scores.rows(); ++r) {
        double sum = 0;
        for (const float s : scores.row(r)) sum += std::exp(static_cast<double>(s));
        for (std::int64_t c = 0; c < scores.cols(); ++c)
          largest = std::max(largest, std::abs(std::exp(static_cast<double>(scores(r, c))) / sum -
                                               static_cast<double>(p(r, c))));
      }
      CHECK(largest < 1e-5);
    }
  aisle::linear_svm svm;
  CHECK_THROWS_AS(svm.scores(d.x), aisle::not_fitted_error);
  // A class without rows is behind all others.
  const aisle::label_vector wider(std::vector<std::int32_t>(d.labels.codes().begin(), d.labels.codes().end()),
                                  std::make_shared<const aisle::class_list>(
                                      std::vector<std::string>{"class 0", "class 1", "class 2", "class 3"}));
  svm.fit(d.x, wider);
  CHECK(svm.scores(d.x)(0, 3) == std::numeric_limits<float>::lowest());
  CHECK(svm.predict_proba(d.x)(0, 3) == 0);
}

TEST_CASE("sparse features teach what the same dense ones do") {
  const auto d = thinned({40, 30, 20, 25}, 12);
  const auto two = thinned({40, 30}, 12);
  for (const auto* of : {&d, &two})
    for (const char* name : {"linear_svm", "logistic_regression"})
      for (const std::int64_t first : {0, 5, 11}) {
        CAPTURE(name);
        CAPTURE(first);
        const auto dense = aisle::make_classifier<double>(name),
                   sparse = aisle::make_classifier<double>(name);
        const auto features = behind(of->x, first);
        dense->fit(of->x, of->labels);
        sparse->fit(features.view(), of->labels);
        CHECK(sparse->features() == 12);
        CHECK(sparse->sparse_features() == 12 - first);
        CHECK(distance(dense->scores(of->x), sparse->scores(features.view())) < 1e-3);
        CHECK(distance(dense->predict_proba(of->x), sparse->predict_proba(features.view())) < 1e-3);

        support::temporary_folder folder;
        sparse->save(folder / "m");
        const auto loaded = aisle::load_classifier<double>(folder / "m");
        CHECK(loaded->predict_proba(features.view()) == sparse->predict_proba(features.view()));
        // As many features, but not of the same kind.
        CHECK_THROWS_WITH_AS(loaded->predict(of->x), doctest::Contains("of them sparse"), aisle::shape_error);
        CHECK_THROWS_AS(dense->predict(features.view()), aisle::shape_error);
      }
}

TEST_CASE("sparse features: threads change no bit, nor does what is fitted together" *
          doctest::skip(support::long_when_sanitized())) {
  // 4 classes of 400,000 features are more than are fitted at once.
  aisle::random_generator random(5);
  aisle::feature_set<float> x{{}, aisle::sparse_matrix<float>(270'000)};
  std::vector<std::string> names;
  for (int r = 0; r < 600; ++r) {
    const int of_class = r % 4;
    names.push_back("c" + std::to_string(of_class));
    std::vector<std::int32_t> columns;
    std::vector<float> values;
    for (int i = 0; i < 60; ++i) {
      columns.push_back(i * 4000 + static_cast<int>(random.below(1000)) + (i < 10 ? of_class * 1000 : 0));
      values.push_back(1);
    }
    // What tells classes apart beyond doubt.
    columns.push_back(269'000 + of_class);
    values.push_back(2);
    x.sparse.add_row(columns, values);
  }
  const aisle::label_vector labels(names);
  aisle::linear_svm<float> one{{.tolerance = 1e-4}};
  one.fit(x.view(), labels);
  const auto begun = [&](int threads) {
    aisle::linear_svm<float> m{{.max_iterations = 3, .threads = threads}};
    m.fit(x.view(), labels);
    return m.coefficients();
  };
  CHECK(begun(1) == begun(3));
  CHECK(aisle::accuracy(labels, one.predict(x.view())) == 1);
  // One against the rest: a class's machine is the one that is fitted on whether a row is of it.
  std::vector<std::string> of_third;
  for (const auto& name : names) of_third.push_back(name == "c2" ? "yes" : "no");
  aisle::linear_svm<float> third{{.tolerance = 1e-4}};
  third.fit(x.view(), aisle::label_vector(of_third));
  double largest = 0, apart = 0;
  for (std::int64_t f = 0; f < 270'000; ++f) {
    largest = std::max(largest, std::abs(third.coefficients()(0, f)));
    apart = std::max(apart, std::abs(third.coefficients()(0, f) - one.coefficients()(2, f)));
  }
  CHECK(largest > 0.1);
  CHECK(apart < 1e-3);
}

TEST_CASE("sparse features where they are not taken, and such as are none") {
  const auto d = thinned({20, 20}, 6);
  const auto features = behind(d.x, 3);
  aisle::random_forest<double> forest;
  CHECK_THROWS_WITH_AS(forest.fit(features.view(), d.labels),
                       "random_forest: 3 sparse features, expected dense ones alone", aisle::option_error);
  CHECK_THROWS_AS(aisle::feature_view<double>(d.x.rows(std::vector<std::int64_t>{1}), features.sparse),
                  aisle::shape_error);
  aisle::feature_set<double> bad{{}, aisle::sparse_matrix<double>(2)};
  for (std::int64_t r = 0; r < d.x.rows(); ++r)
    bad.sparse.add_row(std::vector<std::int32_t>{1}, std::vector<double>{r == 7 ? std::nan("") : 1.0});
  CHECK_THROWS_WITH_AS(aisle::linear_svm<double>().fit(bad.view(), d.labels), doctest::Contains("row 7"),
                       aisle::row_error);
  CHECK_THROWS_WITH_AS(aisle::linear_svm<double>({.c = 0}).fit(d.x, d.labels), doctest::Contains("c 0"),
                       aisle::option_error);
}
