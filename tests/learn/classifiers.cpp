#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/learn/cross_validation.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/model_file.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/scaler.hpp>
#include <aisle/learn/split.hpp>

#include "blobs.hpp"
#include "support/support.hpp"

// What every learner promises, asked of each of them.

namespace {

using strings = std::vector<std::string>;

struct settings {
  aisle::class_weights weights = {};
  std::uint64_t seed = 42;
  int threads = 2;
  aisle::progress_callback progress = {};
};

template <class T>
using factory = std::function<std::unique_ptr<aisle::classifier<T>>(const settings&)>;

template <class T>
std::vector<std::pair<std::string, factory<T>>> learners() {
  return {{"decision_tree",
           [](const settings& s) {
             return std::make_unique<aisle::decision_tree<T>>(
                 aisle::tree_options{.weights = s.weights, .seed = s.seed, .threads = s.threads});
           }},
          {"random_forest",
           [](const settings& s) {
             return std::make_unique<aisle::random_forest<T>>(aisle::forest_options{.trees = 15,
                                                                                    .weights = s.weights,
                                                                                    .seed = s.seed,
                                                                                    .threads = s.threads,
                                                                                    .progress = s.progress});
           }},
          {"random_forest",
           [](const settings& s) {
             return std::make_unique<aisle::random_forest<T>>(
                 aisle::forest_options{.trees = 15,
                                       .splits = aisle::tree_splits::histogram,
                                       .weights = s.weights,
                                       .seed = s.seed,
                                       .threads = s.threads,
                                       .progress = s.progress});
           }},
          {"extra_trees",
           [](const settings& s) {
             aisle::extra_trees_options options{.trees = 15, .weights = s.weights, .seed = s.seed};
             options.threads = s.threads;
             options.progress = s.progress;
             return std::make_unique<aisle::extra_trees<T>>(options);
           }},
          {"kernel_ridge",
           [](const settings& s) {
             return std::make_unique<aisle::kernel_ridge<T>>(aisle::kernel_ridge_options{
                 .weights = s.weights, .threads = s.threads, .progress = s.progress});
           }},
          {"kernel_ridge",
           [](const settings& s) {
             aisle::kernel_ridge_options options{.kernel = aisle::ridge_kernel::rbf, .weights = s.weights};
             options.threads = s.threads;
             options.progress = s.progress;
             return std::make_unique<aisle::kernel_ridge<T>>(options);
           }},
          {"logistic_regression",
           [](const settings& s) {
             return std::make_unique<aisle::logistic_regression<T>>(
                 aisle::logistic_options{.weights = s.weights, .threads = s.threads, .progress = s.progress});
           }},
          {"linear_svm",
           [](const settings& s) {
             return std::make_unique<aisle::linear_svm<T>>(aisle::linear_svm_options{
                 .weights = s.weights, .threads = s.threads, .progress = s.progress});
           }},
          {"mlp", [](const settings& s) {
             return std::make_unique<aisle::mlp<T>>(aisle::mlp_options{.hidden = {16, 8},
                                                                       .optimizer = {.learning_rate = 0.01},
                                                                       .epochs = 40,
                                                                       .weights = s.weights,
                                                                       .seed = s.seed,
                                                                       .threads = s.threads,
                                                                       .progress = s.progress});
           }}};
}

}  // namespace

