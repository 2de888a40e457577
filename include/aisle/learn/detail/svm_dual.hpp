#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/detail/blocked_products.hpp>
#include <aisle/learn/detail/linear_problem.hpp>
#include <aisle/learn/feature_view.hpp>
#include <aisle/tensor/matrix.hpp>

// Machines of one class against the rest by coordinate descent in the dual (Hsieh, Chang, Lin, Keerthi,
// Sundararajan 2008, algorithm 1 for the squared hinge), on the products of all rows with all: made once for
// all classes, they stand for features however many there are. A step then costs the rows, not the features.

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Products of rows with each other, 1 added for the intercept that is penalised like a coefficient.
template <class T>
matrix<double> row_products(const feature_view<T>& x, int threads) {
  const std::int64_t rows = x.rows();
  const matrix_view<const T> dense = x.dense();
  matrix<double> out = dense.cols() == 0 ? matrix<double>(rows, rows)
                                         : symmetric_products<T>(
                                               rows, dense.cols(), threads,
                                               [&](std::int64_t r, std::int64_t c) { return dense(r, c); },
                                               [](std::int64_t) { throw_if_interrupted(); });
  constexpr std::int64_t strip = 16;
  parallel_for((rows + strip - 1) / strip, threads, [&](std::int64_t task) {
    throw_if_interrupted();
    std::vector<T> line(static_cast<std::size_t>(x.sparse_cols()), T(0));
    for (std::int64_t r = task * strip; r < std::min(rows, (task + 1) * strip); ++r) {
      for (double& v : out.row(r)) ++v;
      if (!x.sparse()) continue;
      const sparse_row<T> own = x.sparse()->row(r);
      for (std::size_t i = 0; i < own.columns.size(); ++i)
        line[static_cast<std::size_t>(own.columns[i])] = own.values[i];
      for (std::int64_t other = 0; other < rows; ++other) {
        const sparse_row<T> with = x.sparse()->row(other);
        double sum = 0;
        for (std::size_t i = 0; i < with.columns.size(); ++i)
          sum += static_cast<double>(line[static_cast<std::size_t>(with.columns[i])]) *
                 static_cast<double>(with.values[i]);
        out(r, other) += sum;
      }
      for (const std::int32_t c : own.columns) line[static_cast<std::size_t>(c)] = T(0);
    }
  });
  return out;
}

/// What descent found for one class.
struct svm_dual_result {
  std::vector<double> row_weights;  ///< coefficients are the sum of the rows, each times its weight
  double objective = 0;             ///< losses by weight, and the penalty / (2 c)
  std::int64_t passes = 0;
  bool converged = false;
};

/// The machine of the rows whose `own` is true against all others. `weights`: of the rows' losses. Converged
/// when no row's margin is further than `tolerance` from where its multiplier wants it.
template <class Own>
svm_dual_result descend(const matrix<double>& products, std::span<const double> weights, double c,
                        double tolerance, std::int64_t max_passes, const Own& own) {
  const auto rows = static_cast<std::size_t>(products.rows());
  std::vector<double> multiplier(rows, 0.0), score(rows, 0.0), slope(rows, 0.0), sign(rows);
  std::vector<std::int64_t> order;
  for (std::size_t r = 0; r < rows; ++r) {
    sign[r] = own(r) ? 1 : -1;
    if (!(weights[r] > 0)) continue;  // a row that weighs nothing is not there
    slope[r] = 1 / (2 * c * weights[r]);
    order.push_back(static_cast<std::int64_t>(r));
  }
  random_generator random(1);
  svm_dual_result out;
  // Rows that are off by much less than the worst of the last pass can wait.
  double worst = 1, wait = 0;
  while (out.passes < max_passes) {
    throw_if_interrupted();
    ++out.passes;
    random.shuffle(order);
    worst = 0;
    for (const std::int64_t row : order) {
      const auto r = static_cast<std::size_t>(row);
      const double off = sign[r] * score[r] - 1 + slope[r] * multiplier[r];
      const double violation = multiplier[r] > 0 ? std::abs(off) : std::max(-off, 0.0);
      worst = std::max(worst, violation);
      if (violation <= wait || violation == 0) continue;
      const double before = multiplier[r];
      multiplier[r] = std::max(before - off / (products(row, row) + slope[r]), 0.0);
      const double step = (multiplier[r] - before) * sign[r];
      const double* with = products.row(row).data();
      for (std::size_t i = 0; i < rows; ++i) score[i] += step * with[i];
    }
    if (worst <= tolerance) {
      out.converged = true;
      break;
    }
    wait = std::max(worst / 10, tolerance / 2);
  }
  out.row_weights.resize(rows);
  double squares = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    out.row_weights[r] = multiplier[r] * sign[r];
    squares += out.row_weights[r] * score[r];
    const double short_of = std::max(0.0, 1 - sign[r] * score[r]);
    out.objective += weights[r] * short_of * short_of;
  }
  out.objective += squares / (2 * c);
  return out;
}

}  // namespace detail

AISLE_NAMESPACE_END
