#pragma once

#include <cstdint>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// How well rows are known to the classes that they are put into: a classifier puts anything into one of its
/// classes, and is often sure of it. Measured by the distance to the class's mean, against those that the
/// rows it learnt from have.
///
///     const auto known = aisle::familiarity::fit(x.rows(train), labels.rows(train));
///     const std::vector<double> of_new = known.of(x_new, forest.predict(x_new));   // 0: like none of these
class familiarity {
 public:
  /// Classes of fewer rows are measured by the distances of all classes' rows.
  static constexpr std::int64_t least_rows = 20;
  /// Distances that are kept of a class.
  static constexpr std::int64_t most_distances = 101;

  familiarity() = default;
  /// From what a file holds: the mean of each class, and of each, and last of all, ascending distances.
  familiarity(matrix<float> means, std::vector<std::vector<float>> distances);

  /// Of rows [rows, features] with a label each. A row's distance is to the mean of the others of its class.
  /// Throws shape_error for no rows or sizes that differ, row_error for NaN and infinities.
  static familiarity fit(matrix_view<const float> x, const label_vector& labels);

  /// Of each row the share of the class's own rows that lie at least as far from its mean, in [0, 1];
  /// `classes` are codes in the labels' class list of fit(). Throws not_fitted_error, shape_error,
  /// option_error for a code that there is not.
  std::vector<double> of(matrix_view<const float> x, const std::vector<std::int32_t>& classes) const;

  bool fitted() const noexcept { return !distances_.empty(); }
  const matrix<float>& means() const& noexcept { return means_; }
  matrix<float> means() const&& { return means(); }
  const std::vector<std::vector<float>>& distances() const& noexcept { return distances_; }
  std::vector<std::vector<float>> distances() const&& { return distances(); }

 private:
  matrix<float> means_;  // [classes, features]; 0 for a class without rows
  std::vector<std::vector<float>>
      distances_;  // of each class, ascending, none for few rows; of all at the end
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/familiarity.ipp>
#endif
