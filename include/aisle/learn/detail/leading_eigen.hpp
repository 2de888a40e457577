#pragma once

#include <cstdint>
#include <optional>

#include <aisle/base/config.hpp>
#include <aisle/learn/detail/symmetric_eigen.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The `count` largest eigenvalues of a symmetric positive semidefinite matrix [n, n] of finite numbers, and
/// their vectors, to the rounding that symmetric_eigen has: residuals of at most 1e-13 of the largest value.
/// By Lanczos' method with blocks of more vectors than are wanted, each made orthogonal to all before (Golub,
/// Van Loan 2013, 10.3.6), so that values of any multiplicity are found as often as they are wanted. Nothing
/// where it takes no less than the whole decomposition does: small matrices, many vectors, values that fall
/// too slowly. The result does not depend on the number of threads.
std::optional<eigen_system> leading_eigen(const matrix<double>& a, std::int64_t count, int threads);

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/leading_eigen.ipp>
#endif
