#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/detail/leading_eigen.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API bool orthonormalise_by_cholesky(matrix<double>& rows, int threads) {
  const std::int64_t b = rows.rows();
  matrix<double> factor(b, b), inverse(b, b);
  kernels::gemm(rows, rows, factor, {.transpose_b = true, .threads = threads});
  double largest = 0;
  for (std::int64_t i = 0; i < b; ++i) largest = std::max(largest, factor(i, i));
  // The lower factor, in place, and its inverse row by row.
  for (std::int64_t i = 0; i < b; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      const double left = factor(i, j) - dot(factor.row(i).data(), factor.row(j).data(), j);
      if (i == j && !(left > 1e-8 * largest)) return false;
      factor(i, j) = i == j ? std::sqrt(left) : left / factor(j, j);
    }
    double* row = inverse.row(i).data();
    for (std::int64_t j = 0; j < i; ++j)
      for (std::int64_t k = 0; k <= j; ++k) row[k] -= factor(i, j) * inverse(j, k);
    for (std::int64_t k = 0; k < i; ++k) row[k] /= factor(i, i);
    row[i] = 1 / factor(i, i);
  }
  matrix<double> out(b, rows.cols());
  kernels::gemm(inverse, rows, out, {.threads = threads});
  rows = std::move(out);
  return true;
}

AISLE_API matrix<double> random_rows(std::int64_t rows, std::int64_t n, std::uint64_t seed) {
  random_generator random(seed);
  matrix<double> out(rows, n);
  for (auto row : out)
    for (double& v : row) v = random.normal();
  return out;
}

/// A basis that grows by blocks of rows, and the matrix within it.
class krylov_space {
 public:
  krylov_space(matrix<double> start, std::int64_t blocks, const symmetric_product& product, int threads)
      : product_(product),
        block_(start.rows()),
        threads_(threads),
        basis_(block_ * blocks, start.cols()),
        inner_(block_ * blocks, block_ * blocks),
        next_(std::move(start)) {
    orthonormalise(std::sqrt(static_cast<double>(basis_.cols())));
  }

  bool is_full() const noexcept { return size_ + block_ > basis_.rows(); }

  /// Takes the next block in, and keeps what of its image lies outside the basis.
  void grow() {
    for (std::int64_t i = 0; i < block_; ++i)
      std::copy(next_.row(i).begin(), next_.row(i).end(), basis_.row(size_ + i).begin());
    const std::int64_t before = size_;
    size_ += block_;
    rest_ = product_(next_);
    const matrix<double> within = take_out_basis(rest_);
    for (std::int64_t i = 0; i < block_; ++i)
      for (std::int64_t j = 0; j < size_; ++j) inner_(before + i, j) = inner_(j, before + i) = within(i, j);
    take_out_basis(rest_);
  }

  /// The next block from what was kept. False where it is not orthogonal to the basis, as rows of it are
  /// nothing.
  bool prepare(double largest) {
    next_ = std::move(rest_);
    for (int pass = 0; pass < 2; ++pass) {
      orthonormalise(largest);
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

  /// The longest of the vectors by which the image of an approximation misses its multiple.
  double worst_residual(const eigen_system& within) const {
    const std::int64_t count = within.vectors.rows();
    matrix<double> last(count, block_), missed(count, basis_.cols());
    for (std::int64_t i = 0; i < count; ++i)
      std::copy_n(within.vectors.row(i).data() + size_ - block_, block_, last.row(i).data());
    kernels::gemm(last, rest_, missed, {.threads = threads_});
    double worst = 0;
    for (const auto row : missed) worst = std::max(worst, dot(row.data(), row.data(), basis_.cols()));
    return std::sqrt(worst);
  }

  matrix<double> vectors(const eigen_system& within) const {
    matrix<double> out(within.vectors.rows(), basis_.cols());
    kernels::gemm<double>(within.vectors, rows_so_far(), out, {.threads = threads_});
    return out;
  }

 private:
  matrix_view<const double> rows_so_far() const {
    return matrix_view<const double>(basis_.data(), size_, basis_.cols());
  }
  void orthonormalise(double largest) {
    if (!orthonormalise_by_cholesky(next_, threads_)) orthonormalise_rows(next_, largest, threads_);
  }
  /// Makes `rows` orthogonal to the basis; returns what they had along it.
  matrix<double> take_out_basis(matrix<double>& rows) const {
    matrix<double> along(rows.rows(), size_);
    kernels::gemm<double>(rows, rows_so_far(), along, {.transpose_b = true, .threads = threads_});
    kernels::gemm<double>(along, rows_so_far(), rows, {.alpha = -1, .beta = 1, .threads = threads_});
    return along;
  }

  const symmetric_product& product_;
  std::int64_t block_;
  int threads_;
  std::int64_t size_ = 0;
  matrix<double> basis_, inner_, next_, rest_;
};

AISLE_API std::optional<eigen_system> leading_eigen(std::int64_t n, std::int64_t count,
                                                    const symmetric_product& product,
                                                    leading_eigen_options options) {
  const std::int64_t block = leading_eigen_block(count),
                     blocks = std::min(n / 3 / block, options.most_products);
  if (n < 500 || count * 12 > n || blocks < 3) return std::nullopt;
  if (options.start.empty()) options.start = random_rows(block, n);
  krylov_space space(std::move(options.start), blocks, product, options.threads);
  double before = 0;
  for (std::int64_t step = 1; !space.is_full(); ++step) {
    throw_if_interrupted();
    space.grow();
    eigen_system within = space.decompose(count);
    const double largest = within.values[0];
    if (!(largest > 0)) return std::nullopt;
    const double missed = space.worst_residual(within) / largest;
    if (missed <= options.residual) {
      within.values.resize(static_cast<std::size_t>(count));
      within.vectors = space.vectors(within);
      return within;
    }
    // At the rate of the last step, or half as many steps as that, as the rate grows.
    if (step >= 3) {
      const double rate = std::min(missed / before, 0.99);
      if (static_cast<double>(step) + 0.5 * std::log(options.residual / missed) / std::log(rate) >
          static_cast<double>(blocks))
        return std::nullopt;
    }
    before = missed;
    if (!space.prepare(largest)) return std::nullopt;
  }
  return std::nullopt;
}

AISLE_API std::optional<eigen_system> leading_eigen(const matrix<double>& a, std::int64_t count,
                                                    int threads) {
  // The large factor is the left one, which is read where it lies.
  const auto product = [&](const matrix<double>& rows) {
    matrix<double> columns(a.rows(), rows.rows());
    kernels::gemm(a, rows, columns, {.transpose_b = true, .threads = threads});
    return kernels::detail::transposed<double>(columns, 1);
  };
  return leading_eigen(a.rows(), count, product, {.threads = thread_budget(threads)});
}

}  // namespace detail

AISLE_NAMESPACE_END
