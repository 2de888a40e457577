#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>

#include <aisle/base/counted.hpp>
#include <aisle/learn/detail/paired_labels.hpp>
#include <aisle/learn/ranking_metrics.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Weight of positives and negatives at or above each distinct score, by falling score.
struct cumulative_counts {
  std::vector<double> positives, negatives, thresholds;

  cumulative_counts(std::span<const std::uint8_t> positive, std::span<const double> scores,
                    std::span<const double> weights) {
    if (positive.size() != scores.size())
      throw shape_error(std::to_string(positive.size()) + " true labels and " +
                        std::to_string(scores.size()) + " scores, expected one a row");
    if (scores.empty()) throw shape_error("no rows to score, expected at least one");
    paired_labels::check_weights(weights, static_cast<std::int64_t>(scores.size()));
    std::vector<std::size_t> order;
    for (std::size_t r = 0; r < scores.size(); ++r) {
      if (is_nan(scores[r]))
        throw option_error("the score of row " + std::to_string(r) + " is NaN, expected a number");
      if (weights.empty() || weights[r] != 0) order.push_back(r);
    }
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
    double p = 0, n = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::size_t r = order[i];
      (positive[r] ? p : n) += weights.empty() ? 1.0 : weights[r];
      if (i + 1 < order.size() && scores[order[i + 1]] == scores[r]) continue;
      positives.push_back(p);
      negatives.push_back(n);
      thresholds.push_back(scores[r]);
    }
    if (thresholds.empty()) throw shape_error("every row to score has weight 0, expected one above");
  }
};

inline void check_probabilities(const label_vector& truth, std::int64_t rows, std::int64_t cols) {
  if (truth.empty()) throw shape_error("no rows to score");
  if (rows != truth.size() || cols != truth.classes().size())
    throw shape_error("probabilities of " + counted(rows, "row") + " and " +
                      counted(cols, "class", "classes") + " for " + counted(truth.size(), "label") + " of " +
                      counted(truth.classes().size(), "class", "classes") + ", expected as many of both");
}

template <class T>
double log_loss_of(const label_vector& truth, matrix_view<const T> probabilities,
                   std::span<const double> weights) {
  check_probabilities(truth, probabilities.rows(), probabilities.cols());
  paired_labels::check_weights(weights, truth.size());
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  double sum = 0, all = 0;
  for (std::int64_t r = 0; r < probabilities.rows(); ++r) {
    const T p = probabilities(r, truth.codes()[static_cast<std::size_t>(r)]);
    if (is_nan(p))
      throw option_error("the probability of row " + std::to_string(r) + " is NaN, expected a number");
    // Clipped in the type of the probabilities: 1 - epsilon has another value in each.
    const T clipped = std::clamp(p, static_cast<T>(epsilon), static_cast<T>(T{1} - static_cast<T>(epsilon)));
    const double w = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(r)];
    sum -= w * std::log(static_cast<double>(clipped));
    all += w;
  }
  return sum / all;
}

}  // namespace detail

AISLE_API roc_points roc_curve(std::span<const std::uint8_t> positive, std::span<const double> scores,
                               const curve_options& options) {
  const detail::cumulative_counts counts(positive, scores, options.sample_weights);
  const std::size_t n = counts.thresholds.size();
  const double positives = counts.positives.back(), negatives = counts.negatives.back();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto bend = [](const std::vector<double>& v, std::size_t i) {
    return (v[i + 1] - v[i]) - (v[i] - v[i - 1]) != 0;
  };
  roc_points out;
  const auto add = [&](double fp, double tp, double threshold) {
    out.fpr.push_back(negatives > 0 ? fp / negatives : nan);
    out.tpr.push_back(positives > 0 ? tp / positives : nan);
    out.thresholds.push_back(threshold);
  };
  add(0, 0, std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < n; ++i)
    if (!options.drop_intermediate || n <= 2 || i == 0 || i + 1 == n || bend(counts.negatives, i) ||
        bend(counts.positives, i))
      add(counts.negatives[i], counts.positives[i], counts.thresholds[i]);
  return out;
}

AISLE_API double auc(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    throw shape_error(std::to_string(x.size()) + " x and " + std::to_string(y.size()) + " y of a curve");
  if (x.size() < 2)
    throw option_error("the area under " + counted(x.size(), "point") + ", expected at least 2");
  double area = 0;
  bool rises = false, falls = false;
  for (std::size_t i = 1; i < x.size(); ++i) {
    rises = rises || x[i] > x[i - 1];
    falls = falls || x[i] < x[i - 1];
    area += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
  }
  if (rises && falls) throw option_error("the x of a curve neither rise nor fall throughout");
  return falls ? -area : area;
}

AISLE_API double roc_auc(std::span<const std::uint8_t> positive, std::span<const double> scores,
                         std::span<const double> sample_weights) {
  const auto curve =
      roc_curve(positive, scores, {.drop_intermediate = true, .sample_weights = sample_weights});
  return auc(curve.fpr, curve.tpr);
}

