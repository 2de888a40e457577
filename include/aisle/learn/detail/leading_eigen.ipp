#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/detail/leading_eigen.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A basis that grows by blocks of rows, and the matrix within it.
class krylov_space {
 public:
  krylov_space(const matrix<double>& a, std::int64_t block, std::int64_t most, int threads)
      : a_(a), block_(block), threads_(threads), basis_(most, a.rows()), inner_(most, most) {
    random_generator random(0);
    next_ = matrix<double>(block, a.rows());
    for (auto row : next_)
      for (double& v : row) v = random.normal();
    orthonormalise_rows(next_, std::sqrt(static_cast<double>(a.rows())), threads);
  }

  std::int64_t size() const noexcept { return size_; }
  bool is_full() const noexcept { return size_ + block_ > basis_.rows(); }

  /// Takes the next block in; what of its image lies outside the basis becomes rest().
  void grow() {
    for (std::int64_t i = 0; i < block_; ++i)
      std::copy(next_.row(i).begin(), next_.row(i).end(), basis_.row(size_ + i).begin());
    const std::int64_t before = size_;
    size_ += block_;
    rest_ = image(next_);
    const matrix<double> within = take_out_basis(rest_);
    for (std::int64_t i = 0; i < block_; ++i)
      for (std::int64_t j = 0; j < size_; ++j) inner_(before + i, j) = inner_(j, before + i) = within(i, j);
    take_out_basis(rest_);
  }

  /// The next block from the rest. False where it is not orthogonal to the basis, as rows of it are nothing.
  bool prepare(double largest) {
    next_ = std::move(rest_);
    for (int pass = 0; pass < 2; ++pass) {
      orthonormalise_rows(next_, largest, threads_);
      const matrix<double> along = take_out_basis(next_);
      double most = 0;
      for (const auto row : along)
        for (const double v : row) most = std::max(most, std::abs(v));
      if (pass == 1) return most < 1e-12;
    }
    return true;
  }

  eigen_system decompose(std::int64_t count) const {
    matrix<double> inner(size_, size_);
    for (std::int64_t i = 0; i < size_; ++i) std::copy_n(inner_.row(i).data(), size_, inner.row(i).data());
    return symmetric_eigen(std::move(inner), count, threads_);
  }

  /// The longest of the vectors by which a times an approximation misses its multiple.
  double worst_residual(const eigen_system& within) const {
    const std::int64_t count = within.vectors.rows();
    matrix<double> last(count, block_), missed(count, a_.rows());
    for (std::int64_t i = 0; i < count; ++i)
      std::copy_n(within.vectors.row(i).data() + size_ - block_, block_, last.row(i).data());
    kernels::gemm(last, rest_, missed, {.threads = threads_});
    double worst = 0;
    for (const auto row : missed) worst = std::max(worst, dot(row.data(), row.data(), a_.rows()));
    return std::sqrt(worst);
  }

  matrix<double> vectors(const eigen_system& within) const {
    matrix<double> out(within.vectors.rows(), a_.rows());
    kernels::gemm<double>(within.vectors, rows_so_far(), out, {.threads = threads_});
    return out;
  }

 private:
  matrix_view<const double> rows_so_far() const {
    return matrix_view<const double>(basis_.data(), size_, basis_.cols());
  }
  /// Each row times a. The large factor is the left one, which is read where it lies.
  matrix<double> image(const matrix<double>& rows) const {
    matrix<double> columns(a_.rows(), rows.rows());
    kernels::gemm(a_, rows, columns, {.transpose_b = true, .threads = threads_});
    return kernels::detail::transposed<double>(columns, 1);
  }
  /// Makes `rows` orthogonal to the basis; returns what they had along it.
  matrix<double> take_out_basis(matrix<double>& rows) const {
    matrix<double> along(rows.rows(), size_);
    kernels::gemm<double>(rows, rows_so_far(), along, {.transpose_b = true, .threads = threads_});
    kernels::gemm<double>(along, rows_so_far(), rows, {.alpha = -1, .beta = 1, .threads = threads_});
    return along;
  }

  const matrix<double>& a_;
  std::int64_t block_;
  int threads_;
  std::int64_t size_ = 0;
  matrix<double> basis_, inner_, next_, rest_;
};

AISLE_API std::optional<eigen_system> leading_eigen(const matrix<double>& a, std::int64_t count,
                                                    int threads) {
  threads = thread_budget(threads);
  const std::int64_t n = a.rows(), block = count + 14;
  if (n < 500 || count * 12 > n) return std::nullopt;
  krylov_space space(a, block, std::min(n / 3, 16 * block), threads);
  while (!space.is_full()) {
    throw_if_interrupted();
    space.grow();
    eigen_system within = space.decompose(count);
    const double largest = within.values[0];
    if (!(largest > 0)) return std::nullopt;
    if (space.worst_residual(within) <= 1e-13 * largest) {
      within.values.resize(static_cast<std::size_t>(count));
      within.vectors = space.vectors(within);
      return within;
    }
    if (!space.prepare(largest)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace detail

AISLE_NAMESPACE_END
