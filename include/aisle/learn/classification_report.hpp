#pragma once

#include <string>
#include <vector>

#include <aisle/learn/metrics.hpp>

AISLE_NAMESPACE_BEGIN

struct report_options {
  /// Classes of the rows, in this order; empty: all that occur, sorted.
  std::vector<std::string> labels = {};
  /// Names printed in place of the classes, one each; empty: the classes' own.
  std::vector<std::string> target_names = {};
  std::span<const double> sample_weights = {};
  bool weights_are_counts = false;  ///< so many rows alike: supports are printed as without weights
  int digits = 2;
  double zero_division = 0;
};

/// Precision, recall, F1 and support of every class and their averages as text, byte for byte what
/// scikit-learn's classification_report prints (supports as floats where it prints floats: with sample
/// weights, and when no prediction is right). Throws option_error when the number of target names is not that
/// of the classes.
std::string classification_report(const label_vector& truth, const label_vector& predicted,
                                  const report_options& options = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/classification_report.ipp>
#endif