TEST_CASE_TEMPLATE("every learner learns what is easy and keeps its promises", T, float, double) {
  const auto d = blobs::make<T>({60, 40, 30, 20}, 10);
  const auto [train, test] = aisle::stratified_split(d.labels);
  const auto x = d.x.rows(train), x_test = d.x.rows(test);
  const auto y = d.labels.rows(train), y_test = d.labels.rows(test);
  support::temporary_folder folder;
  for (const auto& learner : learners<T>()) {
    const auto& kind = learner.first;
    const auto& make = learner.second;
    CAPTURE(kind);
    const auto model = make({});
    CHECK(model->kind() == kind);
    CHECK_FALSE(model->fitted());
    CHECK_THROWS_WITH_AS(model->predict(x_test), doctest::Contains("has not been fitted: call fit() first"),
                         aisle::not_fitted_error);
    CHECK_THROWS_AS(model->save(folder / "x"), aisle::not_fitted_error);
    CHECK(model->classes().empty());
    model->fit(x, y);
    CHECK(model->fitted());
    CHECK(model->features() == 10);
    CHECK(model->classes() == d.labels.classes());
    CHECK(aisle::accuracy(y_test, model->predict(x_test)) > 0.9);

    const auto p = model->predict_proba(x_test);
    REQUIRE(p.rows() == x_test.rows());
    REQUIRE(p.cols() == 4);
    for (std::int64_t r = 0; r < p.rows(); ++r) {
      double sum = 0;
      for (const T v : p.row(r)) {
        CHECK(v >= 0);
        sum += static_cast<double>(v);
      }
      CHECK(sum == doctest::Approx(1).epsilon(1e-5));
    }

    {  // saved and loaded it predicts the same bits
      model->save(folder / "model.safetensors");
      const auto loaded = aisle::load_classifier<T>(folder / "model.safetensors");
      CHECK(loaded->kind() == kind);
      CHECK(loaded->classes() == model->classes());
      CHECK(loaded->predict_proba(x_test) == p);
      using other = std::conditional_t<std::is_same_v<T, float>, double, float>;
      aisle::matrix<other> converted(x_test.rows(), x_test.cols());
      std::transform(x_test.data(), x_test.data() + x_test.rows() * x_test.cols(), converted.data(),
                     [](T v) { return static_cast<other>(v); });
      const auto elsewhere = aisle::load_classifier<other>(folder / "model.safetensors");
      CHECK(aisle::accuracy(model->predict(x_test), elsewhere->predict(converted)) > 0.95);
    }
    {  // threads change no bit; a new fit forgets the old one
      for (const int threads : {1, 3}) {
        const auto again = make({.threads = threads});
        again->fit(x_test, y_test);
        again->fit(x, y);
        CHECK(again->predict_proba(x_test) == p);
      }
      const auto copy = model->unfitted();
      CHECK_FALSE(copy->fitted());
      copy->fit(x, y);
      CHECK(copy->predict_proba(x_test) == p);
    }
    {  // no rows to predict, other features, NaN
      CHECK(model->predict_proba(aisle::matrix<T>(0, 10)).rows() == 0);
      CHECK(model->predict(aisle::matrix<T>(0, 10)).empty());
      CHECK_THROWS_AS(model->predict(aisle::matrix<T>(3, 9)), aisle::shape_error);
      auto bad = x_test;
      bad(2, 7) = std::numeric_limits<T>::quiet_NaN();
      CHECK_THROWS_WITH_AS(model->predict(bad), doctest::Contains("row 2, column 7"), aisle::row_error);
    }
  }
}

TEST_CASE("what cannot be learnt from is refused") {
  const auto d = blobs::make({20, 20}, 5);
  for (const auto& learner : learners<float>()) {
    const auto& kind = learner.first;
    const auto& make = learner.second;
    CAPTURE(kind);
    const auto model = make({});
    CHECK_THROWS_AS(model->fit(aisle::matrix<float>(0, 5), aisle::label_vector{}), aisle::shape_error);
    CHECK_THROWS_AS(model->fit(aisle::matrix<float>(40, 0), d.labels), aisle::shape_error);
    CHECK_THROWS_AS(model->fit(aisle::matrix<float>(39, 5), d.labels), aisle::shape_error);
    auto x = d.x;
    x(3, 1) = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH_AS(model->fit(x, d.labels), doctest::Contains("row 3, column 1"), aisle::row_error);
    x(3, 1) = std::numeric_limits<float>::infinity();
    if (kind.find("tree") == std::string::npos && kind.find("forest") == std::string::npos) {
      CHECK_THROWS_AS(model->fit(x, d.labels), aisle::row_error);
    } else {
      model->fit(x, d.labels);  // thresholds need an order, not arithmetic
      CHECK(aisle::accuracy(d.labels, model->predict(x)) > 0.95);
    }
    std::vector<double> weights(39, 1.0);
    CHECK_THROWS_AS(model->fit(d.x, d.labels, weights), aisle::shape_error);
    weights.push_back(-1);
    CHECK_THROWS_AS(model->fit(d.x, d.labels, weights), aisle::option_error);
    weights.assign(40, 0.0);
    CHECK_THROWS_AS(model->fit(d.x, d.labels, weights), aisle::option_error);
    CHECK_THROWS_AS(make({.weights = aisle::class_weights::by_name({{"nobody", 1}})})->fit(d.x, d.labels),
                    aisle::option_error);
    // A failed fit leaves nothing that predicts.
    model->fit(d.x, d.labels);
    CHECK_THROWS(model->fit(aisle::matrix<float>(39, 5), d.labels));

    const aisle::label_vector same(std::vector<int>(40, 7));
    if (kind == "logistic_regression" || kind == "linear_svm" || kind == "mlp" || kind == "kernel_ridge") {
      CHECK_THROWS_WITH_AS(model->fit(d.x, same), doctest::Contains("one class"), aisle::option_error);
      CHECK_FALSE(model->fitted());
    } else {
      model->fit(d.x, same);
      CHECK(model->predict(d.x)[39] == "7");
    }
  }
}

