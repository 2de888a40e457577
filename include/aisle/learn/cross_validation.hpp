#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <aisle/base/progress.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/split.hpp>
#include <aisle/learn/spread.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// What a learner says of rows that it did not see.
template <class T>
struct out_of_fold_result {
  matrix<T> probabilities;  ///< [rows, classes], in the order of the labels' class list; 0 of rows in no fold
  label_vector predictions;
  std::vector<int> fold;  ///< the fold that each row was held out of; -1: none
};

/// Fits a copy of `learner` (its options, not what it learnt) on each fold's train side and asks it about the
/// other. Throws shape_error for sizes that differ, and what fit throws.
template <class T>
out_of_fold_result<T> out_of_fold(const classifier<T>& learner, matrix_view<const std::type_identity_t<T>> x,
                                  const label_vector& labels, std::span<const split_rows> folds,
                                  const progress_callback& progress = {}) {
  if (x.rows() != labels.size())
    throw shape_error("cross_validate: " + std::to_string(x.rows()) + " rows of features and " +
                      std::to_string(labels.size()) + " labels, expected one label a row");
  out_of_fold_result<T> out;
  out.probabilities = matrix<T>(x.rows(), labels.classes().size());
  out.fold.assign(static_cast<std::size_t>(x.rows()), -1);
  std::vector<std::int32_t> predicted(out.fold.size(), 0);
  for (std::size_t f = 0; f < folds.size(); ++f) {
    const index_vector& test = folds[f].test;
    const auto model = learner.unfitted();
    model->fit(x.rows(folds[f].train), labels.rows(folds[f].train));
    const matrix<T> p = model->predict_proba(x.rows(test));
    const label_vector likeliest = model->likeliest(p);
    for (std::size_t i = 0; i < test.size(); ++i) {
      const auto from = p.row(static_cast<std::int64_t>(i));
      std::copy(from.begin(), from.end(), out.probabilities.row(test[i]).begin());
      predicted[static_cast<std::size_t>(test[i])] = likeliest.codes()[i];
      out.fold[static_cast<std::size_t>(test[i])] = static_cast<int>(f);
    }
    if (progress)
      progress({"cross_validation", static_cast<std::int64_t>(f + 1), static_cast<std::int64_t>(folds.size()),
                "folds"});
  }
  out.predictions = label_vector(std::move(predicted), labels.shared_classes());
  return out;
}

struct cross_validation_options {
  int folds = 5;
  std::uint64_t seed = 42;                    ///< of the folds; the learner has its own
  progress_callback progress = {};            ///< after every fold
  std::span<const std::int64_t> groups = {};  ///< rows of equal numbers are in one fold; empty: none are
};

struct cross_validation_result {
  std::vector<double> accuracy, macro_f1;  ///< of each fold's test side
  double accuracy_mean = 0, accuracy_sd = 0;
  double macro_f1_mean = 0, macro_f1_sd = 0;  ///< deviations are of a sample (n - 1)
  /// For every row the class predicted by the learner that did not see it.
  label_vector predictions;
};

/// Scores out_of_fold of stratified folds, fold by fold. A class without rows on a fold's train side cannot
/// be predicted there and costs macro F1. Throws what stratified_folds and fit throw.
template <class T>
cross_validation_result cross_validate(const classifier<T>& learner,
                                       matrix_view<const std::type_identity_t<T>> x,
                                       const label_vector& labels,
                                       const cross_validation_options& options = {}) {
  if (x.rows() != labels.size())
    throw shape_error("cross_validate: " + std::to_string(x.rows()) + " rows of features and " +
                      std::to_string(labels.size()) + " labels, expected one label a row");
  const std::vector<split_rows> folds =
      stratified_folds(labels, {.folds = options.folds, .seed = options.seed, .groups = options.groups});
  cross_validation_result out;
  out.predictions = out_of_fold(learner, x, labels, folds, options.progress).predictions;
  for (const split_rows& fold : folds) {
    const label_vector truth = labels.rows(fold.test), p = out.predictions.rows(fold.test);
    out.accuracy.push_back(accuracy(truth, p));
    out.macro_f1.push_back(macro_f1(truth, p));
  }
  const spread accuracies = spread::of(out.accuracy), scores = spread::of(out.macro_f1);
  out.accuracy_mean = accuracies.mean, out.accuracy_sd = accuracies.sd;
  out.macro_f1_mean = scores.mean, out.macro_f1_sd = scores.sd;
  return out;
}

AISLE_NAMESPACE_END
