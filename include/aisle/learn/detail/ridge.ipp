#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/learn/detail/blocked_products.hpp>
#include <aisle/learn/detail/ridge.hpp>
#include <aisle/learn/detail/symmetric_eigen.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// a B on the calling thread.
inline matrix<double> times_packed(const matrix<double>& a, const kernels::packed_matrix<double>& b) {
  matrix<double> out(a.rows(), b.n());
  buffer<std::byte> scratch(static_cast<std::size_t>(b.scratch_bytes()));
  kernels::gemm_rows<double> left;
  left.data = a.data();
  left.stride = a.cols();
  kernels::gemm_packed<double>(b, left, a.rows(), out.data(), out.cols(), {}, 1, scratch.data());
  return out;
}

/// Rows times the roots of their weights, the kernel K centred: of the system G, whose eigenvectors are V and
/// values l, a penalty a leaves residuals y - G (G + a)^-1 y, and what a row says of itself is the diagonal
/// of G (G + a)^-1 and, for the intercept, its share in the weights. A residual divided by 1 less that is
/// what it would be had the row been left out (Rifkin, Lippert 2007).
/// The kernel is divided by the mean of its diagonal, so that alphas are in units of that.
template <class T>
class ridge_fitter {
 public:
  ridge_fitter(matrix_view<const T> x, const matrix<double>& targets, const std::vector<double>& weights,
               const ridge_options& options)
      : x_(x),
        targets_(targets),
        options_(options),
        threads_(thread_budget(options.threads)),
        // A linear kernel of more rows than features: eigenvectors of the covariances, as of fewer numbers.
        by_features_(options.kernel == ridge_kernel::linear && x.cols() < x.rows()) {
    for (const double w : weights) total_ += w;
    for (const double w : weights) {
      share_.push_back(w / total_);
      root_.push_back(std::sqrt(w));
    }
  }

  std::optional<ridge_fit> run() {
    throw_if_interrupted();
    if (!measure()) return std::nullopt;
    std::optional<matrix<double>> kernel = system();
    if (!kernel || !all_finite(std::span<const double>(
                       kernel->data(), static_cast<std::size_t>(kernel->rows() * kernel->cols()))))
      return std::nullopt;
    tell(1);
    const std::int64_t size = kernel->rows();
    eigen_ = symmetric_eigen(std::move(*kernel), size, threads_);
    for (double& v : eigen_.values) v = std::max(v, 0.0);
    tell(2);
    project_targets();
    leave_out();
    tell(3);
    finish();
    const auto finite = [](const matrix<double>& m) {
      return all_finite(std::span<const double>(m.data(), static_cast<std::size_t>(m.rows() * m.cols())));
    };
    if (!finite(out_.coefficients) || !finite(out_.left_out) ||
        !all_finite(std::span<const double>(out_.intercepts)) ||
        !all_finite(std::span<const double>(out_.errors)))
      return std::nullopt;
    tell(4);
    return std::move(out_);
  }

 private:
  double centred(std::int64_t r, std::int64_t c) const noexcept {
    return (static_cast<double>(x_(r, c)) - out_.centre[static_cast<std::size_t>(c)]) * scale_;
  }
  double weighted(std::int64_t r, std::int64_t c) const noexcept {
    return root_[static_cast<std::size_t>(r)] * centred(r, c);
  }

  void tell(std::int64_t done) const {
    throw_if_interrupted();
    if (options_.progress && *options_.progress)
      (*options_.progress)({.phase = "kernel_ridge", .done = done, .total = 4, .unit = "steps"});
  }

