#pragma once

#include <algorithm>
#include <map>
#include <numeric>

#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/near_duplicates.hpp>
#include <aisle/learn/nearest.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API row_clusters::row_clusters(std::int64_t rows) : parent_(static_cast<std::size_t>(rows)) {
  std::iota(parent_.begin(), parent_.end(), std::int64_t{0});
}

AISLE_API std::int64_t row_clusters::first_of(std::int64_t row) {
  auto& parent = parent_.at(static_cast<std::size_t>(row));
  while (parent != parent_[static_cast<std::size_t>(parent)])
    parent = parent_[static_cast<std::size_t>(parent)];
  return parent;
}

AISLE_API void row_clusters::link(std::int64_t a, std::int64_t b) {
  const std::int64_t one = first_of(a), other = first_of(b);
  parent_[static_cast<std::size_t>(std::max(one, other))] = std::min(one, other);
}

AISLE_API std::vector<index_vector> row_clusters::clusters() {
  std::map<std::int64_t, index_vector> of_first;
  for (std::int64_t r = 0; r < static_cast<std::int64_t>(parent_.size()); ++r)
    of_first[first_of(r)].push_back(r);
  std::vector<index_vector> out;
  for (auto& [first, rows] : of_first)
    if (rows.size() > 1) out.push_back(std::move(rows));
  return out;
}

AISLE_API std::vector<index_vector> near_duplicates(matrix_view<const float> rows,
                                                    const duplicate_options& options) {
  if (!is_finite(options.least_cosine) || options.least_cosine <= 0 || options.least_cosine > 1)
    throw option_error("least_cosine is " + detail::number_text(options.least_cosine) +
                       ", expected above 0, at most 1");
  if (options.k < 1) throw option_error("k is " + std::to_string(options.k) + ", expected at least 1");
  if (rows.rows() < 2) return {};
  detail::require_numbers("vectors", rows);
  matrix<float> x(rows.rows(), rows.cols());
  for (std::int64_t c = 0; c < rows.cols(); ++c) {
    double mean = 0;
    for (std::int64_t r = 0; options.centred && r < rows.rows(); ++r)
      mean += static_cast<double>(rows(r, c)) / static_cast<double>(rows.rows());
    for (std::int64_t r = 0; r < rows.rows(); ++r)
      x(r, c) = static_cast<float>(static_cast<double>(rows(r, c)) - mean);
  }
  // One more: the nearest row is mostly the row itself.
  const neighbours<float> found = nearest(x, x, {.k = options.k + 1, .threads = options.threads});
  row_clusters clusters(rows.rows());
  for (std::int64_t r = 0; r < rows.rows(); ++r)
    for (std::int64_t i = 0; i < found.scores.cols(); ++i)
      // Equal vectors may be a last bit short of 1.
      if (static_cast<double>(found.scores(r, i)) >= options.least_cosine - 1e-6)
        clusters.link(r, found.indices(r, i));
  return clusters.clusters();
}

AISLE_NAMESPACE_END