TEST_CASE("a class of the list without rows gets probability 0") {
  const auto d = blobs::make({30, 30, 30}, 6);
  std::vector<std::int64_t> without_second;
  for (std::int64_t r = 0; r < d.labels.size(); ++r)
    if (d.labels[r] != "class 1") without_second.push_back(r);
  support::temporary_folder folder;
  for (const auto& learner : learners<float>()) {
    const auto& kind = learner.first;
    const auto& make = learner.second;
    CAPTURE(kind);
    const auto model = make({.weights = aisle::class_weights::balanced()});
    model->fit(d.x.rows(without_second), d.labels.rows(without_second));
    const auto p = model->predict_proba(d.x);
    REQUIRE(p.cols() == 3);
    for (std::int64_t r = 0; r < p.rows(); ++r) CHECK(p(r, 1) == 0);
    CHECK(model->predict(d.x)[0] == "class 0");
    CHECK(model->predict(d.x)[2] == "class 2");
    model->save(folder / "gap");
    CHECK(aisle::load_classifier<float>(folder / "gap")->predict_proba(d.x) == p);
  }
}

TEST_CASE("class and sample weights pull decisions towards the rare class") {
  const auto d = blobs::make({400, 25}, 4, 6.0);
  const auto split = aisle::stratified_split(d.labels, {.test_size = 0.5});
  const auto x = d.x.rows(split.train);
  const auto y = d.labels.rows(split.train);
  std::vector<double> sample_weights;
  for (std::int64_t r = 0; r < y.size(); ++r) sample_weights.push_back(y[r] == "class 1" ? 16.0 : 1.0);
  const auto mass = [&](const aisle::classifier<float>& model) {
    const auto p = model.predict_proba(d.x.rows(split.test));
    double sum = 0;
    for (std::int64_t r = 0; r < p.rows(); ++r) sum += static_cast<double>(p(r, 1));
    return sum;
  };
  for (const auto& learner : learners<float>()) {
    const auto& kind = learner.first;
    const auto& make = learner.second;
    CAPTURE(kind);
    if (kind == "decision_tree") continue;  // pure leaves: weights move thresholds, not masses
    const auto plain = make({}), balanced = make({.weights = aisle::class_weights::balanced()}),
               sampled = make({});
    plain->fit(x, y);
    balanced->fit(x, y);
    sampled->fit(x, y, sample_weights);
    if (kind == "random_forest" || kind == "extra_trees") {
      // Pure leaves: weights move thresholds, and the masses by little. Rows that weigh nothing are not
      // there.
      CHECK(mass(*balanced) != mass(*plain));
      for (const bool rare : {false, true}) {
        std::vector<double> only;
        for (std::int64_t r = 0; r < y.size(); ++r) only.push_back((y[r] == "class 1") == rare ? 1.0 : 0.0);
        const auto of_one = make({});
        of_one->fit(x, y, only);
        CHECK(mass(*of_one) == (rare ? static_cast<double>(split.test.size()) : 0.0));
      }
      continue;
    }
    const double more = kind == "linear_svm" ? 1.3 : 2;  // margins make flat probabilities
    CHECK(mass(*balanced) > more * mass(*plain));
    CHECK(mass(*sampled) > more * mass(*plain));
  }
}

