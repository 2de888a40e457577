#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/detail/lbfgs.hpp>
#include <aisle/learn/detail/linear_problem.hpp>
#include <aisle/learn/detail/svm_dual.hpp>

AISLE_NAMESPACE_BEGIN

/// A learner whose scores are products with the features, dense and sparse ones: logistic_regression and
/// linear_svm. Parameters, losses and decisions are kept in double; products with the features are computed
/// in T. Fitting takes two packed copies of the features. Of two classes there is one output, the second's.
/// Throws option_error for a single class.
template <class T>
class linear_classifier : public classifier<T> {
 public:
  bool takes_sparse() const noexcept override { return true; }

  bool start_from(const classifier<T>& other) override {
    const auto* of = dynamic_cast<const linear_classifier*>(&other);
    if (of == nullptr || !of->fitted() || of->kind() != this->kind()) return false;
    start_ = of->coefficients_, start_intercepts_ = of->intercepts_;
    return true;
  }

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

  struct settings {
    detail::linear_objective objective;
    double tolerance;
    std::int64_t max_iterations;
    progress_callback progress;
  };

  /// L-BFGS; outputs that have nothing to do with each other (one class against the rest) a group at a time,
  /// so that its history stays small beside the features.
  void minimise(const training_data& data, const settings& s) {
    require_sense(data, s);
    detail::linear_problem<T> problem(data.features, data.codes, data.row_weights(), data.classes,
                                      s.objective);
    const std::int64_t outputs = detail::linear_outputs(data.classes), cols = data.features.cols();
    const std::int64_t at_once = s.objective.loss == detail::linear_loss::log
                                     ? outputs
                                     : std::clamp(most_parameters / (cols + 1), std::int64_t{1}, outputs);
    const matrix<double> start = std::exchange(start_, {});
    const std::vector<double> start_intercepts = std::exchange(start_intercepts_, {});
    const bool goes_on = start.rows() == outputs && start.cols() == cols;
    coefficients_ = matrix<double>(outputs, cols);
    intercepts_.assign(static_cast<std::size_t>(outputs), 0.0);
    objective_ = 0, iterations_ = 0, converged_ = true;
    for (std::int64_t first = 0; first < outputs; first += at_once) {
      const std::int64_t count = std::min(at_once, outputs - first);
      problem.choose(first, count);
      std::vector<double> parameters(problem.parameters(), 0.0);
      if (goes_on) {
        std::copy_n(start.row(first).data(), count * cols, parameters.begin());
        std::copy_n(start_intercepts.begin() + first, count, parameters.begin() + count * cols);
      }
      // A step too far may overflow and be taken back; where it starts from may not.
      bool at_start = true;
      const auto evaluate = [&](const std::vector<double>& at, std::vector<double>& gradient) {
        const double value = problem.evaluate(at, gradient);
        if (std::exchange(at_start, false) && !all_finite(std::span<const double>(gradient)))
          this->throw_overflow(data.x);
        return value;
      };
      const auto each = [&](std::int64_t iteration, double) {
        if (s.progress) s.progress({this->kind(), iteration, s.max_iterations, "iterations"});
      };
      const double noise = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
      const auto result = detail::lbfgs(parameters, evaluate, each,
                                        detail::lbfgs_options{.max_iterations = s.max_iterations,
                                                              .gradient_tolerance = s.tolerance,
                                                              .history = 10,
                                                              .function_noise = noise})
                              .run();
      if (!is_finite(result.value) || !all_finite(std::span<const double>(parameters)))
        this->throw_overflow(data.x);
      iterations_ = std::max(iterations_, result.iterations);
      converged_ = converged_ && result.converged;
      objective_ += result.value * problem.total_weight();
      std::copy_n(parameters.begin(), count * cols, coefficients_.row(first).data());
      std::copy_n(parameters.begin() + count * cols, count, intercepts_.begin() + first);
    }
  }

