#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/detail/blocked_products.hpp>
#include <aisle/learn/detail/leading_eigen.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/detail/principal_axes.hpp>
#include <aisle/learn/detail/scatter_product.hpp>
#include <aisle/learn/detail/symmetric_eigen.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

template <class T>
class axes_finder {
 public:
  axes_finder(matrix_view<const T> x, const axes_options& options)
      : x_(x), options_(options), threads_(thread_budget(options.threads)) {
    if (x.rows() < 2 || x.cols() < 1)
      throw shape_error("nothing to fit a PCA on: " + counted(x.rows(), "row") + " of " +
                        counted(x.cols(), "feature") + ", expected at least 2 of 1");
    least_ = std::min(x.rows(), x.cols());
    if (options.components < 1 || options.components > least_)
      throw option_error("PCA: components is " + std::to_string(options.components) +
                         ", expected 1 to the smaller of " + counted(x.rows(), "row") + " and " +
                         counted(x.cols(), "feature"));
    if (options.oversamples < 0 || options.power_iterations < 0)
      throw option_error("PCA: oversamples is " + std::to_string(options.oversamples) +
                         " and power_iterations " + std::to_string(options.power_iterations) +
                         ", expected none below 0");
    find_mean();
  }

  principal_axes run() {
    // Products of all pairs of features cost as much as the randomised way's passes over about 2,000 of them,
    // at a better rate.
    const bool few = least_ > 4096 && options_.components <= least_ / 10;
    if (options_.solver == pca_solver::randomised || (options_.solver == pca_solver::automatic && few))
      randomised();
    else if (few_of_many())
      ;  // found by products with the rows
    else if (x_.cols() <= x_.rows())
      by_covariance();
    else
      by_gram();
    finish();
    return std::move(out_);
  }

 private:
  /// A number of the rows less their mean, times a power of two that makes the largest about 1: products of
  /// floats neither overflow nor vanish.
  T centred(std::int64_t r, std::int64_t c) const noexcept {
    return static_cast<T>((static_cast<double>(x_(r, c)) - out_.mean[static_cast<std::size_t>(c)]) * scale_);
  }

  /// Means, and the scale; looks for what is no number on the way.
  void find_mean() {
    const std::int64_t n = x_.rows(), columns = x_.cols();
    out_.mean.assign(static_cast<std::size_t>(columns), 0.0);
    std::vector<double> largest(out_.mean.size());
    each_piece(columns, threads_, [&](std::int64_t begin, std::int64_t end) {
      double sums[eigen_columns] = {};
      T lowest[eigen_columns], highest[eigen_columns];
      const std::int64_t width = end - begin;
      std::copy_n(x_.row(0).data() + begin, width, lowest);
      std::copy_n(x_.row(0).data() + begin, width, highest);
      std::int64_t r = 0;
      for (; r + 4 <= n; r += 4) {
        const T *a = x_.row(r).data() + begin, *b = x_.row(r + 1).data() + begin,
                *c = x_.row(r + 2).data() + begin, *d = x_.row(r + 3).data() + begin;
        for (std::int64_t i = 0; i < width; ++i) {
          sums[i] += (static_cast<double>(a[i]) + static_cast<double>(b[i])) +
                     (static_cast<double>(c[i]) + static_cast<double>(d[i]));
          lowest[i] = std::min(lowest[i], std::min(std::min(a[i], b[i]), std::min(c[i], d[i])));
          highest[i] = std::max(highest[i], std::max(std::max(a[i], b[i]), std::max(c[i], d[i])));
        }
      }
      for (; r < n; ++r) {
        const T* a = x_.row(r).data() + begin;
        for (std::int64_t i = 0; i < width; ++i) {
          sums[i] += static_cast<double>(a[i]);
          lowest[i] = std::min(lowest[i], a[i]);
          highest[i] = std::max(highest[i], a[i]);
        }
      }
      for (std::int64_t i = 0; i < width; ++i) {
        const auto c = static_cast<std::size_t>(begin + i);
        out_.mean[c] = sums[i];
        const double mean = options_.centre ? sums[i] / static_cast<double>(n) : 0.0;
        largest[c] = std::max(std::abs(static_cast<double>(lowest[i]) - mean),
                              std::abs(static_cast<double>(highest[i]) - mean));
      }
    });
    // A sum tells of a NaN or an infinity among its numbers.
    if (!all_finite(std::span<const double>(out_.mean))) require_numbers("features", x_, false, threads_);
    for (double& mean : out_.mean) mean = options_.centre ? mean / static_cast<double>(n) : 0.0;
    std::size_t widest = 0;
    for (std::size_t c = 0; c < largest.size(); ++c)
      if (largest[c] > largest[widest] || !is_finite(largest[c])) widest = c;
    const double most = largest[widest];
    if (!is_finite(most)) throw_overflow(widest);
    if (most > 0) scale_ = std::ldexp(1.0, -std::clamp(std::ilogb(most), -1000, 1000));
    widest_ = widest;
  }