TEST_CASE("products large enough to be shared by threads change no bit") {
  // Above kernels::threads_worth's limit, and more parameters than the optimiser steps in one piece.
  const auto d = blobs::make({60, 40, 60}, 1024, 8.0);
  aisle::matrix<float> wide(d.x.rows(), 4 * d.x.cols());
  for (std::int64_t r = 0; r < wide.rows(); ++r)
    for (std::int64_t c = 0; c < wide.cols(); ++c)
      wide(r, c) = d.x(r, c % d.x.cols()) * (c % 7 == 0 ? 0.5f : 1.0f);
  REQUIRE(aisle::kernels::threads_worth(64 * 1024 * 1100, 3) == 3);
  const auto network = [&](int threads) {
    aisle::mlp<float> m({.hidden = {1100}, .batch = 64, .epochs = 2, .threads = threads});
    m.fit(d.x, d.labels);
    REQUIRE(m.network().parameters().size() > (1 << 20));
    return m.predict_proba(d.x);
  };
  CHECK(network(1) == network(3));

  aisle::matrix<float> tall(20 * wide.rows(), wide.cols());
  std::vector<std::string> names;
  for (std::int64_t r = 0; r < tall.rows(); ++r) {
    aisle::ranges::copy(wide.row(r % wide.rows()), tall.row(r).begin());
    tall(r, r % tall.cols()) += 1;
    names.emplace_back(d.labels[r % wide.rows()]);
  }
  REQUIRE(aisle::kernels::threads_worth(tall.rows() * tall.cols() * 3, 3) == 3);
  const auto regression = [&](int threads) {
    aisle::logistic_regression<float> m({.max_iterations = 3, .threads = threads});
    m.fit(tall, aisle::label_vector(names));
    return m.predict_proba(tall);
  };
  CHECK(regression(1) == regression(3));
}

TEST_CASE("progress is told in order and may cancel") {
  const auto d = blobs::make({30, 30}, 5);
  for (const auto& learner : learners<float>()) {
    const auto& kind = learner.first;
    const auto& make = learner.second;
    if (kind == "decision_tree") continue;
    CAPTURE(kind);
    std::int64_t calls = 0, last = 0;
    make({.progress = [&](const aisle::progress_event& e) {
      ++calls;
      CHECK(e.done == last + 1);
      CHECK(e.phase == kind);
      last = e.done;
    }})->fit(d.x, d.labels);
    CHECK(calls > 1);
    const auto cancelled =
        make({.progress = [](const aisle::progress_event&) { throw aisle::error("enough"); }});
    CHECK_THROWS_WITH_AS(cancelled->fit(d.x, d.labels), "enough", aisle::error);
    CHECK_FALSE(cancelled->fitted());
  }
}

TEST_CASE("cross validation predicts every row by a learner that did not see it") {
  const auto d = blobs::make({30, 25, 3}, 6);
  const aisle::decision_tree<float> tree;
  std::vector<std::int64_t> told;
  const auto result = aisle::cross_validate(
      tree, d.x, d.labels, {.folds = 5, .progress = [&](const auto& e) { told.push_back(e.done); }});
  CHECK(told == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  REQUIRE(result.accuracy.size() == 5);
  CHECK(result.predictions.size() == 58);
  double mean = 0;
  for (const double a : result.accuracy) mean += a / 5;
  CHECK(result.accuracy_mean == doctest::Approx(mean));
  CHECK(result.accuracy_mean > 0.8);
  CHECK(result.accuracy_sd > 0);
  CHECK(result.macro_f1_mean > 0.5);
  // Labels that follow from nothing cannot be predicted: a learner that saw its test rows would be right
  // every time.
  aisle::random_generator random(5);
  std::vector<int> noise;
  for (int i = 0; i < 58; ++i) noise.push_back(static_cast<int>(random.below(2)));
  CHECK(aisle::cross_validate(tree, d.x, aisle::label_vector(noise)).accuracy_mean < 0.8);
  CHECK_THROWS_AS(aisle::cross_validate(tree, d.x, aisle::label_vector(std::vector<int>{1, 2})),
                  aisle::shape_error);
}

TEST_CASE("damaged model files are refused, never read out of bounds") {
  const auto d = blobs::make({30, 30, 30}, 6, 4.0);
  support::temporary_folder folder;
  const std::string path = folder / "model";
  CHECK_THROWS_AS(aisle::make_classifier<float>("oracle"), aisle::option_error);
  for (const auto& learner : learners<float>()) {
    const auto& kind = learner.first;
    const auto& make = learner.second;
    CAPTURE(kind);
    const auto model = make({});
    model->fit(d.x, d.labels);
    model->save(path);
    const std::string good = aisle::read_file(path);
    aisle::random_generator random(7);
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
      std::string bad = good;
      if (i % 3 == 0)
        bad.resize(static_cast<std::size_t>(random.below(bad.size())));
      else
        for (std::uint64_t n = 1 + random.below(4); n > 0; --n)
          bad[static_cast<std::size_t>(random.below(bad.size()))] = static_cast<char>(random());
      aisle::write_file(path, bad);
      try {
        aisle::load_classifier<float>(path)->predict(d.x);  // a changed number may still be a model
      } catch (const aisle::error&) {
        ++refused;
      }
    }
    CHECK(refused >= 100);
  }
}

