#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <aisle/base/config.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// How near two vectors are.
enum class metric {
  cosine,  ///< cosine of their angle, 1 where they point the same way; 0 where one is zero
  dot,     ///< their inner product
  l2       ///< Euclidean distance: the smallest is the nearest
};

struct nearest_options {
  std::int64_t k = 10;  ///< rows asked for; fewer come where there are fewer
  aisle::metric metric = metric::cosine;
  int threads = 0;  ///< 0: all the process may use
};

/// For every query the rows nearest to it, the nearest first.
template <class T>
struct neighbours {
  matrix<std::int64_t> indices;  ///< [queries, min(k, rows)]
  matrix<T> scores;              ///< the metric of each
};

/// The rows [n, d] nearest to each of the queries [q, d], by comparing with all of them. Rows that are
/// equally near come in their order. The result does not depend on the number of threads. Throws shape_error
/// when the widths differ, row_error for NaN and infinities, option_error for k below 1.
neighbours<float> nearest(matrix_view<const float> queries, matrix_view<const float> rows,
                          const nearest_options& options = {});
neighbours<double> nearest(matrix_view<const double> queries, matrix_view<const double> rows,
                           const nearest_options& options = {});
/// The same for a single query of d numbers; the result has one row.
neighbours<float> nearest(std::span<const float> query, matrix_view<const float> rows,
                          const nearest_options& options = {});
neighbours<double> nearest(std::span<const double> query, matrix_view<const double> rows,
                           const nearest_options& options = {});

/// The k nearest, by the other options' defaults.
template <class Queries, class Rows>
auto nearest(const Queries& queries, const Rows& rows, std::integral auto k) {
  return nearest(queries, rows, nearest_options{.k = static_cast<std::int64_t>(k)});
}

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/nearest.ipp>
#endif