  /// Centre and scale; false when they overflow. Sums are of numbers divided by the largest.
  bool measure() {
    const std::int64_t rows = x_.rows(), columns = x_.cols();
    const auto each = [&](const auto& body) {
      each_piece(columns, threads_, [&](std::int64_t begin, std::int64_t end) {
        throw_if_interrupted();
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t c = begin; c < end; ++c)
            body(static_cast<std::size_t>(c), static_cast<double>(x_(r, c)),
                 share_[static_cast<std::size_t>(r)]);
      });
    };
    std::vector<double>& mean = out_.centre;
    mean.assign(static_cast<std::size_t>(columns), 0.0);
    for (int pass = 0; pass < 2; ++pass) {  // the second adds what rounding left
      std::vector<double> rest(mean.size(), 0.0);
      each([&](std::size_t c, double v, double share) { rest[c] += share * (v - mean[c]); });
      for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += rest[c];
    }
    if (!all_finite(std::span<const double>(mean))) return false;
    double middle = 0, farthest = 0;
    for (const double m : mean) middle += m / static_cast<double>(columns);
    for (const double m : mean) farthest = std::max(farthest, std::abs(m - middle));
    std::vector<double> largest(mean.size(), 0.0), squares(mean.size(), 0.0);
    each([&](std::size_t c, double v, double) { largest[c] = std::max(largest[c], std::abs(v - mean[c])); });
    const double widest = *std::max_element(largest.begin(), largest.end());
    if (!is_finite(widest) || !is_finite(farthest)) return false;
    const double unit = options_.kernel == ridge_kernel::rbf ? std::max(widest, farthest) : widest;
    if (unit > 0)
      each([&](std::size_t c, double v, double share) {
        const double d = (v - mean[c]) / unit;
        squares[c] += share * d * d;
      });
    double sum = 0;
    for (const double s : squares) sum += s;
    return options_.kernel == ridge_kernel::rbf ? choose_gamma(middle, unit, sum) : choose_scale(unit, sum);
  }

  /// Linear: rows are divided by the root of their mean square, that of the kernel's diagonal. Of rows that
  /// are all the same nothing is left.
  bool choose_scale(double unit, double sum) {
    const double size = unit * std::sqrt(sum);
    scale_ = size > std::numeric_limits<double>::min() ? 1 / size : 0;
    return is_finite(size);
  }

  /// scikit-learn's "scale": the variance is that of all numbers about their common mean.
  bool choose_gamma(double middle, double unit, double sum) {
    double about = sum;
    for (const double m : out_.centre)
      if (unit > 0) about += (m - middle) / unit * ((m - middle) / unit);
    out_.gamma = options_.gamma;
    if (out_.gamma == 0) out_.gamma = unit > 0 ? 1 / about / unit / unit : 1;
    scale_ = std::sqrt(out_.gamma);
    return is_finite(out_.gamma) && out_.gamma > 0;
  }

  template <class At>
  matrix<double> products(std::int64_t rows, std::int64_t inner, const At& at) const {
    return symmetric_products<double>(rows, inner, threads_, at,
                                      [](std::int64_t) { throw_if_interrupted(); });
  }

  std::optional<matrix<double>> system() {
    if (by_features_)
      return products(x_.cols(), x_.rows(), [&](std::int64_t c, std::int64_t r) { return weighted(r, c); });
    if (options_.kernel == ridge_kernel::linear)
      return products(x_.rows(), x_.cols(), [&](std::int64_t r, std::int64_t c) { return weighted(r, c); });
    matrix<double> k =
        products(x_.rows(), x_.cols(), [&](std::int64_t r, std::int64_t c) { return centred(r, c); });
    std::vector<double> squares;
    for (std::int64_t r = 0; r < k.rows(); ++r) squares.push_back(k(r, r));
    if (!all_finite(std::span<const double>(squares))) return std::nullopt;
    means_.assign(squares.size(), 0.0);
    parallel_for(k.rows(), threads_, [&](std::int64_t r) {
      double* row = k.row(r).data();
      const double own = squares[static_cast<std::size_t>(r)];
      for (std::int64_t c = 0; c < k.cols(); ++c) {
        const double distance = own + squares[static_cast<std::size_t>(c)] - 2 * row[c];
        row[c] = c == r ? 1 : std::exp(-std::max(distance, 0.0));
      }
      means_[static_cast<std::size_t>(r)] = dot(row, share_.data(), k.cols());
    });
    const double middle = dot(means_.data(), share_.data(), k.rows());
    diagonal_ = 0;
    for (std::size_t r = 0; r < means_.size(); ++r) diagonal_ += share_[r] * (1 - 2 * means_[r] + middle);
    // Of rows that are all the same only rounding is left.
    const bool same = diagonal_ < 1e-13;
    if (same) diagonal_ = 1;
    parallel_for(k.rows(), threads_, [&](std::int64_t r) {
      const auto i = static_cast<std::size_t>(r);
      double* row = k.row(r).data();
      for (std::size_t j = 0; j < means_.size(); ++j)
        row[j] = same ? 0 : root_[i] * root_[j] * (row[j] - (means_[i] + means_[j]) + middle) / diagonal_;
    });
    return k;
  }

  /// The targets less their mean, weighted, and along the eigenvectors.
  void project_targets() {
    y_ = matrix<double>(targets_.rows(), x_.rows());
    for (std::int64_t o = 0; o < y_.rows(); ++o) {
      y_mean_.push_back(dot(targets_.row(o).data(), share_.data(), y_.cols()));
      for (std::int64_t r = 0; r < y_.cols(); ++r)
        y_(o, r) = root_[static_cast<std::size_t>(r)] * (targets_(o, r) - y_mean_.back());
    }
    along_ = matrix<double>(y_.rows(), eigen_.vectors.rows());
    if (by_features_)
      kernels::gemm(of_features(y_), eigen_.vectors, along_, {.transpose_b = true, .threads = threads_});
    else
      kernels::gemm(y_, eigen_.vectors, along_, {.transpose_b = true, .threads = threads_});
  }

  /// [outputs, rows] times the weighted rows: [outputs, features].
  matrix<double> of_features(const matrix<double>& by_row) const {
    return times_columns(by_row, x_.cols(), threads_,
                         [&](std::int64_t c, std::int64_t first, std::int64_t count, double* to) {
                           for (std::int64_t i = 0; i < count; ++i) to[i] = weighted(first + i, c);
                         });
  }

  /// The error of rows left out, for every alpha.
  void leave_out() {
    constexpr std::int64_t block = 128;
    const auto alphas = static_cast<std::int64_t>(options_.alphas.size());
    const std::int64_t rows = x_.rows(), outputs = y_.rows(), size = eigen_.vectors.rows();
    // What is multiplied by the coordinates of a row along the vectors, and by their squares.
    matrix<double> fitted(alphas * outputs, size), own(alphas, size);
    for (std::int64_t a = 0; a < alphas; ++a)
      for (std::int64_t j = 0; j < size; ++j) {
        const double l = eigen_.values[static_cast<std::size_t>(j)],
                     with = l + options_.alphas[static_cast<std::size_t>(a)];
        own(a, j) = (by_features_ ? 1 : l) / with;
        for (std::int64_t o = 0; o < outputs; ++o) fitted(a * outputs + o, j) = own(a, j) * along_(o, j);
      }
    const auto packed = [&](const matrix<double>& m) {
      return kernels::packed_matrix<double>(kernels::plain_table(), m.cols(), m.rows(), m.data(), m.cols(),
                                            threads_);
    };
    const auto packed_fitted = packed(fitted), packed_own = packed(own);
    const auto packed_vectors = by_features_ ? packed(eigen_.vectors) : kernels::packed_matrix<double>();
    remaining_ = matrix<double>(rows, alphas);
    matrix<double> sums((rows + block - 1) / block, alphas);
    parallel_for(sums.rows(), threads_, [&](std::int64_t b) {
      throw_if_interrupted();
      const std::int64_t first = b * block, count = std::min(block, rows - first);
      matrix<double> at(count, by_features_ ? x_.cols() : size);
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t j = 0; j < at.cols(); ++j)
          at(i, j) = by_features_ ? weighted(first + i, j) : eigen_.vectors(j, first + i);
      if (by_features_) at = times_packed(at, packed_vectors);
      const matrix<double> values = times_packed(at, packed_fitted);
      for (std::int64_t i = 0; i < count * size; ++i) at.data()[i] *= at.data()[i];
      const matrix<double> diagonal = times_packed(at, packed_own);
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t a = 0; a < alphas; ++a) {
          const std::int64_t r = first + i;
          const double left = 1 - share_[static_cast<std::size_t>(r)] - diagonal(i, a);
          // Nothing is left of a row that has all the weight; its residual is 0 as well.
          const double rest = remaining_(r, a) = std::max(left, 1e-12);
          for (std::int64_t o = 0; o < outputs; ++o) {
            const double e = (y_(o, r) - values(i, a * outputs + o)) / rest;
            sums(b, a) += e * e;
          }
        }
    });
    for (std::int64_t a = 0; a < alphas; ++a) {
      double sum = 0;
      for (std::int64_t b = 0; b < sums.rows(); ++b) sum += sums(b, a);
      out_.errors.push_back(sum / total_ / static_cast<double>(outputs));
    }
    for (std::size_t a = 1; a < out_.errors.size(); ++a) {
      const double d = out_.errors[a] - out_.errors[out_.chosen];
      if (d < 0 || (d == 0 && options_.alphas[a] > options_.alphas[out_.chosen])) out_.chosen = a;
    }
  }

  /// The solution at the chosen alpha.
  void finish() {
    const double alpha = options_.alphas[out_.chosen];
    const std::int64_t rows = x_.rows(), outputs = y_.rows(), size = eigen_.vectors.rows();
    for (std::int64_t o = 0; o < outputs; ++o)
      for (std::int64_t j = 0; j < size; ++j)
        along_(o, j) /= eigen_.values[static_cast<std::size_t>(j)] + alpha;
    matrix<double> solution(outputs, size), residual;
    kernels::gemm(along_, eigen_.vectors, solution, {.threads = threads_});
    if (by_features_) {
      residual = times_columns(solution, rows, threads_,
                               [&](std::int64_t r, std::int64_t first, std::int64_t count, double* to) {
                                 for (std::int64_t i = 0; i < count; ++i) to[i] = weighted(r, first + i);
                               });
      for (std::int64_t i = 0; i < outputs * rows; ++i)
        residual.data()[i] = y_.data()[i] - residual.data()[i];
    } else {
      residual = solution;
      for (std::int64_t i = 0; i < outputs * rows; ++i) residual.data()[i] *= alpha;
    }
    out_.left_out = matrix<double>(outputs, rows);
    const auto chosen = static_cast<std::int64_t>(out_.chosen);
    for (std::int64_t o = 0; o < outputs; ++o)
      for (std::int64_t r = 0; r < rows; ++r)
        out_.left_out(o, r) =
            targets_(o, r) - residual(o, r) / remaining_(r, chosen) / root_[static_cast<std::size_t>(r)];

    const bool linear = options_.kernel == ridge_kernel::linear;
    out_.coefficients = linear && !by_features_ ? of_features(solution) : std::move(solution);
    for (std::int64_t o = 0; o < outputs; ++o)
      for (std::int64_t i = 0; i < out_.coefficients.cols(); ++i)
        out_.coefficients(o, i) *= linear ? scale_ : root_[static_cast<std::size_t>(i)] / diagonal_;
    // Of the centred kernel the coefficients sum to 0: what the centre takes off is one number.
    const std::vector<double>& taken_off = linear ? out_.centre : means_;
    for (std::int64_t o = 0; o < outputs; ++o)
      out_.intercepts.push_back(y_mean_[static_cast<std::size_t>(o)] - dot(out_.coefficients.row(o).data(),
                                                                           taken_off.data(),
                                                                           out_.coefficients.cols()));
    out_.penalty = linear ? (scale_ > 0 ? alpha / scale_ / scale_ : alpha) : alpha * diagonal_;
  }

  matrix_view<const T> x_;
  const matrix<double>& targets_;
  const ridge_options& options_;
  int threads_;
  bool by_features_;
  double total_ = 0, scale_ = 1, diagonal_ = 1;
  std::vector<double> share_, root_;  // of each row: its part of all weight, the root of its weight
  std::vector<double> means_;         // rbf: of each row, its mean similarity
  eigen_system eigen_;
  matrix<double> y_, along_;  // [outputs, rows], [outputs, vectors]
  std::vector<double> y_mean_;
  matrix<double> remaining_;  // [rows, alphas]: 1 less what a row says of itself
  ridge_fit out_;
};