TEST_CASE("a negative number of threads is refused by every learner, however small the problem") {
  const auto d = blobs::make({6, 6}, 2);
  for (const auto& [kind, make] : learners<float>()) {
    CHECK_THROWS_WITH_AS(make({.threads = -4})->fit(d.x, d.labels),
                         "threads is -4, expected 0 (all the process may use) or a number of threads",
                         aisle::option_error);
  }
}

TEST_CASE("learners without template arguments learn from floats; a row is predicted by itself") {
  const auto d = blobs::make({8, 8}, 3);
  aisle::random_forest forest{{.trees = 5}};
  aisle::extra_trees trees{{.trees = 5}};
  aisle::decision_tree tree;
  aisle::logistic_regression logistic{{.c = 2}};
  aisle::mlp network{aisle::mlp_options{.epochs = 2}};
  static_assert(std::is_same_v<decltype(forest), aisle::random_forest<float>>);
  static_assert(std::is_same_v<decltype(trees), aisle::extra_trees<float>>);
  static_assert(std::is_same_v<decltype(tree), aisle::decision_tree<float>>);
  static_assert(std::is_same_v<decltype(logistic), aisle::logistic_regression<float>>);
  static_assert(std::is_same_v<decltype(network), aisle::mlp<float>>);
  forest.fit(d.x, d.labels.decode());
  logistic.fit(d.x, d.labels);
  const auto all = forest.predict(d.x);
  CHECK(forest.predict(d.x.row(3))[0] == all[3]);
  const std::vector<float> row(d.x.row(3).begin(), d.x.row(3).end());
  CHECK(logistic.predict(row).size() == 1);
  CHECK(logistic.predict_proba(row).cols() == 2);
  CHECK_THROWS_WITH_AS(forest.nodes(5), "tree 5 of a forest of 5", aisle::shape_error);
  CHECK_THROWS_AS(forest.oob_score(), aisle::not_fitted_error);

  const auto taken = std::move(forest);
  CHECK(taken.fitted());
  CHECK_FALSE(forest.fitted());
  CHECK(forest.classes().empty());
  CHECK_THROWS_AS(forest.predict(d.x), aisle::not_fitted_error);
}