  /// The sum of the squares of all centred numbers.
  void take_squares(double squares) {
    squares_ = squares;
    if (!is_finite(unscaled(squares))) throw_overflow(widest_);
  }
  [[noreturn]] void throw_overflow(std::size_t column) const {
    throw row_error("features", row_of_largest(column), std::to_string(column),
                    "too large a number: the variance overflows");
  }

  std::int64_t row_of_largest(std::size_t column) const {
    std::int64_t at = 0;
    const auto c = static_cast<std::int64_t>(column);
    for (std::int64_t r = 1; r < x_.rows(); ++r)
      if (magnitude_bits(x_(r, c)) > magnitude_bits(x_(at, c))) at = r;
    return at;
  }

  /// A variance from a sum of squares of centred numbers.
  double unscaled(double squares) const {
    return squares / static_cast<double>(x_.rows() - 1) / scale_ / scale_;
  }

  void tell(std::int64_t done, std::int64_t total) const {
    throw_if_interrupted();
    if (options_.progress && *options_.progress)
      (*options_.progress)({.phase = "principal components", .done = done, .total = total, .unit = "steps"});
  }

  /// z z^T, where z is `rows` rows of `inner` numbers that at(row, i) gives.
  template <class At>
  matrix<double> products(std::int64_t rows, std::int64_t inner, const At& at) const {
    const std::int64_t pieces = (inner + axes_chunk - 1) / axes_chunk;
    matrix<double> out = symmetric_products<T>(rows, inner, threads_, at,
                                               [&](std::int64_t piece) { tell(piece, pieces + 1); });
    tell(pieces, pieces + 1);
    return out;
  }

  void take_values(const std::vector<double>& values) {
    const auto count = static_cast<std::size_t>(options_.components);
    out_.variance.clear();
    for (std::size_t k = 0; k < count; ++k) out_.variance.push_back(unscaled(std::max(values[k], 0.0)));
  }

  /// The wanted eigenvectors of products of rows; takes their values, and what is left of all.
  eigen_system largest_of(matrix<double> products) {
    double all = 0;
    for (std::int64_t i = 0; i < products.rows(); ++i) all += products(i, i);
    take_squares(all);
    std::optional<eigen_system> found = leading_eigen(products, options_.components, threads_);
    if (!found) found = symmetric_eigen(std::move(products), options_.components, threads_);
    take_values(found->values);
    set_noise();
    return *std::move(found);
  }

  scatter_product<T> centred_rows() {
    scatter_product<T> out(
        x_.rows(), x_.cols(),
        [this](std::int64_t r, T* to) {
          for (std::int64_t c = 0; c < x_.cols(); ++c) to[c] = centred(r, c);
        },
        threads_);
    take_squares(out.squares());
    return out;
  }

  /// Few components of many whose variances fall fast, by products of the rows with a block of directions.
  /// False where all covariances take less.
  bool few_of_many() {
    const std::int64_t block = leading_eigen_block(options_.components);
    // A product with the rows and back takes 4 block / least_ of what the covariances take.
    leading_eigen_options limits{.most_products = least_ / (6 * block), .threads = threads_};
    if (least_ < 500 || limits.most_products < 3) return false;
    // Products of floats round covariances to 1e-7 of the largest variance.
    if (std::is_same_v<T, float>) limits.residual = options_.solver == pca_solver::exact ? 3e-7 : 3e-6;
    const scatter_product<T> rows = centred_rows();
    // A few of the rows show about where the components lie.
    constexpr std::int64_t step = 8;
    if (rows.blocks() >= 4 * step) {
      limits.start = random_rows(block, x_.cols());
      for (int pass = 0; pass < 2; ++pass) {
        limits.start = rows.times(limits.start, step);
        if (!orthonormalise_by_cholesky(limits.start, threads_)) limits.start = random_rows(block, x_.cols());
      }
    }
    std::int64_t done = 0;
    const auto product = [&](const matrix<double>& directions) {
      tell(done++, limits.most_products + 1);
      return rows.times(directions);
    };
    std::optional<eigen_system> found = leading_eigen(x_.cols(), options_.components, product, limits);
    if (!found) return false;
    take_values(found->values);
    out_.components = std::move(found->vectors);
    set_noise();
    tell(limits.most_products + 1, limits.most_products + 1);
    return true;
  }

