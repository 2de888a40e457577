#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

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

AISLE_API double sparse_confusion::operator()(std::int64_t truth, std::int64_t predicted) const noexcept {
  const auto before = [](const confusion_cell& c, const std::pair<std::int64_t, std::int64_t>& at) {
    return std::pair(c.truth, c.predicted) < at;
  };
  const auto found = std::lower_bound(cells.begin(), cells.end(), std::pair(truth, predicted), before);
  return found != cells.end() && found->truth == truth && found->predicted == predicted ? found->count : 0;
}

AISLE_API sparse_confusion confusion_cells(const label_vector& truth, const label_vector& predicted,
                                           const metric_options& options) {
  const detail::paired_labels rows(truth, predicted, options.labels, options.sample_weights);
  const auto classes = static_cast<std::int64_t>(rows.labels.size());
  sparse_confusion out{rows.labels, {}};
  bool any = false;
  for (std::size_t r = 0; r < rows.truth.size(); ++r) {
    any = any || rows.truth[r] < classes;
    if (rows.truth[r] < classes && rows.predicted[r] < classes)
      out.cells.push_back({rows.truth[r], rows.predicted[r], rows.weight(r)});
  }
  if (!any) throw option_error("none of the labels asked for occurs in the truth");
  // Stable: a cell's rows are added up in their order.
  std::stable_sort(out.cells.begin(), out.cells.end(), [](const confusion_cell& a, const confusion_cell& b) {
    return std::pair(a.truth, a.predicted) < std::pair(b.truth, b.predicted);
  });
  std::size_t kept = 0;
  for (const confusion_cell& c : out.cells) {
    confusion_cell* last = kept > 0 ? &out.cells[kept - 1] : nullptr;
    if (last && last->truth == c.truth && last->predicted == c.predicted)
      last->count += c.count;
    else
      out.cells[kept++] = c;
  }
  out.cells.resize(kept);
  return out;
}

AISLE_API confusion confusion_matrix(const label_vector& truth, const label_vector& predicted,
                                     const metric_options& options, normalize how) {
  const sparse_confusion sparse = confusion_cells(truth, predicted, options);
  const auto classes = static_cast<std::int64_t>(sparse.labels.size());
  confusion out{sparse.labels, matrix<double>(classes, classes)};
  double total = 0;
  for (const confusion_cell& c : sparse.cells) {
    out.counts(c.truth, c.predicted) = c.count;
    total += c.count;
  }
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

namespace detail {

/// Of each class: its rows in the truth, those predicted as it, and those of both.
struct confusion_sums {
  std::vector<double> truth, predicted, right;
  double all = 0, wrong = 0;

  explicit confusion_sums(const sparse_confusion& c)
      : truth(c.labels.size()), predicted(c.labels.size()), right(c.labels.size()) {
    for (const confusion_cell& cell : c.cells) {
      const auto t = static_cast<std::size_t>(cell.truth), p = static_cast<std::size_t>(cell.predicted);
      truth[t] += cell.count;
      predicted[p] += cell.count;
      all += cell.count;
      (t == p ? right[t] : wrong) += cell.count;
    }
  }
};

}  // namespace detail

AISLE_API double balanced_accuracy(const label_vector& truth, const label_vector& predicted,
                                   std::span<const double> sample_weights) {
  const detail::confusion_sums c(
      confusion_cells(truth, predicted, {.labels = {}, .sample_weights = sample_weights}));
  double sum = 0, classes = 0;
  for (std::size_t i = 0; i < c.truth.size(); ++i) {
    if (c.truth[i] == 0) continue;
    sum += c.right[i] / c.truth[i];
    ++classes;
  }
  return sum / classes;
}

AISLE_API double cohen_kappa(const label_vector& truth, const label_vector& predicted,
                             const metric_options& options) {
  const detail::confusion_sums c(confusion_cells(truth, predicted, options));
  // Pairs of different classes: what a class's rows meet are all predictions but its own.
  double predicted_all = 0, expected = 0;
  for (const double p : c.predicted) predicted_all += p;
  for (std::size_t i = 0; i < c.truth.size(); ++i)
    expected += c.truth[i] * (predicted_all - c.predicted[i]) / c.all;
  return 1 - c.wrong / expected;
}

AISLE_API double matthews_correlation(const label_vector& truth, const label_vector& predicted,
                                      std::span<const double> sample_weights) {
  const detail::confusion_sums c(
      confusion_cells(truth, predicted, {.labels = {}, .sample_weights = sample_weights}));
  double all = 0, right = 0, both = 0, truth_squared = 0, predicted_squared = 0;
  for (std::size_t i = 0; i < c.truth.size(); ++i) {
    const double t = c.truth[i], p = c.predicted[i];
    right += c.right[i];
    all += t;
    both += t * p;
    truth_squared += t * t;
    predicted_squared += p * p;
  }
  const double scale = (all * all - predicted_squared) * (all * all - truth_squared);
  return scale == 0 ? 0 : (right * all - both) / std::sqrt(scale);
}

AISLE_NAMESPACE_END