TEST_CASE("a scaler that was not fitted, and numbers that are none") {
  const aisle::matrix<float> x(3, 2, 1.f);
  CHECK_THROWS_WITH_AS(aisle::standard_scaler<float>().transform(x),
                       "this scaler has not been fitted: standard_scaler::fit makes one",
                       aisle::not_fitted_error);
  const auto scaler = aisle::standard_scaler<float>::fit(x);
  aisle::matrix<float> bad = x;
  bad(2, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(scaler.transform(bad), "features: row 2, column 1: NaN, expected a number",
                       aisle::row_error);
  CHECK_THROWS_AS(aisle::standard_scaler<float>::fit(bad), aisle::row_error);
  CHECK_THROWS_AS(aisle::standard_scaler<float>::fit(aisle::matrix<float>(3, 0)), aisle::shape_error);
}

TEST_CASE_TEMPLATE("features that overflow: an error that names one, or probabilities that are numbers", T,
                   float, double) {
  const T big = std::numeric_limits<T>::max();
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("c" + std::to_string(i % 3));
  const aisle::label_vector labels(names);
  const auto filled = [](auto value) {
    aisle::matrix<T> x(40, 3);
    for (std::int64_t r = 0; r < 40; ++r)
      for (std::int64_t c = 0; c < 3; ++c) x(r, c) = value(r, c);
    return x;
  };
  const aisle::matrix<T> kinds[] = {
      filled([&](auto r, auto c) { return (r + c) % 2 ? big : -big; }),
      filled([&](auto r, auto) { return big / T(10) * T((r * 7 % 11) - 5) / T(5); }),
      filled([&](auto r, auto c) { return r == 5 && c == 1 ? big / T(4) : T(r % 3); }),
      filled([&](auto r, auto c) { return big / T(6) * T(1 + (r * 3 + c) % 5); })};
  for (const auto& [kind, make] : learners<T>())
    for (const aisle::matrix<T>& x : kinds) {
      const std::string& named = kind;
      CAPTURE(named);
      const auto model = make({});
      try {
        model->fit(x, labels);
        const aisle::matrix<T> p = model->predict_proba(x);
        for (std::int64_t r = 0; r < p.rows(); ++r) CHECK(aisle::all_finite(std::span<const T>(p.row(r))));
      } catch (const aisle::row_error& e) {
        CHECK(e.file() == "features");
        CHECK(e.reason().find("large") != std::string::npos);
      }
    }
  aisle::mlp<T> network;
  CHECK_THROWS_AS(network.fit(kinds[0], labels), aisle::row_error);
  CHECK_FALSE(network.fitted());

  // A row to predict may be too large for what was learnt from others.
  const auto d = blobs::make<T>({20, 20}, 3);
  aisle::mlp<T> small({.epochs = 3});
  small.fit(d.x, d.labels);
  aisle::matrix<T> x(2, 3, T(1));
  for (std::int64_t c = 0; c < 3; ++c) x(1, c) = c % 2 ? big : -big;
  try {
    const auto p = small.predict_proba(x);
    CHECK(aisle::all_finite(std::span<const T>(p.row(1))));
  } catch (const aisle::row_error& e) {
    CHECK(e.row() == 1);
  }
  CHECK_THROWS_AS(
      aisle::standard_scaler<double>::fit(aisle::matrix<double>(2, 1, std::numeric_limits<double>::max())),
      aisle::row_error);
}

TEST_CASE("a model file with a number that is not finite is refused, and which one is said") {
  const auto d = blobs::make({30, 30, 30}, 6, 4.0);
  support::temporary_folder folder;
  const std::string path = folder / "model";
  int tensors = 0;
  for (const auto& [kind, make] : learners<float>()) {
    const std::string& named = kind;
    CAPTURE(named);
    const auto model = make({});
    model->fit(d.x, d.labels);
    const aisle::state_dict good = model->state();
    for (const auto& e : good.entries()) {
      if ((e.type != aisle::dtype::f32 && e.type != aisle::dtype::f64) || e.dims.elements() == 0) continue;
      if (e.name == "history") continue;  // of an mlp without a validation share it holds NaN
      CAPTURE(e.name);
      aisle::state_dict bad;
      for (const auto& other : good.entries()) {
        aisle::tensor t = good.read(other.name);
        if (other.name == e.name && e.type == aisle::dtype::f32)
          t.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
        if (other.name == e.name && e.type == aisle::dtype::f64)
          t.data<double>()[0] = std::numeric_limits<double>::quiet_NaN();
        bad.add(other.name, std::move(t));
      }
      aisle::write_safetensors(path, bad, good.metadata());
      CHECK_THROWS_WITH_AS(aisle::load_classifier<float>(path),
                           (path + ": " + e.name + ": number 0 is NaN, expected a finite one").c_str(),
                           aisle::format_error);
      ++tensors;
    }
  }
  CHECK(tensors >= 6);
}

TEST_CASE("the first row that is no number is named, whichever thread finds one") {
  aisle::matrix<float> x(6000, 600, 1.0f);
  std::vector<int> y;
  for (std::int64_t r = 0; r < x.rows(); ++r) y.push_back(static_cast<int>(r % 2));
  x(5999, 0) = x(5000, 3) = x(4100, 599) = std::numeric_limits<float>::quiet_NaN();
  const aisle::label_vector labels(y);
  for (const int threads : {1, 2, 4})
    for (int turn = 0; turn < 5; ++turn) {
      aisle::random_forest<float> forest{{.trees = 1, .threads = threads}};
      CHECK_THROWS_WITH_AS(forest.fit(x, labels), doctest::Contains("4100"), aisle::row_error);
    }
  x(5999, 0) = x(5000, 3) = x(4100, 599) = std::numeric_limits<float>::infinity();
  aisle::logistic_regression<float> refuses;
  CHECK_THROWS_WITH_AS(refuses.fit(x, labels), doctest::Contains("4100"), aisle::row_error);
}
