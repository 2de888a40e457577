#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/detail/lbfgs.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

struct logistic_options {
  double c = 1.0;  ///< inverse strength of the penalty
  /// Converged when no entry of the gradient of the mean loss is larger. scikit-learn's default (1e-4) stops
  /// well short of the optimum on some data.
  double tolerance = 1e-5;
  std::int64_t max_iterations = 1000;
  class_weights weights = {};
  int threads = 0;                  ///< 0: all the process may use
  progress_callback progress = {};  ///< after every iteration
};

/// Multinomial logistic regression: minimises
///   sum over rows of weight * -log p(class) + |coefficients|^2 / (2 c)
/// by L-BFGS; intercepts are not penalised. Two classes have one row of coefficients and a sigmoid, not a
/// softmax of two. The objective and the optimum of scikit-learn's LogisticRegression. Parameters, losses and
/// decisions are kept in double; products with the features are computed in T. Fitting takes two packed
/// copies of the features. Throws option_error for a single class.
template <class T = float>
class logistic_regression final : public classifier<T> {
 public:
  explicit logistic_regression(logistic_options options = {}) : options_(std::move(options)) {}

  std::string_view kind() const noexcept override { return "logistic_regression"; }
  std::unique_ptr<classifier<T>> unfitted() const override {
    return std::make_unique<logistic_regression>(options_);
  }
  const logistic_options& options() const& noexcept { return options_; }
  logistic_options options() const&& { return options(); }

  /// [classes, features], or [1, features] of the second class when there are two; rows follow the classes
  /// that had rows.
  const matrix<double>& coefficients() const& noexcept { return coefficients_; }
  matrix<double> coefficients() const&& { return coefficients(); }
  const std::vector<double>& intercepts() const& noexcept { return intercepts_; }
  std::vector<double> intercepts() const&& { return intercepts(); }
  /// What was minimised, at the coefficients found.
  double objective() const noexcept { return objective_; }
  std::int64_t iterations() const noexcept { return iterations_; }
  /// To the tolerance, or as near as the precision of T allows; false: max_iterations came first.
  bool converged() const noexcept { return converged_; }

 protected:
  using training_data = typename classifier<T>::training_data;

  const class_weights& weights() const noexcept override { return options_.weights; }
  int threads() const noexcept override { return options_.threads; }

  void fit_rows(const training_data& data) override {
    const auto positive = [](const double& v) { return !is_nan(v) && v > 0; };
    if (!positive(options_.c) || !positive(options_.tolerance) || options_.max_iterations < 1)
      throw option_error("logistic_regression: c " + detail::number_text(options_.c) + ", tolerance " +
                         detail::number_text(options_.tolerance) + ", max_iterations " +
                         std::to_string(options_.max_iterations) + ", expected numbers above 0");
    if (data.classes < 2)
      throw option_error("logistic_regression: all rows are of one class (\"" + (*data.labels)[0] +
                         "\"), expected at least two");
    problem p(data, options_);
    std::vector<double> parameters(p.parameters(), 0.0);
    // A step too far may overflow and be taken back; where it starts from may not.
    bool first = true;
    const auto evaluate = [&](const std::vector<double>& at, std::vector<double>& gradient) {
      const double value = p.evaluate(at, gradient);
      if (std::exchange(first, false) && !all_finite(std::span<const double>(gradient)))
        this->throw_overflow(data.x);
      return value;
    };
    const auto each = [&](std::int64_t iteration, double) {
      if (options_.progress)
        options_.progress({"logistic_regression", iteration, options_.max_iterations, "iterations"});
    };
    const double noise = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
    const auto result = detail::lbfgs(parameters, evaluate, each,
                                      detail::lbfgs_options{.max_iterations = options_.max_iterations,
                                                            .gradient_tolerance = options_.tolerance,
                                                            .history = 10,
                                                            .function_noise = noise})
                            .run();
    if (!is_finite(result.value) || !all_finite(std::span<const double>(parameters)))
      this->throw_overflow(data.x);
    iterations_ = result.iterations;
    converged_ = result.converged;
    objective_ = result.value * p.total_weight();
    const std::int64_t rows = p.outputs(), cols = data.x.cols();
    coefficients_ = matrix<double>(rows, cols);
    std::copy_n(parameters.begin(), rows * cols, coefficients_.data());
    intercepts_.assign(parameters.begin() + rows * cols, parameters.end());
  }

  void probabilities(matrix_view<const T> x, matrix_view<T> out) const override {
    const std::int64_t outputs = coefficients_.rows();
    matrix<T> narrow(outputs, x.cols()), z(x.rows(), outputs);
    std::transform(coefficients_.data(), coefficients_.data() + outputs * x.cols(), narrow.data(),
                   [](double v) { return static_cast<T>(v); });
    const int threads = kernels::threads_worth(x.rows() * x.cols() * outputs, options_.threads);
    kernels::gemm<T>(x, narrow, z, {.transpose_b = true, .threads = threads});
    for (std::int64_t r = 0; r < x.rows(); ++r) {
      auto row = out.row(r);
      if (outputs == 1) {
        const double v = static_cast<double>(z(r, 0)) + intercepts_[0];
        row[0] = static_cast<T>(1 / (1 + std::exp(v)));
        row[1] = static_cast<T>(1 / (1 + std::exp(-v)));
        continue;
      }
      double high = -std::numeric_limits<double>::infinity(), sum = 0;
      const auto logit = [&](std::size_t c) {
        return static_cast<double>(z(r, static_cast<std::int64_t>(c))) + intercepts_[c];
      };
      for (std::size_t c = 0; c < row.size(); ++c) high = std::max(high, logit(c));
      for (std::size_t c = 0; c < row.size(); ++c) sum += std::exp(logit(c) - high);
      for (std::size_t c = 0; c < row.size(); ++c) row[c] = static_cast<T>(std::exp(logit(c) - high) / sum);
    }
  }