  /// From the variance of all features and that of the components.
  void set_noise() {
    if (options_.components == least_) return;
    double explained = 0;
    for (const double v : out_.variance) explained += v;
    out_.noise =
        std::max(unscaled(squares_) - explained, 0.0) / static_cast<double>(least_ - options_.components);
  }

  void by_covariance() {
    eigen_system system = largest_of(
        products(x_.cols(), x_.rows(), [&](std::int64_t c, std::int64_t r) { return centred(r, c); }));
    out_.components = std::move(system.vectors);
  }

  /// Vectors of x x^T are those of x^T x before they are multiplied by x.
  void by_gram() {
    const eigen_system system = largest_of(
        products(x_.rows(), x_.cols(), [&](std::int64_t r, std::int64_t c) { return centred(r, c); }));
    out_.components = times_columns(system.vectors, x_.cols(), threads_,
                                    [&](std::int64_t c, std::int64_t first, std::int64_t count, double* to) {
                                      const double mean = out_.mean[static_cast<std::size_t>(c)];
                                      for (std::int64_t r = 0; r < count; ++r)
                                        to[r] = (static_cast<double>(x_(first + r, c)) - mean) * scale_;
                                    });
    orthonormalise_rows(out_.components, std::sqrt(std::max(system.values[0], 0.0)), threads_);
  }

  void randomised() {
    const std::int64_t follow = options_.oversamples < least_ - options_.components
                                    ? options_.components + options_.oversamples
                                    : least_;
    // scikit-learn's choice.
    const std::int64_t steps = options_.power_iterations > 0 ? options_.power_iterations
                               : static_cast<double>(options_.components) < 0.1 * static_cast<double>(least_)
                                   ? 7
                                   : 4;
    const scatter_product<T> rows = centred_rows();
    matrix<double> directions = random_rows(follow, x_.cols(), options_.seed), images;
    for (std::int64_t step = 0; step <= steps; ++step) {
      tell(step, steps + 2);
      images = rows.times(directions);
      directions = images;
      double longest = 0;
      for (const auto row : images)
        longest = std::max(longest, std::sqrt(dot(row.data(), row.data(), x_.cols())));
      for (int pass = 0; pass < 2; ++pass)
        if (!orthonormalise_by_cholesky(directions, threads_))
          orthonormalise_rows(directions, longest, threads_);
    }
    tell(steps + 1, steps + 2);
    images = rows.times(directions);
    // Within these directions the components are those of a small matrix.
    matrix<double> inner(follow, follow);
    kernels::gemm(directions, images, inner, {.transpose_b = true, .threads = threads_});
    for (std::int64_t i = 0; i < follow; ++i)
      for (std::int64_t j = 0; j < i; ++j) inner(i, j) = inner(j, i) = (inner(i, j) + inner(j, i)) / 2;
    const eigen_system system = symmetric_eigen(std::move(inner), options_.components, threads_);
    take_values(system.values);
    out_.components = matrix<double>(options_.components, x_.cols());
    kernels::gemm(system.vectors, directions, out_.components, {.threads = threads_});
    set_noise();
    tell(steps + 2, steps + 2);
  }

  /// Without a mean taken off, what was found are sums of squares: variances (of the population, as
  /// scikit-learn's TruncatedSVD has them) are those less the squares of the means along the components.
  void finish_uncentred() {
    const auto n = static_cast<double>(x_.rows());
    std::vector<double> mean(static_cast<std::size_t>(x_.cols()), 0.0);
    for (std::int64_t r = 0; r < x_.rows(); ++r)
      for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += static_cast<double>(x_(r, c)) / n;
    const double all = unscaled(squares_) * (n - 1) / n - dot(mean.data(), mean.data(), x_.cols());
    for (std::size_t k = 0; k < out_.variance.size(); ++k) {
      const double along = dot(mean.data(), out_.components.row(k).data(), x_.cols());
      out_.variance[k] = std::max(out_.variance[k] * (n - 1) / n - along * along, 0.0);
      out_.ratio[k] = all > 0 ? out_.variance[k] / all : 0;
    }
    out_.noise = 0;
  }

  void finish() {
    const double all = unscaled(squares_);
    for (const double v : out_.variance) {
      out_.ratio.push_back(all > 0 ? v / all : 0);
      out_.singular.push_back(std::sqrt(v) * std::sqrt(static_cast<double>(x_.rows() - 1)));
    }
    if (!options_.centre) finish_uncentred();
    for (auto row : out_.components) {
      std::size_t at = 0;
      for (std::size_t c = 1; c < row.size(); ++c)
        if (std::abs(row[c]) > std::abs(row[at])) at = c;
      if (row[at] >= 0) continue;
      for (double& v : row) v = -v;
    }
  }

