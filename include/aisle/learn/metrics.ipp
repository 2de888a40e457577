#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <aisle/learn/detail/paired_labels.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// a / b, or what `zero_division` says for 0/0 and x/0.
inline double divide(double a, double b, double zero_division) { return b == 0 ? zero_division : a / b; }

/// Mean without NaN, weighted if `weights` are given and their sum is not 0 (scikit-learn's _nanaverage).
inline double mean_of(const std::vector<prf_score>& scores, double prf_score::*member,
                      const std::vector<double>& weights) {
  double sum = 0, weight = 0, plain = 0, count = 0;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    const double v = scores[c].*member;
    if (is_nan(v)) continue;
    plain += v;
    ++count;
    if (!weights.empty()) {
      sum += v * weights[c];
      weight += weights[c];
    }
  }
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return weight != 0 ? sum / weight : plain / count;
}

}  // namespace detail

AISLE_API double accuracy(const label_vector& truth, const label_vector& predicted,
                          std::span<const double> sample_weights) {
  const detail::paired_labels rows(truth, predicted, {}, sample_weights);
  double right = 0, all = 0;
  for (std::size_t r = 0; r < rows.truth.size(); ++r) {
    const double w = rows.weight(r);
    all += w;
    if (rows.truth[r] == rows.predicted[r]) right += w;
  }
  return right / all;
}

AISLE_API class_scores precision_recall_f1(const label_vector& truth, const label_vector& predicted,
                                           const metric_options& options) {
  const detail::paired_labels rows(truth, predicted, options.labels, options.sample_weights);
  const detail::class_sums sums(rows);
  class_scores out;
  out.labels = rows.labels;
  const std::size_t classes = rows.labels.size();
  double right = 0, in_truth = 0, in_prediction = 0;
  const auto score = [&](double t, double actual, double p) {
    return prf_score{detail::divide(t, p, options.zero_division),
                     detail::divide(t, actual, options.zero_division),
                     detail::divide(2 * t, actual + p, options.zero_division)};
  };
  for (std::size_t c = 0; c < classes; ++c) {
    out.scores.push_back(score(sums.right[c], sums.truth[c], sums.predicted[c]));
    right += sums.right[c];
    in_truth += sums.truth[c];
    in_prediction += sums.predicted[c];
  }
  out.support = sums.truth;
  out.micro = score(right, in_truth, in_prediction);
  for (const auto member : {&prf_score::precision, &prf_score::recall, &prf_score::f1}) {
    out.macro.*member = detail::mean_of(out.scores, member, {});
    out.weighted.*member = detail::mean_of(out.scores, member, out.support);
  }
  return out;
}

AISLE_API double macro_f1(const label_vector& truth, const label_vector& predicted) {
  return precision_recall_f1(truth, predicted).macro.f1;
}

AISLE_API confusion confusion_matrix(const label_vector& truth, const label_vector& predicted,
                                     const metric_options& options, normalize how) {
  const detail::paired_labels rows(truth, predicted, options.labels, options.sample_weights);
  const auto classes = static_cast<std::int64_t>(rows.labels.size());
  confusion out{rows.labels, matrix<double>(classes, classes)};
  bool any = false;
  double total = 0;
  for (std::size_t r = 0; r < rows.truth.size(); ++r) {
    any = any || rows.truth[r] < classes;
    if (rows.truth[r] >= classes || rows.predicted[r] >= classes) continue;
    out.counts(rows.truth[r], rows.predicted[r]) += rows.weight(r);
    total += rows.weight(r);
  }
  if (!any) throw option_error("none of the labels asked for occurs in the truth");
  if (how == normalize::none) return out;
  matrix<double>& m = out.counts;
  std::vector<double> by_row(static_cast<std::size_t>(classes)), by_column(by_row);
  for (std::int64_t i = 0; i < classes; ++i)
    for (std::int64_t j = 0; j < classes; ++j) {
      by_row[static_cast<std::size_t>(i)] += m(i, j);
      by_column[static_cast<std::size_t>(j)] += m(i, j);
    }
  for (std::int64_t i = 0; i < classes; ++i)
    for (std::int64_t j = 0; j < classes; ++j) {
      const double by = how == normalize::by_truth        ? by_row[static_cast<std::size_t>(i)]
                        : how == normalize::by_prediction ? by_column[static_cast<std::size_t>(j)]
                                                          : total;
      m(i, j) = detail::divide(m(i, j), by, 0);
    }
  return out;
}

AISLE_API double balanced_accuracy(const label_vector& truth, const label_vector& predicted,
                                   std::span<const double> sample_weights) {
  const auto c =
      confusion_matrix(truth, predicted, {.labels = {}, .sample_weights = sample_weights}, normalize::none)
          .counts;
  double sum = 0, classes = 0;
  for (std::int64_t i = 0; i < c.rows(); ++i) {
    double all = 0;
    for (const double v : c.row(i)) all += v;
    if (all == 0) continue;
    sum += c(i, i) / all;
    ++classes;
  }
  return sum / classes;
}

AISLE_API double cohen_kappa(const label_vector& truth, const label_vector& predicted,
                             const metric_options& options) {
  const auto c = confusion_matrix(truth, predicted, options).counts;
  std::vector<double> by_row(static_cast<std::size_t>(c.rows())), by_column(by_row);
  double all = 0, observed = 0, expected = 0;
  for (std::int64_t i = 0; i < c.rows(); ++i)
    for (std::int64_t j = 0; j < c.cols(); ++j) {
      by_row[static_cast<std::size_t>(i)] += c(i, j);
      by_column[static_cast<std::size_t>(j)] += c(i, j);
      all += c(i, j);
      if (i != j) observed += c(i, j);
    }
  for (std::size_t i = 0; i < by_row.size(); ++i)
    for (std::size_t j = 0; j < by_row.size(); ++j)
      if (i != j) expected += by_column[i] * by_row[j] / all;
  return 1 - observed / expected;
}

AISLE_API double matthews_correlation(const label_vector& truth, const label_vector& predicted,
                                      std::span<const double> sample_weights) {
  const auto c = confusion_matrix(truth, predicted, {.labels = {}, .sample_weights = sample_weights}).counts;
  double all = 0, right = 0, both = 0, truth_squared = 0, predicted_squared = 0;
  for (std::int64_t i = 0; i < c.rows(); ++i) {
    double t = 0, p = 0;
    for (std::int64_t j = 0; j < c.cols(); ++j) {
      t += c(i, j);
      p += c(j, i);
    }
    right += c(i, i);
    all += t;
    both += t * p;
    truth_squared += t * t;
    predicted_squared += p * p;
  }
  const double scale = (all * all - predicted_squared) * (all * all - truth_squared);
  return scale == 0 ? 0 : (right * all - both) / std::sqrt(scale);
}

AISLE_NAMESPACE_END
