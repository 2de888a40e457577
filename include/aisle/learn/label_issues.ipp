#pragma once

#include <algorithm>
#include <numeric>

#include <aisle/learn/detail/probabilities.hpp>
#include <aisle/learn/label_issues.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The likeliest class of a row but for one, -1 for none.
AISLE_API std::int32_t likeliest_but(std::span<const float> p, std::int32_t without) {
  std::int32_t best = -1;
  for (std::size_t c = 0; c < p.size(); ++c)
    if (static_cast<std::int32_t>(c) != without && (best < 0 || p[c] > p[static_cast<std::size_t>(best)]))
      best = static_cast<std::int32_t>(c);
  return best;
}

/// The likeliest of the classes that are confident of a row, -1 where none is.
AISLE_API std::int32_t confident_class(std::span<const float> p, const std::vector<double>& thresholds) {
  std::int32_t best = -1;
  for (std::size_t c = 0; c < p.size(); ++c)
    if (static_cast<double>(p[c]) >= thresholds[c] && (best < 0 || p[c] > p[static_cast<std::size_t>(best)]))
      best = static_cast<std::int32_t>(c);
  return best;
}

}  // namespace detail

AISLE_API double label_issues::wrong() const {
  double out = 0;
  for (std::int64_t i = 0; i < estimated.rows(); ++i)
    for (std::int64_t j = 0; j < estimated.cols(); ++j) out += i == j ? 0 : estimated(i, j);
  return out;
}

AISLE_API label_issues find_label_issues(const label_vector& labels, matrix_view<const float> p) {
  detail::require_probabilities(labels, p);
  const std::int64_t classes = p.cols();
  const auto counts = labels.counts();
  label_issues out;
  out.thresholds.assign(static_cast<std::size_t>(classes), 0.0);
  for (std::int64_t r = 0; r < p.rows(); ++r) {
    const auto given = static_cast<std::size_t>(labels.codes()[static_cast<std::size_t>(r)]);
    out.thresholds[given] += static_cast<double>(p.row(r)[given]) / static_cast<double>(counts[given]);
  }
  for (std::size_t c = 0; c < counts.size(); ++c)
    if (counts[c] == 0) out.thresholds[c] = 2;
  out.estimated = matrix<double>(classes, classes);
  for (std::int64_t r = 0; r < p.rows(); ++r) {
    const auto row = p.row(r);
    const std::int32_t given = labels.codes()[static_cast<std::size_t>(r)],
                       confident = detail::confident_class(row, out.thresholds),
                       other = detail::likeliest_but(row, given);
    if (confident >= 0) out.estimated(given, confident) += 1;
    if (other < 0) continue;
    const auto at = [&](std::int32_t c) { return static_cast<double>(row[static_cast<std::size_t>(c)]); };
    if (at(other) <= at(given)) continue;
    const bool counted = confident >= 0 && confident != given && at(confident) > at(given);
    const std::int32_t suggested = counted ? confident : other;
    out.issues.push_back({r, given, suggested, at(given), at(suggested),
                          counted && at(suggested) >= label_issue::least_odds * at(given)});
  }
  for (std::int64_t i = 0; i < classes; ++i) {
    const auto row = out.estimated.row(i);
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    for (double& v : row) v *= sum > 0 ? static_cast<double>(counts[static_cast<std::size_t>(i)]) / sum : 0;
  }
  std::stable_sort(out.issues.begin(), out.issues.end(), [](const label_issue& a, const label_issue& b) {
    return a.given_probability - a.suggested_probability < b.given_probability - b.suggested_probability;
  });
  return out;
}

AISLE_API filing precision_threshold(std::span<const double> confidence, std::span<const std::uint8_t> right,
                                     double precision) {
  if (confidence.size() != right.size())
    throw shape_error(std::to_string(confidence.size()) + " confidences and " + std::to_string(right.size()) +
                      " verdicts, expected one a row");
  if (!is_finite(precision) || precision <= 0 || precision > 1)
    throw option_error("precision is " + detail::number_text(precision) + ", expected above 0, at most 1");
  detail::require_numbers("confidence", matrix_view<const double>(confidence));
  std::vector<std::size_t> order(confidence.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return confidence[a] > confidence[b]; });
  filing out;
  std::int64_t rows = 0, good = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    ++rows;
    good += right[order[i]] != 0;
    if (i + 1 < order.size() && confidence[order[i + 1]] == confidence[order[i]]) continue;
    // 99 of 100 are 99 %, whatever 0.99 is in binary.
    const double of_these = static_cast<double>(good) / static_cast<double>(rows);
    if (of_these + 1e-12 >= precision) out = {confidence[order[i]], rows, of_these};
  }
  return out;
}

AISLE_NAMESPACE_END
