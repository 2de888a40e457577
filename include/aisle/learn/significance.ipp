#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/detail/paired_labels.hpp>
#include <aisle/learn/significance.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void check_confidence(const double& confidence) {
  if (!is_finite(confidence) || confidence <= 0 || confidence >= 1)
    throw option_error("confidence is " + number_text(confidence) + ", expected a share between 0 and 1");
}

/// The quantile of ascending values, linear between them.
AISLE_API double sorted_quantile(std::span<const double> values, double q) {
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= values.size()) return values.back();
  return values[below] + (at - static_cast<double>(below)) * (values[below + 1] - values[below]);
}

/// Rows of each group, groups in the order of their first rows.
AISLE_API std::vector<index_vector> rows_of_groups(std::span<const std::int64_t> groups) {
  std::vector<index_vector> out;
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t r = 0; r < groups.size(); ++r) {
    const auto place = places.emplace(groups[r], out.size());
    if (place.second) out.emplace_back();
    out[place.first->second].push_back(static_cast<std::int64_t>(r));
  }
  return out;
}

/// Counts of a resample's rows by class, and their macro F1.
struct f1_counts {
  std::vector<std::int64_t> truth, predicted, right;

  explicit f1_counts(std::size_t classes) : truth(classes), predicted(classes), right(classes) {}
  void add(const paired_labels& rows, std::size_t r) {
    const auto t = static_cast<std::size_t>(rows.truth[r]), p = static_cast<std::size_t>(rows.predicted[r]);
    ++truth[t];
    ++predicted[p];
    if (t == p) ++right[t];
  }
  double macro_f1() const {
    double sum = 0, classes = 0;
    for (std::size_t c = 0; c < truth.size(); ++c) {
      if (truth[c] + predicted[c] == 0) continue;
      sum += 2 * static_cast<double>(right[c]) / static_cast<double>(truth[c] + predicted[c]);
      ++classes;
    }
    return classes > 0 ? sum / classes : 0;
  }
};

}  // namespace detail

AISLE_API double normal_quantile(double probability) {
  if (!is_finite(probability) || probability <= 0 || probability >= 1)
    throw option_error("probability is " + detail::number_text(probability) + ", expected between 0 and 1");
  // Halving: erfc is exact to the last bits, and this is called once a table.
  double low = -40, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::numbers::sqrt2) / 2 < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

AISLE_API interval wilson_interval(double share, double rows, double confidence) {
  detail::check_confidence(confidence);
  if (!is_finite(rows) || rows <= 0)
    throw option_error("an interval of " + detail::number_text(rows) + " rows, expected more than none");
  if (!is_finite(share) || share < 0 || share > 1)
    throw option_error("share is " + detail::number_text(share) + ", expected between 0 and 1");
  const double z = normal_quantile(0.5 + confidence / 2), square = z * z / rows;
  const double centre = (share + square / 2) / (1 + square),
               half = std::sqrt(share * (1 - share) * square + square * square / 4) / (1 + square);
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

AISLE_API double effective_rows(std::span<const std::uint8_t> right, std::span<const std::int64_t> groups) {
  if (right.empty() || right.size() != groups.size())
    throw shape_error(std::to_string(right.size()) + " rows and " + std::to_string(groups.size()) +
                      " groups, expected one group a row and at least one row");
  const auto rows = static_cast<double>(right.size());
  double share = 0;
  for (const std::uint8_t r : right) share += r != 0 ? 1 / rows : 0;
  double sum = 0, count = 0;
  for (const index_vector& group : detail::rows_of_groups(groups)) {
    double off = 0;
    for (const std::int64_t r : group) off += (right[static_cast<std::size_t>(r)] != 0 ? 1.0 : 0.0) - share;
    sum += off * off;
    ++count;
  }
  if (sum <= 0 || share * (1 - share) <= 0) return count;
  return std::min(rows, share * (1 - share) * rows * rows / sum);
}

AISLE_API interval bootstrap_macro_f1(const label_vector& truth, const label_vector& predicted,
                                      const bootstrap_options& options) {
  detail::check_confidence(options.confidence);
  if (options.resamples < 2)
    throw option_error("resamples is " + std::to_string(options.resamples) + ", expected at least 2");
  const detail::paired_labels rows(truth, predicted, {}, {});
  if (!options.groups.empty() && options.groups.size() != rows.truth.size())
    throw shape_error(std::to_string(options.groups.size()) + " groups and " +
                      std::to_string(rows.truth.size()) + " labels, expected one group a row");
  const std::vector<index_vector> groups = detail::rows_of_groups(options.groups);
  std::vector<double> scores(static_cast<std::size_t>(options.resamples));
  parallel_for(options.resamples, options.threads, [&](std::int64_t i) {
    throw_if_interrupted();
    random_generator random(stream_seed(options.seed, static_cast<std::uint64_t>(i)));
    detail::f1_counts counts(rows.labels.size());
    if (groups.empty())
      for (std::size_t k = 0; k < rows.truth.size(); ++k)
        counts.add(rows, static_cast<std::size_t>(random.below(rows.truth.size())));
    else
      for (std::size_t k = 0; k < groups.size(); ++k)
        for (const std::int64_t r : groups[static_cast<std::size_t>(random.below(groups.size()))])
          counts.add(rows, static_cast<std::size_t>(r));
    scores[static_cast<std::size_t>(i)] = counts.macro_f1();
  });
  std::sort(scores.begin(), scores.end());
  const double tail = (1 - options.confidence) / 2;
  return {detail::sorted_quantile(scores, tail), detail::sorted_quantile(scores, 1 - tail)};
}

AISLE_API mcnemar_result mcnemar_test(std::int64_t only_first, std::int64_t only_second) {
  if (only_first < 0 || only_second < 0) throw option_error("a negative number of rows");
  mcnemar_result out{only_first, only_second, true, 1};
  const std::int64_t n = only_first + only_second, least = std::min(only_first, only_second);
  out.exact = n < 25;
  if (n == 0) return out;
  if (out.exact) {
    double term = std::ldexp(1.0, -static_cast<int>(n)), below = 0;  // of a fair coin
    for (std::int64_t i = 0; i <= least; ++i) {
      below += term;
      term *= static_cast<double>(n - i) / static_cast<double>(i + 1);
    }
    out.p_value = std::min(1.0, 2 * below);
    return out;
  }
  const double difference = std::max(0.0, static_cast<double>(n - 2 * least) - 1);
  out.p_value = std::erfc(std::sqrt(difference * difference / static_cast<double>(n) / 2));
  return out;
}

AISLE_API mcnemar_result mcnemar_test(const label_vector& truth, const label_vector& first,
                                      const label_vector& second) {
  const detail::paired_labels a(truth, first, {}, {}), b(truth, second, {}, {});
  std::int64_t only_first = 0, only_second = 0;
  for (std::size_t r = 0; r < a.truth.size(); ++r) {
    const bool one = a.truth[r] == a.predicted[r], other = b.truth[r] == b.predicted[r];
    only_first += one && !other;
    only_second += other && !one;
  }
  return mcnemar_test(only_first, only_second);
}

AISLE_NAMESPACE_END