  /// One class against the rest of few rows, in the dual. Progress is told after each class.
  void minimise_dual(const training_data& data, const settings& s) {
    require_sense(data, s);
    const int threads = thread_budget(s.objective.threads);
    const std::vector<double> weights = data.row_weights();
    const matrix<double> products = detail::row_products<T>(data.features, threads);
    if (!all_finite(std::span<const double>(products.data(),
                                            static_cast<std::size_t>(products.rows() * products.cols()))))
      this->throw_overflow(data.x);
    const std::int64_t outputs = detail::linear_outputs(data.classes);
    std::vector<detail::svm_dual_result> found(static_cast<std::size_t>(outputs));
    shared_progress progress(s.progress, {.phase = this->kind(), .total = outputs, .unit = "classes"});
    parallel_for(outputs, threads, [&](std::int64_t output) {
      const std::int64_t own = data.classes == 2 ? 1 : output;
      found[static_cast<std::size_t>(output)] =
          detail::descend(products, weights, s.objective.c, 10 * s.tolerance, s.max_iterations,
                          [&](std::size_t r) { return data.codes[r] == own; });
      progress.add(1);
    });
    matrix<T> rows(outputs, data.features.rows());
    intercepts_.assign(found.size(), 0.0);
    objective_ = 0, iterations_ = 0, converged_ = true;
    for (std::int64_t output = 0; output < outputs; ++output) {
      const detail::svm_dual_result& of = found[static_cast<std::size_t>(output)];
      for (std::size_t r = 0; r < of.row_weights.size(); ++r) {
        rows(output, static_cast<std::int64_t>(r)) = static_cast<T>(of.row_weights[r]);
        intercepts_[static_cast<std::size_t>(output)] += of.row_weights[r];
      }
      objective_ += of.objective;
      iterations_ = std::max(iterations_, of.passes);
      converged_ = converged_ && of.converged;
    }
    sum_rows(rows, data.features);
    if (!is_finite(objective_) ||
        !all_finite(std::span<const double>(coefficients_.data(),
                                            static_cast<std::size_t>(outputs * coefficients_.cols()))))
      this->throw_overflow(data.x);
  }

