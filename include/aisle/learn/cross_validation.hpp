#pragma once

#include <cstdint>
#include <memory>
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

struct cross_validation_options {
  int folds = 5;
  std::uint64_t seed = 42;          ///< of the folds; the learner has its own
  progress_callback progress = {};  ///< after every fold
};

struct cross_validation_result {
  std::vector<double> accuracy, macro_f1;  ///< of each fold's test side
  double accuracy_mean = 0, accuracy_sd = 0;
  double macro_f1_mean = 0, macro_f1_sd = 0;  ///< deviations are of a sample (n - 1)
  /// For every row the class predicted by the learner that did not see it.
  label_vector predictions;
};

/// Fits a copy of `learner` (its options, not what it learnt) on each side of stratified folds and scores it
/// on the other. A class without rows on a fold's train side cannot be predicted there and costs macro F1.
/// Throws what stratified_folds and fit throw.
template <class T>
cross_validation_result cross_validate(const classifier<T>& learner,
                                       matrix_view<const std::type_identity_t<T>> x,
                                       const label_vector& labels,
                                       const cross_validation_options& options = {}) {
  if (x.rows() != labels.size())
    throw shape_error("cross_validate: " + std::to_string(x.rows()) + " rows of features and " +
                      std::to_string(labels.size()) + " labels, expected one label a row");
  cross_validation_result out;
  std::vector<std::int32_t> predicted(static_cast<std::size_t>(labels.size()), 0);
  for (const auto& [train, test] : stratified_folds(labels, {.folds = options.folds, .seed = options.seed})) {
    const auto model = learner.unfitted();
    model->fit(x.rows(train), labels.rows(train));
    const auto p = model->predict(x.rows(test));
    const auto truth = labels.rows(test);
    out.accuracy.push_back(accuracy(truth, p));
    out.macro_f1.push_back(macro_f1(truth, p));
    for (std::size_t i = 0; i < test.size(); ++i) predicted[static_cast<std::size_t>(test[i])] = p.codes()[i];
    if (options.progress)
      options.progress(
          {"cross_validation", static_cast<std::int64_t>(out.accuracy.size()), options.folds, "folds"});
  }
  out.predictions = label_vector(std::move(predicted), labels.shared_classes());
  const spread accuracies = spread::of(out.accuracy), scores = spread::of(out.macro_f1);
  out.accuracy_mean = accuracies.mean, out.accuracy_sd = accuracies.sd;
  out.macro_f1_mean = scores.mean, out.macro_f1_sd = scores.sd;
  return out;
}

AISLE_NAMESPACE_END