template <class T>
ridge_rows packed_rows_of(matrix_view<const T> rows, const std::vector<double>& centre, double gamma) {
  ridge_rows out{std::sqrt(gamma), centre, {}, {}};
  out.packed = kernels::packed_matrix<double>(
      kernels::plain_table(), rows.cols(), rows.rows(), [&](std::int64_t r, double* to) {
        for (std::int64_t c = 0; c < rows.cols(); ++c)
          to[c] = (static_cast<double>(rows(r, c)) - centre[static_cast<std::size_t>(c)]) * out.root;
        out.squares.push_back(dot(to, to, rows.cols()));
      });
  return out;
}

/// Of a block of rows the similarities to all kept ones.
template <class T>
matrix<double> similarities(matrix_view<const T> x, const ridge_rows& rows) {
  matrix<double> z(x.rows(), x.cols());
  for (std::int64_t r = 0; r < x.rows(); ++r)
    for (std::int64_t c = 0; c < x.cols(); ++c)
      z(r, c) = (static_cast<double>(x(r, c)) - rows.centre[static_cast<std::size_t>(c)]) * rows.root;
  matrix<double> out = times_packed(z, rows.packed);
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    const double own = dot(z.row(r).data(), z.row(r).data(), z.cols());
    for (std::size_t i = 0; i < rows.squares.size(); ++i) {
      double& v = out.row(r)[i];
      // A row too far away for its distance to be a number is like none.
      v = is_finite(own) ? std::exp(-std::max(own + rows.squares[i] - 2 * v, 0.0)) : 0;
    }
  }
  return out;
}

