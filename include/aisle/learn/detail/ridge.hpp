#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/tensor/matrix.hpp>

// What learn/kernel_ridge.hpp computes with: overloads for float and double, defined once.

AISLE_NAMESPACE_BEGIN

/// By what a kernel_ridge compares two rows.
enum class ridge_kernel {
  linear,  ///< x . y
  rbf      ///< exp(-gamma |x - y|^2)
};

namespace detail {

struct ridge_options {
  ridge_kernel kernel;
  double gamma;  ///< 0: 1 / (features x variance)
  std::vector<double> alphas;
  int threads;
  const progress_callback* progress;
};

struct ridge_fit {
  matrix<double> coefficients;     ///< [outputs, features] or, of rbf, [outputs, rows]
  std::vector<double> intercepts;  ///< [outputs]
  std::vector<double> centre;      ///< [features]: the mean of the rows
  double gamma = 0;
  std::size_t chosen = 0;      ///< of the alphas
  double penalty = 0;          ///< that alpha times the mean of the kernel's diagonal
  std::vector<double> errors;  ///< an alpha each: mean squared error of rows left out
  matrix<double> left_out;     ///< [outputs, rows]: a row's values when it is left out, at the chosen alpha
};

/// Ridge regression of every row of `targets` [outputs, rows] on the rows of `x`, each of a weight above 0.
/// Nothing when its numbers overflow.
std::optional<ridge_fit> fit_ridge(matrix_view<const float> x, const matrix<double>& targets,
                                   const std::vector<double>& weights, const ridge_options& options);
std::optional<ridge_fit> fit_ridge(matrix_view<const double> x, const matrix<double>& targets,
                                   const std::vector<double>& weights, const ridge_options& options);

/// Rows that an rbf kernel compares others with, as products want them. Without rows the kernel is linear.
struct ridge_rows {
  double root = 0;  ///< of gamma
  std::vector<double> centre, squares;
  kernels::packed_matrix<double> packed;
};
ridge_rows pack_ridge_rows(matrix_view<const float> rows, const std::vector<double>& centre, double gamma);
ridge_rows pack_ridge_rows(matrix_view<const double> rows, const std::vector<double>& centre, double gamma);

/// Decision values [rows of x, outputs].
matrix<double> ridge_decisions(matrix_view<const float> x, const ridge_rows& rows,
                               const matrix<double>& coefficients, const std::vector<double>& intercepts,
                               int threads);
matrix<double> ridge_decisions(matrix_view<const double> x, const ridge_rows& rows,
                               const matrix<double>& coefficients, const std::vector<double>& intercepts,
                               int threads);

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/ridge.ipp>
#endif
