#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/familiarity.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API double distance_of(std::span<const float> a, std::span<const float> b) {
  double square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    square += d * d;
  }
  return std::sqrt(square);
}

/// Ascending; of many the quantiles.
AISLE_API std::vector<float> kept_distances(std::vector<float> all) {
  std::sort(all.begin(), all.end());
  const auto most = static_cast<std::size_t>(familiarity::most_distances);
  if (all.size() <= most) return all;
  std::vector<float> out;
  for (std::size_t i = 0; i < most; ++i) out.push_back(all[i * (all.size() - 1) / (most - 1)]);
  return out;
}

}  // namespace detail

AISLE_API familiarity::familiarity(matrix<float> means, std::vector<std::vector<float>> distances)
    : means_(std::move(means)), distances_(std::move(distances)) {
  if (static_cast<std::int64_t>(distances_.size()) != means_.rows() + 1 || distances_.back().empty())
    throw shape_error("distances of " + std::to_string(distances_.size()) + " classes, expected " +
                      std::to_string(means_.rows()) + " and those of all");
  for (const std::vector<float>& d : distances_)
    if (!std::is_sorted(d.begin(), d.end()) || !all_finite(std::span<const float>(d)))
      throw shape_error("distances that are not ascending numbers");
}

AISLE_API familiarity familiarity::fit(matrix_view<const float> x, const label_vector& labels) {
  if (x.rows() == 0 || x.rows() != labels.size())
    throw shape_error(std::to_string(x.rows()) + " rows and " + std::to_string(labels.size()) +
                      " labels, expected one a row and at least one row");
  detail::require_numbers("features", x);
  const auto counts = labels.counts();
  matrix<double> sums(static_cast<std::int64_t>(counts.size()), x.cols());
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    auto sum = sums.row(labels.codes()[static_cast<std::size_t>(r)]);
    const auto row = x.row(r);
    for (std::size_t c = 0; c < row.size(); ++c) sum[c] += static_cast<double>(row[c]);
  }
  matrix<float> means(sums.rows(), x.cols());
  for (std::int64_t k = 0; k < means.rows(); ++k)
    for (std::int64_t c = 0; c < means.cols(); ++c) {
      const auto n = counts[static_cast<std::size_t>(k)];
      means(k, c) = n > 0 ? static_cast<float>(sums(k, c) / static_cast<double>(n)) : 0.0f;
    }
  std::vector<std::vector<float>> distances(counts.size());
  std::vector<float> all;
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    const auto code = labels.codes()[static_cast<std::size_t>(r)];
    const auto n = static_cast<double>(counts[static_cast<std::size_t>(code)]);
    if (n < 2) continue;
    // Without the row itself the mean is n / (n - 1) times as far.
    const auto d = static_cast<float>(detail::distance_of(x.row(r), means.row(code)) * n / (n - 1));
    if (!is_finite(d))
      throw shape_error("features of row " + std::to_string(r) +
                        " are too far from others of their class for a distance");
    distances[static_cast<std::size_t>(code)].push_back(d);
    all.push_back(d);
  }
  for (auto& d : distances)
    d = static_cast<std::int64_t>(d.size()) < least_rows ? std::vector<float>()
                                                         : detail::kept_distances(std::move(d));
  if (all.empty()) all.push_back(0);  // every class has one row
  distances.push_back(detail::kept_distances(std::move(all)));
  return familiarity(std::move(means), std::move(distances));
}

AISLE_API std::vector<double> familiarity::of(matrix_view<const float> x,
                                              const std::vector<std::int32_t>& classes) const {
  if (!fitted()) throw not_fitted_error("this familiarity has not been fitted: familiarity::fit makes one");
  if (x.cols() != means_.cols() || x.rows() != static_cast<std::int64_t>(classes.size()))
    throw shape_error(std::to_string(x.rows()) + " rows of " + std::to_string(x.cols()) + " features and " +
                      std::to_string(classes.size()) + " classes, expected one a row and " +
                      std::to_string(means_.cols()) + " features");
  std::vector<double> out;
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    const std::int32_t code = classes[static_cast<std::size_t>(r)];
    if (code < 0 || code >= means_.rows()) detail::throw_code(code, means_.rows());
    const std::vector<float>& own = distances_[static_cast<std::size_t>(code)];
    const std::vector<float>& d = own.empty() ? distances_.back() : own;
    const double distance = detail::distance_of(x.row(r), means_.row(code));
    const auto nearer = std::lower_bound(d.begin(), d.end(), static_cast<float>(distance)) - d.begin();
    out.push_back(1 - static_cast<double>(nearer) / static_cast<double>(d.size()));
  }
  return out;
}

AISLE_NAMESPACE_END
