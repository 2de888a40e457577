#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/ranking_metrics.hpp>

#include "support/support.hpp"

// The figures themselves are compared with the reference by the golden program
// (tests/data/learn/metrics.json).

using aisle::label_vector;
using strings = std::vector<std::string>;

TEST_CASE("truth and prediction match by name, whatever their class lists") {
  const label_vector truth{strings{"b", "c", "b"}}, predicted{strings{"b", "b", "a"}};
  CHECK(aisle::accuracy(truth, predicted) == doctest::Approx(1.0 / 3));
  const auto c = aisle::confusion_matrix(truth, predicted);
  CHECK(c.labels == strings{"a", "b", "c"});
  CHECK(c.counts(1, 1) == 1);
  CHECK(c.counts(2, 1) == 1);
  CHECK(c.counts(1, 0) == 1);
}

TEST_CASE("classes of the list without rows have no place in a report") {
  const label_vector all{strings{"a", "b", "c", "a"}};
  const auto some = all.rows(std::vector<std::int64_t>{0, 1, 3});
  CHECK(aisle::precision_recall_f1(some, some).labels == strings{"a", "b"});
  CHECK(aisle::classification_report(some, some) ==
        "              precision    recall  f1-score   support\n\n"
        "           a       1.00      1.00      1.00         2\n"
        "           b       1.00      1.00      1.00         1\n\n"
        "    accuracy                           1.00         3\n"
        "   macro avg       1.00      1.00      1.00         3\n"
        "weighted avg       1.00      1.00      1.00         3\n");
}

TEST_CASE("hostile arguments of the metrics") {
  const label_vector two{std::vector<int>{0, 1}}, three{std::vector<int>{0, 1, 2}}, none{std::vector<int>{}};
  CHECK_THROWS_AS(aisle::accuracy(two, three), aisle::shape_error);
  CHECK_THROWS_AS(aisle::accuracy(none, none), aisle::shape_error);
  CHECK_THROWS_AS(aisle::macro_f1(two, label_vector{strings{"a", "b"}}), aisle::option_error);
  const std::vector<double> short_weights{1.0}, bad_weights{1.0, std::nan("")};
  CHECK_THROWS_AS(aisle::accuracy(two, two, short_weights), aisle::shape_error);
  CHECK_THROWS_AS(aisle::accuracy(two, two, bad_weights), aisle::option_error);
  CHECK_THROWS_AS(aisle::confusion_matrix(two, two, {.labels = {"7"}}), aisle::option_error);
  CHECK_THROWS_AS(aisle::confusion_matrix(two, two, {.labels = {"1", "1"}}), aisle::option_error);
  const std::vector<std::uint8_t> flags{0, 1};
  const std::vector<double> one{0.5}, with_nan{0.5, std::nan("")};
  CHECK_THROWS_AS(aisle::roc_curve(flags, one), aisle::shape_error);
  CHECK_THROWS_AS(aisle::roc_curve(flags, with_nan), aisle::option_error);
  CHECK_THROWS_AS(aisle::auc(one, one), aisle::option_error);
  CHECK_THROWS_AS(aisle::auc(std::vector<double>{0, 1, 0.5}, std::vector<double>{0, 1, 1}),
                  aisle::option_error);
  CHECK_THROWS_AS(aisle::log_loss(two, aisle::matrix<double>(2, 3)), aisle::shape_error);
  CHECK_THROWS_AS(aisle::log_loss(two, aisle::matrix<double>(3, 2)), aisle::shape_error);
  CHECK_THROWS_AS(aisle::top_k_accuracy(two, aisle::matrix<double>(2, 2, 0.5), 0), aisle::option_error);
}

TEST_CASE("an impossible certainty costs the epsilon of the probabilities' type") {
  const label_vector truth{std::vector<int>{0, 1}};
  aisle::matrix<double> wide(2, 2);
  aisle::matrix<float> narrow(2, 2);
  wide(0, 1) = wide(1, 1) = 1;
  narrow(0, 1) = narrow(1, 1) = 1;
  CHECK(aisle::log_loss(truth, wide) == doctest::Approx(-std::log(2.220446049250313e-16) / 2));
  CHECK(aisle::log_loss(truth, narrow) == doctest::Approx(-std::log(1.1920929e-07) / 2));
}

TEST_CASE("a confusion matrix by its cells: those of the dense one, and none that is 0") {
  const label_vector truth{strings{"b", "c", "b", "a", "b"}}, predicted{strings{"b", "b", "a", "a", "b"}};
  const std::vector<double> weights = {1, 2, 0.5, 1, 3};
  const aisle::metric_options options{.labels = {"b", "a"}, .sample_weights = weights};
  for (const aisle::metric_options& how : {aisle::metric_options{}, options}) {
    const auto dense = aisle::confusion_matrix(truth, predicted, how);
    const auto sparse = aisle::confusion_cells(truth, predicted, how);
    CHECK(sparse.labels == dense.labels);
    double cells = 0, others = 0;
    for (std::int64_t i = 0; i < dense.counts.rows(); ++i)
      for (std::int64_t j = 0; j < dense.counts.cols(); ++j) {
        CHECK(sparse(i, j) == dense.counts(i, j));
        (dense.counts(i, j) != 0 ? cells : others) += 1;
      }
    CHECK(static_cast<double>(sparse.cells.size()) == cells);
    CHECK(others > 0);
  }
  CHECK_THROWS_AS(aisle::confusion_cells(truth, predicted, {.labels = {"z"}}), aisle::option_error);
}

TEST_CASE("100,000 classes cost what 100,000 rows do" * doctest::skip(support::long_when_sanitized())) {
  // As matrices they would take 80 GB.
  std::vector<std::int64_t> right(100'000), shifted(100'000);
  for (std::size_t i = 0; i < right.size(); ++i) {
    right[i] = static_cast<std::int64_t>(i);
    shifted[i] = static_cast<std::int64_t>(i % 4 == 0 ? i + 1 : i);
  }
  const label_vector truth(right), predicted(shifted);
  CHECK(aisle::confusion_cells(truth, predicted).cells.size() == 100'000);
  CHECK(aisle::balanced_accuracy(truth, predicted) == doctest::Approx(0.75));
  CHECK(aisle::cohen_kappa(truth, predicted) == doctest::Approx(0.75).epsilon(1e-4));
  CHECK(aisle::matthews_correlation(truth, predicted) == doctest::Approx(0.75).epsilon(1e-4));
  CHECK(aisle::classification_report(truth, predicted).size() > 100'000);
}

TEST_CASE("weights that are numbers of rows give the report of those rows") {
  const label_vector truth{strings{"a", "a", "b", "b", "b"}}, predicted{strings{"a", "b", "b", "b", "a"}};
  const label_vector cells_truth{strings{"a", "a", "b", "b"}}, cells_predicted{strings{"a", "b", "b", "a"}};
  const std::vector<double> rows = {1, 1, 2, 1};
  aisle::report_options options;
  options.sample_weights = rows;
  options.weights_are_counts = true;
  CHECK(aisle::classification_report(cells_truth, cells_predicted, options) ==
        aisle::classification_report(truth, predicted));
}