template <class T>
matrix<double> decisions_of(matrix_view<const T> x, const ridge_rows& rows,
                            const matrix<double>& coefficients, const std::vector<double>& intercepts,
                            int threads) {
  matrix<double> out(x.rows(), coefficients.rows());
  const bool linear = rows.centre.empty();
  constexpr std::int64_t block = 32;
  const int worth = kernels::threads_worth(x.rows() * coefficients.cols() * (linear ? out.cols() : x.cols()),
                                           thread_budget(threads));
  parallel_for((x.rows() + block - 1) / block, worth, [&](std::int64_t b) {
    throw_if_interrupted();
    const std::int64_t first = b * block, count = std::min(block, x.rows() - first);
    const matrix_view<const T> part = x.rows(first, count);
    matrix<double> values;
    if (linear) {
      values = matrix<double>(count, x.cols());
      for (std::int64_t r = 0; r < count; ++r)
        for (std::int64_t c = 0; c < x.cols(); ++c) values(r, c) = static_cast<double>(part(r, c));
    } else {
      values = similarities(part, rows);
    }
    for (std::int64_t r = 0; r < count; ++r)
      for (std::int64_t o = 0; o < out.cols(); ++o)
        out(first + r, o) = intercepts[static_cast<std::size_t>(o)] +
                            dot(values.row(r).data(), coefficients.row(o).data(), values.cols());
  });
  return out;
}

