#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/feature_view.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/tensor/sparse_matrix.hpp>

// What linear learners minimise.

AISLE_NAMESPACE_BEGIN

namespace detail {

enum class linear_loss {
  log,           ///< -log of the class's softmax; of one output, of the sigmoid
  squared_hinge  ///< max(0, 1 - y z)^2 of each output, y = 1 for rows of its class and -1 for all others
};

/// Outputs of a linear model of several classes: one where there are two.
constexpr std::int64_t linear_outputs(std::int64_t classes) noexcept { return classes == 2 ? 1 : classes; }

struct linear_objective {
  linear_loss loss = linear_loss::log;
  double c = 1;
  bool penalise_intercepts = false;
  int threads = 0;
};

/// The mean loss of rows and its gradient, for the outputs `first` to `first + count`: all of them with the
/// logistic loss. Parameters are coefficients [count, features], dense ones before sparse ones, and then
/// intercepts. Everything lies output by output ([outputs, rows]): the two products then have the few outputs
/// as rows and read features that were packed once.
template <class T>
class linear_problem {
 public:
  /// `codes`: the class of each row; features stay referred to until the end, what is packed of them but
  /// once.
  linear_problem(const feature_view<T>& x, std::span<const std::int32_t> codes,
                 std::vector<double> row_weights, std::int64_t classes, const linear_objective& objective)
      : objective_(objective),
        codes_(codes),
        row_weights_(std::move(row_weights)),
        classes_(classes),
        rows_(x.rows()),
        dense_(x.dense().cols()),
        sparse_(x.sparse()),
        threads_(kernels::threads_worth(
            (rows_ * dense_ + (sparse_ ? sparse_->nonzeros() : 0)) * linear_outputs(classes),
            objective.threads)) {
    if (dense_ > 0) {
      const matrix_view<const T> dense = x.dense();
      by_row_ = kernels::packed_matrix<T>(kernels::plain_table(), dense_, rows_, dense.data(), dense.stride(),
                                          threads_);
      const matrix<T> columns = transposed(dense);
      by_feature_ =
          kernels::packed_matrix<T>(kernels::plain_table(), rows_, dense_, columns.data(), rows_, threads_);
    }
    if (sparse_) by_column_ = sparse_->transposed();
    for (const double w : row_weights_) total_ += w;
    if (!(total_ > 0)) return;
    penalty_ = 1 / (objective_.c * total_);
    losses_.resize(static_cast<std::size_t>((rows_ + block - 1) / block));
    choose(0, linear_outputs(classes));
  }

  /// Looks at these outputs from here on.
  void choose(std::int64_t first, std::int64_t count) {
    first_ = first;
    outputs_ = count;
    logits_ = matrix<T>(outputs_, rows_);
    narrow_ = matrix<T>(outputs_, dense_);
    product_ = matrix<T>(outputs_, dense_);
    if (sparse_) {
      sparse_weights_ = matrix<T>(sparse_->cols(), outputs_);
      by_row_residuals_ = matrix<T>(rows_, outputs_);
    }
    residuals_ = matrix<double>(static_cast<std::int64_t>(losses_.size()), outputs_);
  }

  std::int64_t outputs() const noexcept { return outputs_; }
  std::int64_t features() const noexcept { return dense_ + (sparse_ ? sparse_->cols() : 0); }
  std::size_t parameters() const noexcept { return static_cast<std::size_t>(outputs_ * (features() + 1)); }
  /// Of the rows' weights; 0: there is nothing to minimise.
  double total_weight() const noexcept { return total_; }

  double evaluate(const std::vector<double>& at, std::vector<double>& gradient) {
    throw_if_interrupted();
    const std::int64_t weights = outputs_ * features();
    const double* intercepts = at.data() + weights;
    multiply(at);
    parallel_for(static_cast<std::int64_t>(losses_.size()), threads_, [&](std::int64_t b) {
      throw_if_interrupted();
      if (objective_.loss == linear_loss::squared_hinge)
        squared_hinge(b, intercepts);
      else
        outputs_ == 1 ? sigmoid(b, intercepts) : softmax(b, intercepts);
    });
    multiply_back(gradient);

    double loss = 0, squares = 0;
    for (const double l : losses_) loss += l;
    for (std::int64_t i = 0; i < weights; ++i) {
      const double w = at[static_cast<std::size_t>(i)];
      squares += w * w;
      gradient[static_cast<std::size_t>(i)] += penalty_ * w;
    }
    for (std::int64_t c = 0; c < outputs_; ++c) {
      double sum = 0;
      for (std::int64_t b = 0; b < residuals_.rows(); ++b) sum += residuals_(b, c);
      if (objective_.penalise_intercepts) {
        squares += intercepts[c] * intercepts[c];
        sum += penalty_ * intercepts[c];
      }
      gradient[static_cast<std::size_t>(weights + c)] = sum;
    }
    return loss + 0.5 * penalty_ * squares;
  }

