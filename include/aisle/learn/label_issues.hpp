#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

// What a classifier that has not seen a row thinks of its label: which are likely wrong, and from which
// confidence on rows can be filed unseen. Probabilities are those of rows that the classifier was not fitted
// on (out_of_fold), in the order of the labels' class list.

AISLE_NAMESPACE_BEGIN

/// A row whose label is likely wrong.
struct label_issue {
  std::int64_t row = 0;
  std::int32_t given = 0, suggested = 0;  ///< class codes
  double given_probability = 0, suggested_probability = 0;
  /// Whether confident learning counts it (the suggested class is at least as sure of this row as it is, on
  /// the average, of rows that have its label) and the suggested class is least_odds times as likely as the
  /// given one: a classifier that knows nothing prefers most labels by a little.
  bool confident = false;

  static constexpr double least_odds = 2;
};

struct label_issues {
  /// Mean probability of each class on the rows that are labelled so: what is confident of a class. Above 1
  /// for classes without rows.
  std::vector<double> thresholds;
  /// (given, suggested): how many rows with the first label are really of the second, estimated: the
  /// confident ones (the joint of Northcutt, Jiang, Chuang 2021), scaled to the rows of each label.
  matrix<double> estimated;
  /// Rows of which the likeliest class is not the given one; first those where the given one falls short
  /// most.
  std::vector<label_issue> issues;

  /// Rows whose label is wrong, by the estimate.
  double wrong() const;
};

/// Confident learning. Throws shape_error unless there is a row a label and a column a class, row_error for
/// what is no probability.
label_issues find_label_issues(const label_vector& labels, matrix_view<const float> probabilities);

/// From which confidence on predictions are as precise as asked for.
struct filing {
  double threshold = 1;   ///< the least; nothing can be filed: 1 and no rows
  std::int64_t rows = 0;  ///< that are at least as sure
  double precision = 0;   ///< of those rows
};

/// The least threshold such that of the rows that are at least as sure `precision` are right; equally sure
/// rows are filed together or not at all. Throws shape_error when lengths differ, option_error for a
/// precision outside (0, 1].
filing precision_threshold(std::span<const double> confidence, std::span<const std::uint8_t> right,
                           double precision = 0.99);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/label_issues.ipp>
#endif
