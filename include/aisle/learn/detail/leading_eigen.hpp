#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <aisle/base/config.hpp>
#include <aisle/learn/detail/symmetric_eigen.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Rows [b, n] times a symmetric matrix [n, n] that need not exist as one.
using symmetric_product = std::function<matrix<double>(const matrix<double>& rows)>;

struct leading_eigen_options {
  std::int64_t most_products = 16;  ///< of a block of rows, before the whole decomposition is the better way
  double residual = 1e-13;          ///< of what is found, as a share of the largest value
  matrix<double> start{};           ///< orthonormal rows to begin with; none: random ones
  int threads = 1;
};

/// The `count` largest eigenvalues of a symmetric positive semidefinite matrix [n, n] of finite numbers, and
/// their vectors. By Lanczos' method with blocks of more vectors than are wanted, each made orthogonal to all
/// before (Golub, Van Loan 2013, 10.3.6), so that values of any multiplicity are found as often as they are
/// wanted. Nothing where it takes no less than the whole decomposition does: small matrices, many vectors,
/// values that fall too slowly. The result does not depend on the number of threads.
std::optional<eigen_system> leading_eigen(std::int64_t n, std::int64_t count,
                                          const symmetric_product& product, leading_eigen_options options);
/// The same of a matrix, to the rounding that symmetric_eigen has.
std::optional<eigen_system> leading_eigen(const matrix<double>& a, std::int64_t count, int threads);

/// Normal numbers, for a seed always the same.
matrix<double> random_rows(std::int64_t rows, std::int64_t n, std::uint64_t seed = 0);
/// Makes rows orthonormal by the Cholesky factor of their products, which is products of matrices alone.
/// False, and rows as they were, where they depend on each other too much for that.
bool orthonormalise_by_cholesky(matrix<double>& rows, int threads);

/// Rows that a block of leading_eigen has.
constexpr std::int64_t leading_eigen_block(std::int64_t count) noexcept { return count + 14; }

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/leading_eigen.ipp>
#endif
