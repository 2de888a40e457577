#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::int64_t eigen_columns = 256;  ///< of a task: a piece of a row that stays in L1

/// Threads for about so many multiply-adds on data that come from memory once.
inline int threads_of_pass(std::int64_t work, int threads) { return work < 200'000 ? 1 : threads; }

/// Calls body(first, last) for pieces of [0, n).
template <class Body>
void each_piece(std::int64_t n, int threads, Body&& body) {
  parallel_for((n + eigen_columns - 1) / eigen_columns, threads, [&](std::int64_t piece) {
    body(piece * eigen_columns, std::min(n, (piece + 1) * eigen_columns));
  });
}

/// In an order of its own, the same everywhere: eight sums side by side.
inline double dot(const double* a, const double* b, std::int64_t n) {
  double sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::int64_t k = 0; k < 8; ++k) sums[k] += a[i + k] * b[i + k];
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

struct eigen_system {
  std::vector<double> values;  ///< all n, the largest first
  matrix<double> vectors;      ///< [count, n]: unit rows, of the `count` largest values
};

/// Eigenvalues of a symmetric matrix [n, n] of finite numbers (both triangles are read), and
/// vectors of the `count` largest: Householder's tridiagonal form, then the implicit QL method (Golub, Van
/// Loan 2013, 8.3), whose rotations are kept and applied to the wanted vectors alone. The vectors are
/// orthogonal to rounding, also those of equal values. The result does not depend on the number of threads.
eigen_system symmetric_eigen(matrix<double> a, std::int64_t count, int threads);

/// Makes the rows orthonormal, each against those before it (Gram-Schmidt, twice). A row of which less than
/// 1e-13 of `scale` is left gets a direction that the others have not, the first axis that will do.
/// At most as many rows as columns.
void orthonormalise_rows(matrix<double>& rows, double scale, int threads);

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/symmetric_eigen.ipp>
#endif