 private:
  static constexpr std::int64_t block = 256;  // rows whose loss is one partial sum, whoever computes it

  /// By squares that fit the first cache, on all threads.
  matrix<T> transposed(matrix_view<const T> x) const {
    constexpr std::int64_t side = 64;
    matrix<T> out(x.cols(), x.rows());
    parallel_for((x.cols() + side - 1) / side, threads_, [&](std::int64_t strip) {
      const std::int64_t end = std::min(x.cols(), (strip + 1) * side);
      for (std::int64_t first = 0; first < x.rows(); first += side)
        for (std::int64_t f = strip * side; f < end; ++f)
          for (std::int64_t r = first; r < std::min(x.rows(), first + side); ++r) out(f, r) = x(r, f);
    });
    return out;
  }

  void gemm(const kernels::packed_matrix<T>& right, const matrix<T>& left, matrix<T>& out) {
    kernels::gemm_rows<T> rows;
    rows.data = left.data();
    rows.stride = left.cols();
    kernels::gemm_packed<T>(right, rows, left.rows(), out.data(), out.cols(), {}, threads_, nullptr);
  }

  /// Logits without intercepts.
  void multiply(const std::vector<double>& at) {
    for (std::int64_t c = 0; c < outputs_; ++c) {
      const double* row = at.data() + c * features();
      std::transform(row, row + dense_, narrow_.row(c).begin(), [](double v) { return static_cast<T>(v); });
      if (sparse_)
        for (std::int64_t f = 0; f < sparse_->cols(); ++f)
          sparse_weights_(f, c) = static_cast<T>(row[dense_ + f]);
    }
    if (dense_ > 0)
      gemm(by_row_, narrow_, logits_);
    else
      std::fill_n(logits_.data(), outputs_ * rows_, T(0));
    if (!sparse_) return;
    parallel_for(static_cast<std::int64_t>(losses_.size()), threads_, [&](std::int64_t b) {
      std::vector<T> sum(static_cast<std::size_t>(outputs_));
      for (std::int64_t r = b * block; r < std::min((b + 1) * block, rows_); ++r) {
        std::fill(sum.begin(), sum.end(), T(0));
        add_weighted_rows(sparse_->row(r), sparse_weights_, sum);
        for (std::int64_t c = 0; c < outputs_; ++c) logits_(c, r) += sum[static_cast<std::size_t>(c)];
      }
    });
  }

  /// What logits_ holds by now, times the features.
  void multiply_back(std::vector<double>& gradient) {
    if (dense_ > 0) gemm(by_feature_, logits_, product_);
    for (std::int64_t c = 0; c < outputs_; ++c)
      std::transform(product_.row(c).begin(), product_.row(c).end(), gradient.begin() + c * features(),
                     [](T v) { return static_cast<double>(v); });
    if (!sparse_) return;
    for (std::int64_t r = 0; r < rows_; ++r)
      for (std::int64_t c = 0; c < outputs_; ++c) by_row_residuals_(r, c) = logits_(c, r);
    constexpr std::int64_t piece = 512;
    parallel_for((by_column_.rows() + piece - 1) / piece, threads_, [&](std::int64_t task) {
      std::vector<T> sum(static_cast<std::size_t>(outputs_));
      for (std::int64_t f = task * piece; f < std::min((task + 1) * piece, by_column_.rows()); ++f) {
        std::fill(sum.begin(), sum.end(), T(0));
        add_weighted_rows(by_column_.row(f), by_row_residuals_, sum);
        for (std::int64_t c = 0; c < outputs_; ++c)
          gradient[static_cast<std::size_t>(c * features() + dense_ + f)] =
              static_cast<double>(sum[static_cast<std::size_t>(c)]);
      }
    });
  }