AISLE_API std::optional<ridge_fit> fit_ridge(matrix_view<const float> x, const matrix<double>& targets,
                                             const std::vector<double>& weights,
                                             const ridge_options& options) {
  return ridge_fitter<float>(x, targets, weights, options).run();
}
AISLE_API std::optional<ridge_fit> fit_ridge(matrix_view<const double> x, const matrix<double>& targets,
                                             const std::vector<double>& weights,
                                             const ridge_options& options) {
  return ridge_fitter<double>(x, targets, weights, options).run();
}
AISLE_API ridge_rows pack_ridge_rows(matrix_view<const float> rows, const std::vector<double>& centre,
                                     double gamma) {
  return packed_rows_of(rows, centre, gamma);
}
AISLE_API ridge_rows pack_ridge_rows(matrix_view<const double> rows, const std::vector<double>& centre,
                                     double gamma) {
  return packed_rows_of(rows, centre, gamma);
}
AISLE_API matrix<double> ridge_decisions(matrix_view<const float> x, const ridge_rows& rows,
                                         const matrix<double>& coefficients,
                                         const std::vector<double>& intercepts, int threads) {
  return decisions_of(x, rows, coefficients, intercepts, threads);
}
AISLE_API matrix<double> ridge_decisions(matrix_view<const double> x, const ridge_rows& rows,
                                         const matrix<double>& coefficients,
                                         const std::vector<double>& intercepts, int threads) {
  return decisions_of(x, rows, coefficients, intercepts, threads);
}

}  // namespace detail

AISLE_NAMESPACE_END
