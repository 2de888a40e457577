#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// Features less their mean, divided by their standard deviation (of the population); a feature that does not
/// vary is divided by 1. Sums are kept in double. The figures of scikit-learn's StandardScaler.
template <class T = float>
class standard_scaler {
 public:
  standard_scaler() = default;

  /// Throws shape_error for no rows, row_error for NaN and infinities.
  static standard_scaler fit(matrix_view<const T> x) {
    if (x.empty())
      throw shape_error("nothing to fit a scaler on: " + counted(x.rows(), "row") + " of " +
                        counted(x.cols(), "feature"));
    detail::require_numbers("features", x);
    const auto rows = static_cast<double>(x.rows());
    standard_scaler out;
    out.mean_.assign(static_cast<std::size_t>(x.cols()), 0.0);
    out.variance_ = out.mean_;
    for (std::int64_t r = 0; r < x.rows(); ++r)
      for (std::size_t c = 0; c < out.mean_.size(); ++c) out.mean_[c] += static_cast<double>(x.row(r)[c]);
    for (double& v : out.mean_) v /= rows;
    // Two passes: squares of large values minus the square of a large mean would leave nothing. What rounding
    // left of the mean is corrected for (Chan, Golub, LeVeque 1983).
    std::vector<double> residue(out.mean_.size(), 0.0);
    for (std::int64_t r = 0; r < x.rows(); ++r)
      for (std::size_t c = 0; c < out.mean_.size(); ++c) {
        const double d = static_cast<double>(x.row(r)[c]) - out.mean_[c];
        out.variance_[c] += d * d;
        residue[c] += d;
      }
    for (std::size_t c = 0; c < out.mean_.size(); ++c) {
      out.variance_[c] = (out.variance_[c] - residue[c] * residue[c] / rows) / rows;
      // Of a constant feature rounding may leave a variance of its last bits, of either sign: that is none.
      const double noise = rows * 2.2e-16 * out.mean_[c];
      if (out.variance_[c] <= noise * noise) out.variance_[c] = 0;
      if (!is_finite(out.mean_[c]) || !is_finite(out.variance_[c]))
        throw row_error("features", largest_row(x, static_cast<std::int64_t>(c)), std::to_string(c),
                        "too large a number: the feature's variance overflows");
      out.scale_.push_back(out.variance_[c] > 0 ? std::sqrt(out.variance_[c]) : 1.0);
    }
    return out;
  }

  /// Throws not_fitted_error before fit, shape_error for another number of features, row_error for NaN,
  /// infinities and numbers that scaling makes infinite.
  matrix<T> transform(matrix_view<const T> x) const {
    if (mean_.empty())
      throw not_fitted_error("this scaler has not been fitted: standard_scaler::fit makes one");
    detail::require_numbers("features", x);
    if (x.cols() != static_cast<std::int64_t>(mean_.size()))
      throw shape_error("rows of " + counted(x.cols(), "feature") + " for a scaler of " +
                        std::to_string(mean_.size()));
    matrix<T> out(x.rows(), x.cols());
    for (std::int64_t r = 0; r < x.rows(); ++r)
      for (std::size_t c = 0; c < mean_.size(); ++c) {
        T& scaled = out.row(r)[c];
        scaled = static_cast<T>((static_cast<double>(x.row(r)[c]) - mean_[c]) / scale_[c]);
        if (!is_finite(scaled))
          throw row_error("features", r, std::to_string(c), "too large a number: scaled it overflows");
      }
    return out;
  }

  const std::vector<double>& mean() const& noexcept { return mean_; }
  std::vector<double> mean() const&& { return mean(); }
  const std::vector<double>& variance() const& noexcept { return variance_; }  ///< of the population
  std::vector<double> variance() const&& { return variance(); }
  const std::vector<double>& scale() const& noexcept { return scale_; }
  std::vector<double> scale() const&& { return scale(); }

 private:
  static std::int64_t largest_row(matrix_view<const T> x, std::int64_t column) {
    std::int64_t at = 0;
    for (std::int64_t r = 1; r < x.rows(); ++r)
      if (detail::magnitude_bits(x(r, column)) > detail::magnitude_bits(x(at, column))) at = r;
    return at;
  }
  std::vector<double> mean_, variance_, scale_;
};

AISLE_EXTERN_TEMPLATE(class standard_scaler<float>)
AISLE_EXTERN_TEMPLATE(class standard_scaler<double>)

AISLE_NAMESPACE_END
