#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include <aisle/learn/detail/affinities.hpp>
#include <aisle/tensor/matrix.hpp>

// What maps are judged by, in the plainest way.

namespace neighbourhoods {

inline double square_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// KL(P || Q) over all pairs, with P from all rows, symmetrised.
inline double divergence(const aisle::matrix<double>& x, const aisle::matrix<double>& y, double perplexity) {
  const std::int64_t n = x.rows();
  aisle::matrix<double> p(n, n);
  double all_q = 0, kl = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<double> squares, weights;
    for (std::int64_t j = 0; j < n; ++j)
      if (j != i) squares.push_back(square_distance(x.row(i), x.row(j)));
    aisle::detail::calibrate(squares, perplexity, weights);
    for (std::int64_t j = 0; j < n; ++j) {
      if (j == i) continue;
      const double half = weights[static_cast<std::size_t>(j - (j > i))] / (2 * static_cast<double>(n));
      p(i, j) += half;
      p(j, i) += half;
      all_q += 1 / (1 + square_distance(y.row(i), y.row(j)));
    }
  }
  constexpr double least = 2.220446049250313e-16;  // as the reference: no pair is further apart than that
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      if (j != i) {
        const double q = std::max(1 / (1 + square_distance(y.row(i), y.row(j))) / all_q, least);
        kl += p(i, j) * std::log(std::max(p(i, j), least) / q);
      }
  return kl;
}

/// Of scikit-learn: 1 less a penalty for neighbours of points that are none of rows, by their rank there.
inline double trustworthiness(const aisle::matrix<double>& x, const aisle::matrix<double>& y,
                              std::int64_t k) {
  const std::int64_t n = x.rows();
  double penalty = 0;
  std::vector<std::int64_t> order(static_cast<std::size_t>(n)), rank(order.size());
  const auto sort = [&](const aisle::matrix<double>& by, std::int64_t i) {
    std::vector<double> squares;
    for (std::int64_t j = 0; j < n; ++j)
      squares.push_back(j == i ? -1 : square_distance(by.row(i), by.row(j)));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return squares[static_cast<std::size_t>(a)] < squares[static_cast<std::size_t>(b)];
    });
  };
  for (std::int64_t i = 0; i < n; ++i) {
    sort(x, i);
    for (std::int64_t r = 0; r < n; ++r)
      rank[static_cast<std::size_t>(order[static_cast<std::size_t>(r)])] = r;
    sort(y, i);
    for (std::int64_t r = 1; r <= k; ++r)
      penalty += static_cast<double>(
          std::max<std::int64_t>(rank[static_cast<std::size_t>(order[static_cast<std::size_t>(r)])] - k, 0));
  }
  const auto rows = static_cast<double>(n), near_by = static_cast<double>(k);
  return 1 - penalty * 2 / (rows * near_by * (2 * rows - 3 * near_by - 1));
}

}  // namespace neighbourhoods
