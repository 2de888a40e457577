#pragma once

#include <cstdint>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/tensor/matrix.hpp>

// What learn/pca.hpp computes with: overloads for float and double, defined once.

AISLE_NAMESPACE_BEGIN

/// How principal components are found.
enum class pca_solver {
  automatic,  ///< randomised for at most a tenth of more than 4,096 directions, else exact
  exact,      ///< few of many by Lanczos' method, else from the covariances or the products of rows
  randomised  ///< Halko, Martinsson, Tropp 2011, 4.4: fast where few components of many are wanted
};

namespace detail {

struct principal_axes {
  std::vector<double> mean, variance, ratio, singular;
  matrix<double> components;
  double noise = 0;
};

struct axes_options {
  std::int64_t components;
  bool centre;
  pca_solver solver;
  std::int64_t oversamples, power_iterations;
  std::uint64_t seed;
  int threads;
  const progress_callback* progress;
};

principal_axes find_principal_axes(matrix_view<const float> x, const axes_options& options);
principal_axes find_principal_axes(matrix_view<const double> x, const axes_options& options);

/// (x - mean) components^T, columns times `factors`. Products of a piece of the features are computed in the
/// type of x and summed in double.
matrix<float> project_rows(matrix_view<const float> x, const principal_axes& axes,
                           const std::vector<double>& factors, int threads);
matrix<double> project_rows(matrix_view<const double> x, const principal_axes& axes,
                            const std::vector<double>& factors, int threads);
/// (projected, columns times `factors`) components + mean.
matrix<float> rows_of_projected(matrix_view<const float> projected, const principal_axes& axes,
                                const std::vector<double>& factors, int threads);
matrix<double> rows_of_projected(matrix_view<const double> projected, const principal_axes& axes,
                                 const std::vector<double>& factors, int threads);

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/principal_axes.ipp>
#endif