  // Each replaces logits by the derivative of the mean loss.
  void sigmoid(std::int64_t b, const double* intercepts) {
    double loss = 0, residual = 0;
    for (std::int64_t r = b * block; r < std::min((b + 1) * block, rows_); ++r) {
      const auto row = static_cast<std::size_t>(r);
      const double z = static_cast<double>(logits_(0, r)) + intercepts[0], w = row_weights_[row] / total_;
      const double y = codes_[row];
      loss += w * (std::log1p(std::exp(-std::abs(z))) + std::max(z, 0.0) - y * z);
      const double d = w * (1 / (1 + std::exp(-z)) - y);
      residual += d;
      logits_(0, r) = static_cast<T>(d);
    }
    losses_[static_cast<std::size_t>(b)] = loss;
    residuals_(b, 0) = residual;
  }

  void softmax(std::int64_t b, const double* intercepts) {
    const std::int64_t first = b * block, count = std::min(block, rows_ - first);
    double high[block], sum[block], loss = 0;
    std::fill(high, high + count, -std::numeric_limits<double>::infinity());
    std::fill(sum, sum + count, 0.0);
    for (std::int64_t c = 0; c < outputs_; ++c)
      for (std::int64_t i = 0; i < count; ++i)
        high[i] = std::max(high[i], static_cast<double>(logits_(c, first + i)) + intercepts[c]);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto row = static_cast<std::size_t>(first + i);
      const auto t = codes_[row];
      loss += row_weights_[row] / total_ *
              (high[i] - (static_cast<double>(logits_(t, first + i)) + intercepts[t]));
    }
    for (std::int64_t c = 0; c < outputs_; ++c)
      for (std::int64_t i = 0; i < count; ++i) {
        T& z = logits_(c, first + i);
        z = std::exp(static_cast<T>(static_cast<double>(z) + intercepts[c] - high[i]));
        sum[i] += static_cast<double>(z);
      }
    for (std::int64_t i = 0; i < count; ++i) {
      const double w = row_weights_[static_cast<std::size_t>(first + i)] / total_;
      loss += w * std::log(sum[i]);
      sum[i] = w / sum[i];  // from here on what an exponential is multiplied by
      high[i] = w;
    }
    for (std::int64_t c = 0; c < outputs_; ++c) {
      double residual = 0;
      for (std::int64_t i = 0; i < count; ++i) {
        const bool own = codes_[static_cast<std::size_t>(first + i)] == c;
        const double d = static_cast<double>(logits_(c, first + i)) * sum[i] - (own ? high[i] : 0.0);
        residual += d;
        logits_(c, first + i) = static_cast<T>(d);
      }
      residuals_(b, c) = residual;
    }
    losses_[static_cast<std::size_t>(b)] = loss;
  }

  void squared_hinge(std::int64_t b, const double* intercepts) {
    double loss = 0;
    for (std::int64_t c = 0; c < outputs_; ++c) {
      // Of two classes the one output is the second's.
      const std::int64_t own = classes_ == 2 ? 1 : first_ + c;
      double residual = 0;
      for (std::int64_t r = b * block; r < std::min((b + 1) * block, rows_); ++r) {
        const auto row = static_cast<std::size_t>(r);
        const double y = codes_[row] == own ? 1 : -1, w = row_weights_[row] / total_;
        const double z = static_cast<double>(logits_(c, r)) + intercepts[c];
        const double short_of = std::max(0.0, 1 - y * z);
        loss += w * short_of * short_of;
        const double d = -2 * w * y * short_of;
        residual += d;
        logits_(c, r) = static_cast<T>(d);
      }
      residuals_(b, c) = residual;
    }
    losses_[static_cast<std::size_t>(b)] = loss;
  }

  linear_objective objective_;
  std::span<const std::int32_t> codes_;
  std::vector<double> row_weights_;
  std::int64_t classes_, rows_, dense_;
  const sparse_matrix<T>* sparse_;
  int threads_;
  std::int64_t first_ = 0, outputs_ = 0;
  kernels::packed_matrix<T> by_row_, by_feature_;  // right operands: features x rows, rows x features
  sparse_matrix<T> by_column_;
  matrix<T> logits_, narrow_, product_;
  matrix<T> sparse_weights_, by_row_residuals_;  // [columns, outputs], [rows, outputs]
  matrix<double> residuals_;  // [blocks, outputs]: sums of the derivatives, for the intercepts
  std::vector<double> losses_;
  double total_ = 0, penalty_ = 0;
};

}  // namespace detail

AISLE_NAMESPACE_END