  matrix_view<const T> x_;
  axes_options options_;
  int threads_;
  std::int64_t least_ = 0;
  double scale_ = 1, squares_ = 0;
  std::size_t widest_ = 0;
  principal_axes out_;
};

template <class T>
matrix<T> project_rows_of(matrix_view<const T> x, const principal_axes& axes,
                          const std::vector<double>& factors, int threads) {
  const std::int64_t features = x.cols(), components = axes.components.rows();
  threads = thread_budget(threads);
  matrix<T> narrow(components, features);
  std::transform(axes.components.data(), axes.components.data() + components * features, narrow.data(),
                 [](double v) { return static_cast<T>(v); });
  std::vector<kernels::packed_matrix<T>>
      right;  // pieces of the features, whose products are summed in double
  for (std::int64_t first = 0; first < features; first += axes_chunk)
    right.emplace_back(kernels::plain_table(), std::min(axes_chunk, features - first), components,
                       narrow.data() + first, features, threads);
  constexpr std::int64_t block = 256;
  matrix<T> out(x.rows(), components);
  parallel_for((x.rows() + block - 1) / block, threads, [&](std::int64_t task) {
    const std::int64_t begin = task * block, rows = std::min(block, x.rows() - begin);
    matrix<T> piece(rows, axes_chunk), product(rows, components);
    matrix<double> sums(rows, components);
    buffer<std::byte> scratch(static_cast<std::size_t>(right.front().scratch_bytes()));
    for (std::size_t i = 0; i < right.size(); ++i) {
      const std::int64_t first = static_cast<std::int64_t>(i) * axes_chunk;
      const double* mean = axes.mean.data() + first;
      for (std::int64_t r = 0; r < rows; ++r) {
        const T* from = x.row(begin + r).data() + first;
        T* to = piece.row(r).data();
        for (std::int64_t c = 0; c < right[i].k(); ++c)
          to[c] = static_cast<T>(static_cast<double>(from[c]) - mean[c]);
      }
      kernels::gemm_rows<T> left;
      left.data = piece.data();
      left.stride = axes_chunk;
      kernels::gemm_packed<T>(right[i], left, rows, product.data(), components, {}, 1, scratch.data());
      for (std::int64_t k = 0; k < rows * components; ++k)
        sums.data()[k] += static_cast<double>(product.data()[k]);
    }
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < components; ++k)
        out(begin + r, k) = static_cast<T>(sums(r, k) * factors[static_cast<std::size_t>(k)]);
  });
  return out;
}

template <class T>
matrix<T> rows_of(matrix_view<const T> projected, const principal_axes& axes,
                  const std::vector<double>& factors, int threads) {
  const std::int64_t columns = axes.components.cols();
  matrix<T> out(projected.rows(), columns);
  parallel_for(out.rows(), threads, [&](std::int64_t r) {
    std::vector<double> row = axes.mean;
    for (std::int64_t k = 0; k < projected.cols(); ++k) {
      const double v = static_cast<double>(projected(r, k)) * factors[static_cast<std::size_t>(k)];
      const double* component = axes.components.row(k).data();
      for (std::size_t c = 0; c < row.size(); ++c) row[c] += v * component[c];
    }
    std::transform(row.begin(), row.end(), out.row(r).begin(), [](double v) { return static_cast<T>(v); });
  });
  return out;
}

AISLE_API principal_axes find_principal_axes(matrix_view<const float> x, const axes_options& options) {
  return axes_finder<float>(x, options).run();
}
AISLE_API principal_axes find_principal_axes(matrix_view<const double> x, const axes_options& options) {
  return axes_finder<double>(x, options).run();
}
AISLE_API matrix<float> project_rows(matrix_view<const float> x, const principal_axes& axes,
                                     const std::vector<double>& factors, int threads) {
  return project_rows_of(x, axes, factors, threads);
}
AISLE_API matrix<double> project_rows(matrix_view<const double> x, const principal_axes& axes,
                                      const std::vector<double>& factors, int threads) {
  return project_rows_of(x, axes, factors, threads);
}
AISLE_API matrix<float> rows_of_projected(matrix_view<const float> projected, const principal_axes& axes,
                                          const std::vector<double>& factors, int threads) {
  return rows_of(projected, axes, factors, threads);
}
AISLE_API matrix<double> rows_of_projected(matrix_view<const double> projected, const principal_axes& axes,
                                           const std::vector<double>& factors, int threads) {
  return rows_of(projected, axes, factors, threads);
}

}  // namespace detail

AISLE_NAMESPACE_END