AISLE_API precision_recall_points precision_recall_curve(std::span<const std::uint8_t> positive,
                                                         std::span<const double> scores,
                                                         std::span<const double> sample_weights) {
  const detail::cumulative_counts counts(positive, scores, sample_weights);
  const double positives = counts.positives.back();
  precision_recall_points out;
  for (std::size_t i = counts.thresholds.size(); i-- > 0;) {
    const double predicted = counts.positives[i] + counts.negatives[i];
    out.precision.push_back(predicted != 0 ? counts.positives[i] / predicted : 0);
    out.recall.push_back(positives != 0 ? counts.positives[i] / positives : 1);
    out.thresholds.push_back(counts.thresholds[i]);
  }
  out.precision.push_back(1);
  out.recall.push_back(0);
  return out;
}

AISLE_API double average_precision(std::span<const std::uint8_t> positive, std::span<const double> scores,
                                   std::span<const double> sample_weights) {
  const auto curve = precision_recall_curve(positive, scores, sample_weights);
  double sum = 0;
  for (std::size_t i = 0; i + 1 < curve.recall.size(); ++i)
    sum += (curve.recall[i] - curve.recall[i + 1]) * curve.precision[i];
  return std::max(sum, 0.0);
}

AISLE_API std::vector<std::uint8_t> one_hot(const label_vector& truth) {
  const std::size_t classes = truth.classes().names().size();
  std::vector<std::uint8_t> out(truth.codes().size() * classes);
  for (std::size_t r = 0; r < truth.codes().size(); ++r)
    out[r * classes + static_cast<std::size_t>(truth.codes()[r])] = 1;
  return out;
}

AISLE_API multiclass_auc roc_auc(const label_vector& truth, matrix_view<const double> probabilities) {
  detail::check_probabilities(truth, probabilities.rows(), probabilities.cols());
  const std::int64_t classes = probabilities.cols(), rows = probabilities.rows();
  const auto counts = truth.counts();
  const auto codes = truth.codes();
  // The area of column `column` on rows of class a or b (b < 0: all), class a being positive.
  const auto area = [&](std::int64_t column, std::int64_t a, std::int64_t b) {
    std::vector<std::uint8_t> positive;
    std::vector<double> scores;
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto c = codes[static_cast<std::size_t>(r)];
      if (b >= 0 && c != a && c != b) continue;
      positive.push_back(c == a);
      scores.push_back(probabilities(r, column));
    }
    return roc_auc(positive, scores);
  };

  multiclass_auc out;
  double weight = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    out.per_class.push_back(area(c, c, -1));
    out.macro += out.per_class.back() / static_cast<double>(classes);
    if (const auto n = static_cast<double>(counts[static_cast<std::size_t>(c)]); n > 0) {
      out.weighted += n * out.per_class.back();
      weight += n;
    }
  }
  out.weighted /= weight;

  std::vector<double> all;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < classes; ++c) all.push_back(probabilities(r, c));
  out.micro = roc_auc(one_hot(truth), all);

  double pairs = 0, prevalence = 0;
  for (std::int64_t a = 0; a < classes; ++a)
    for (std::int64_t b = a + 1; b < classes; ++b) {
      const auto rows_of_pair = static_cast<double>(counts[static_cast<std::size_t>(a)]) +
                                static_cast<double>(counts[static_cast<std::size_t>(b)]);
      if (counts[static_cast<std::size_t>(a)] == 0 || counts[static_cast<std::size_t>(b)] == 0) continue;
      const double mean = (area(a, a, b) + area(b, b, a)) / 2;
      out.one_vs_one_macro += mean;
      out.one_vs_one_weighted += rows_of_pair * mean;
      prevalence += rows_of_pair;
      ++pairs;
    }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  out.one_vs_one_macro = pairs > 0 ? out.one_vs_one_macro / pairs : nan;
  out.one_vs_one_weighted = pairs > 0 ? out.one_vs_one_weighted / prevalence : nan;
  return out;
}

AISLE_API double log_loss(const label_vector& truth, matrix_view<const double> probabilities,
                          std::span<const double> sample_weights) {
  return detail::log_loss_of(truth, probabilities, sample_weights);
}
AISLE_API double log_loss(const label_vector& truth, matrix_view<const float> probabilities,
                          std::span<const double> sample_weights) {
  return detail::log_loss_of(truth, probabilities, sample_weights);
}

AISLE_API double top_k_accuracy(const label_vector& truth, matrix_view<const double> probabilities,
                                std::int64_t k) {
  detail::check_probabilities(truth, probabilities.rows(), probabilities.cols());
  if (k < 1) throw option_error("top_k_accuracy: k is " + std::to_string(k) + ", expected at least 1");
  double right = 0;
  for (std::int64_t r = 0; r < probabilities.rows(); ++r) {
    const auto t = truth.codes()[static_cast<std::size_t>(r)];
    const double p = probabilities(r, t);
    if (is_nan(p))
      throw option_error("the probability of row " + std::to_string(r) + " is NaN, expected a number");
    std::int64_t better = 0;
    for (std::int64_t c = 0; c < probabilities.cols(); ++c)
      better += probabilities(r, c) > p || (c > t && probabilities(r, c) == p);
    right += better < k;
  }
  return right / static_cast<double>(probabilities.rows());
}

AISLE_NAMESPACE_END