  void probabilities(matrix_view<const T> x, matrix_view<T> out) const override {
    probabilities_of(feature_view<T>(x), out);
  }
  void probabilities_of(const feature_view<T>& x, matrix_view<T> out) const override {
    const matrix<T> z = products(x);
    const std::int64_t outputs = coefficients_.rows();
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

  void decide(const feature_view<T>& x, matrix_view<T> out) const override {
    const matrix<T> z = products(x);
    for (std::int64_t r = 0; r < x.rows(); ++r) {
      auto row = out.row(r);
      if (coefficients_.rows() == 1) {
        const double v = static_cast<double>(z(r, 0)) + intercepts_[0];
        row[0] = static_cast<T>(-v / 2);
        row[1] = static_cast<T>(v / 2);
        continue;
      }
      for (std::size_t c = 0; c < row.size(); ++c)
        row[c] = static_cast<T>(static_cast<double>(z(r, static_cast<std::int64_t>(c))) + intercepts_[c]);
    }
  }

  void write_linear(detail::model_writer& out, double c) const {
    out.add<double>("coefficients", coefficients_);
    out.add<double>("intercepts", intercepts_);
    out.number("c", c);
    out.number("objective", objective_);
    out.number("iterations", static_cast<double>(iterations_));
    out.number("converged", converged_ ? 1 : 0);
  }
  void read_linear(const detail::model_reader& in, double& c) {
    const std::int64_t classes = this->classes_with_rows();
    if (classes < 2) in.fail("a " + std::string(this->kind()) + " of one class");
    const std::int64_t rows = detail::linear_outputs(classes);
    coefficients_ = in.template table<double>("coefficients", rows, this->features());
    intercepts_ = in.template list<double>("intercepts");
    if (static_cast<std::int64_t>(intercepts_.size()) != rows) in.fail("intercepts of other classes");
    c = in.number("c");
    objective_ = in.number("objective");
    iterations_ = in.integer("iterations", 0, std::int64_t{1} << 40);
    converged_ = in.integer("converged", 0, 1) == 1;
  }

 private:
  /// Of one group; L-BFGS keeps some 24 numbers for each.
  static constexpr std::int64_t most_parameters = std::int64_t{1} << 20;

  void require_sense(const training_data& data, const settings& s) const {
    const std::string kind(this->kind());
    const auto positive = [](const double& v) { return !is_nan(v) && v > 0; };
    if (!positive(s.objective.c) || !positive(s.tolerance) || s.max_iterations < 1)
      throw option_error(kind + ": c " + detail::number_text(s.objective.c) + ", tolerance " +
                         detail::number_text(s.tolerance) + ", max_iterations " +
                         std::to_string(s.max_iterations) + ", expected numbers above 0");
    if (data.classes < 2)
      throw option_error(kind + ": all rows are of one class (\"" + (*data.labels)[0] +
                         "\"), expected at least two");
    const std::vector<double> weights = data.row_weights();
    if (std::none_of(weights.begin(), weights.end(), [](const double& w) { return w > 0; }))
      throw option_error(kind + ": every row has weight 0");
  }

  /// Coefficients as sums of the rows, each times its weight for an output: `weights` is [outputs, rows].
  void sum_rows(const matrix<T>& weights, const feature_view<T>& x) {
    const std::int64_t dense = x.dense().cols();
    coefficients_ = matrix<double>(weights.rows(), x.cols());
    if (dense > 0) {
      matrix<T> sums(weights.rows(), dense);
      kernels::gemm<T>(weights, x.dense(), sums, {.threads = this->threads()});
      for (std::int64_t c = 0; c < sums.rows(); ++c)
        std::transform(sums.row(c).begin(), sums.row(c).end(), coefficients_.row(c).begin(),
                       [](T v) { return static_cast<double>(v); });
    }
    for (std::int64_t r = 0; x.sparse() && r < x.rows(); ++r) {
      const sparse_row<T> row = x.sparse()->row(r);
      for (std::int64_t c = 0; c < weights.rows(); ++c)
        for (std::size_t i = 0; i < row.columns.size(); ++i)
          coefficients_(c, dense + row.columns[i]) +=
              static_cast<double>(weights(c, r)) * static_cast<double>(row.values[i]);
    }
  }

  /// [rows, outputs], without intercepts.
  matrix<T> products(const feature_view<T>& x) const {
    const std::int64_t outputs = coefficients_.rows(), dense = x.dense().cols();
    matrix<T> z(x.rows(), outputs);
    if (dense > 0) {
      matrix<T> narrow(outputs, dense);
      for (std::int64_t c = 0; c < outputs; ++c)
        std::transform(coefficients_.row(c).begin(), coefficients_.row(c).begin() + dense,
                       narrow.row(c).begin(), [](double v) { return static_cast<T>(v); });
      const int threads = kernels::threads_worth(x.rows() * dense * outputs, this->threads());
      kernels::gemm<T>(x.dense(), narrow, z, {.transpose_b = true, .threads = threads});
    }
    if (!x.sparse()) return z;
    matrix<T> by_column(x.sparse_cols(), outputs);
    for (std::int64_t c = 0; c < outputs; ++c)
      for (std::int64_t f = 0; f < x.sparse_cols(); ++f)
        by_column(f, c) = static_cast<T>(coefficients_(c, dense + f));
    std::vector<T> sum(static_cast<std::size_t>(outputs));
    for (std::int64_t r = 0; r < x.rows(); ++r) {
      std::fill(sum.begin(), sum.end(), T(0));
      detail::add_weighted_rows(x.sparse()->row(r), by_column, sum);
      for (std::int64_t c = 0; c < outputs; ++c) z(r, c) += sum[static_cast<std::size_t>(c)];
    }
    return z;
  }

  matrix<double> coefficients_, start_;
  std::vector<double> intercepts_, start_intercepts_;
  double objective_ = 0;
  std::int64_t iterations_ = 0;
  bool converged_ = false;
};

AISLE_EXTERN_TEMPLATE(class linear_classifier<float>)
AISLE_EXTERN_TEMPLATE(class linear_classifier<double>)

AISLE_NAMESPACE_END