  void write(detail::model_writer& out) const override {
    out.add<double>("coefficients", coefficients_);
    out.add<double>("intercepts", intercepts_);
    out.number("c", options_.c);
    out.number("objective", objective_);
    out.number("iterations", static_cast<double>(iterations_));
    out.number("converged", converged_ ? 1 : 0);
  }
  void read(const detail::model_reader& in) override {
    const std::int64_t classes = this->classes_with_rows();
    if (classes < 2) in.fail("a logistic_regression of one class");
    const std::int64_t rows = classes == 2 ? 1 : classes;
    coefficients_ = in.template table<double>("coefficients", rows, this->features());
    intercepts_ = in.template list<double>("intercepts");
    if (static_cast<std::int64_t>(intercepts_.size()) != rows) in.fail("intercepts of other classes");
    options_.c = in.number("c");
    objective_ = in.number("objective");
    iterations_ = in.integer("iterations", 0, std::int64_t{1} << 40);
    converged_ = in.integer("converged", 0, 1) == 1;
  }

 private:
  /// The mean loss and its gradient. Everything lies class by class ([classes, rows]): the two products then
  /// have the few classes as rows and read features that were packed once.
  class problem {
   public:
    problem(const training_data& data, const logistic_options& options)
        : codes_(data.codes),
          row_weights_(data.row_weights()),
          rows_(data.x.rows()),
          features_(data.x.cols()),
          outputs_(data.classes == 2 ? 1 : data.classes),
          threads_(kernels::threads_worth(rows_ * features_ * outputs_, options.threads)),
          by_row_(kernels::plain_table(), features_, rows_, data.x.data(), data.x.stride(), threads_),
          by_feature_(kernels::plain_table(), rows_, features_,
                      [&](std::int64_t feature, T* out) {
                        for (std::int64_t r = 0; r < rows_; ++r) out[r] = data.x(r, feature);
                      }),
          logits_(outputs_, rows_),
          narrow_(outputs_, features_),
          product_(outputs_, features_) {
      for (const double w : row_weights_) total_ += w;
      if (!(total_ > 0)) throw option_error("logistic_regression: every row has weight 0");
      penalty_ = 1 / (options.c * total_);
      losses_.resize(static_cast<std::size_t>((rows_ + block - 1) / block));
      residuals_ = matrix<double>(static_cast<std::int64_t>(losses_.size()), outputs_);
    }

    std::int64_t outputs() const noexcept { return outputs_; }
    std::size_t parameters() const noexcept { return static_cast<std::size_t>(outputs_ * (features_ + 1)); }
    double total_weight() const noexcept { return total_; }

    double evaluate(const std::vector<double>& at, std::vector<double>& gradient) {
      throw_if_interrupted();
      const std::int64_t weights = outputs_ * features_;
      std::transform(at.begin(), at.begin() + weights, narrow_.data(),
                     [](double v) { return static_cast<T>(v); });
      multiply(by_row_, narrow_, logits_);
      const double* intercepts = at.data() + weights;
      parallel_for(static_cast<std::int64_t>(losses_.size()), threads_, [&](std::int64_t b) {
        throw_if_interrupted();
        outputs_ == 1 ? sigmoid(b, intercepts) : softmax(b, intercepts);
      });
      multiply(by_feature_, logits_, product_);

      double loss = 0, squares = 0;
      for (const double l : losses_) loss += l;
      for (std::int64_t i = 0; i < weights; ++i) {
        const double w = at[static_cast<std::size_t>(i)];
        squares += w * w;
        gradient[static_cast<std::size_t>(i)] = static_cast<double>(product_.data()[i]) + penalty_ * w;
      }
      for (std::int64_t c = 0; c < outputs_; ++c) {
        double sum = 0;
        for (std::int64_t b = 0; b < residuals_.rows(); ++b) sum += residuals_(b, c);
        gradient[static_cast<std::size_t>(weights + c)] = sum;
      }
      return loss + 0.5 * penalty_ * squares;
    }

   private:
    static constexpr std::int64_t block = 256;  // rows whose loss is one partial sum, whoever computes it

    void multiply(const kernels::packed_matrix<T>& right, const matrix<T>& left, matrix<T>& out) {
      kernels::gemm_rows<T> rows;
      rows.data = left.data();
      rows.stride = left.cols();
      kernels::gemm_packed<T>(right, rows, left.rows(), out.data(), out.cols(), {}, threads_, nullptr);
    }

    // Both replace logits by the derivative of the mean loss.
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

    const std::vector<std::int32_t>& codes_;
    std::vector<double> row_weights_;
    std::int64_t rows_, features_, outputs_;
    int threads_;
    kernels::packed_matrix<T> by_row_, by_feature_;  // right operands: features x rows, rows x features
    matrix<T> logits_, narrow_, product_;
    matrix<double> residuals_;  // [blocks, outputs]: sums of the derivatives, for the intercepts
    std::vector<double> losses_;
    double total_ = 0, penalty_ = 0;
  };

  logistic_options options_;
  matrix<double> coefficients_;
  std::vector<double> intercepts_;
  double objective_ = 0;
  std::int64_t iterations_ = 0;
  bool converged_ = false;
};

// Without a template argument features are floats.
logistic_regression()->logistic_regression<float>;
logistic_regression(logistic_options)->logistic_regression<float>;

AISLE_EXTERN_TEMPLATE(class logistic_regression<float>)
AISLE_EXTERN_TEMPLATE(class logistic_regression<double>)

AISLE_NAMESPACE_END
