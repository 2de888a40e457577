#pragma once

#include <cstdint>
#include <span>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/learn/labels.hpp>

// How far scores of few rows can be trusted, and whether two classifiers differ at all.

AISLE_NAMESPACE_BEGIN

struct interval {
  double low = 0, high = 0;
};

/// What of a standard normal lies below: the inverse of its distribution, for `probability` in (0, 1).
double normal_quantile(double probability);

/// Interval of a share of which `share` was seen in `rows` rows (Wilson 1927; without continuity correction).
/// `rows` may be a number of rows that others stand for (effective_rows). Throws option_error for no rows, a
/// share outside [0, 1] and a confidence outside (0, 1).
interval wilson_interval(double share, double rows, double confidence = 0.95);

/// How many rows that stand for themselves tell as much of the share of `right` as these in groups do: the
/// variance of the share over that of group sums (Kish's design effect; Korn and Graubard 1998), at most the
/// rows. Where all rows are alike there is no variance: as many as there are groups. Throws shape_error for
/// no rows or sizes that differ.
double effective_rows(std::span<const std::uint8_t> right, std::span<const std::int64_t> groups);

struct bootstrap_options {
  int resamples = 1000;
  double confidence = 0.95;
  std::uint64_t seed = 42;
  /// Rows of equal numbers are drawn together; empty: every row stands for itself.
  std::span<const std::int64_t> groups = {};
  int threads = 0;
};

/// Percentile interval of macro_f1 when rows (or groups) are drawn with replacement (Efron 1979); quantiles
/// are linear between order statistics. Classes of a resample are those that occur in it. Throws what
/// macro_f1 throws, and option_error for fewer than 2 resamples or a confidence outside (0, 1).
interval bootstrap_macro_f1(const label_vector& truth, const label_vector& predicted,
                            const bootstrap_options& options = {});

/// McNemar's test of two classifiers on the same rows.
struct mcnemar_result {
  std::int64_t only_first = 0, only_second = 0;  ///< rows that only this one has right
  bool exact = true;   ///< by the binomial distribution: fewer than 25 such rows; else chi-square
  double p_value = 1;  ///< of a difference as large, or larger, where there is none
};
/// With 25 or more rows that only one has right the statistic is (|b - c| - 1)^2 / (b + c), chi-square of one
/// degree of freedom (Edwards 1948). Rows count as independent. Throws shape_error when lengths differ.
mcnemar_result mcnemar_test(const label_vector& truth, const label_vector& first, const label_vector& second);
/// The same from counts.
mcnemar_result mcnemar_test(std::int64_t only_first, std::int64_t only_second);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/significance.ipp>
#endif
