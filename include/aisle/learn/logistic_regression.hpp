#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <aisle/base/progress.hpp>
#include <aisle/learn/linear_classifier.hpp>

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
/// softmax of two. The objective and the optimum of scikit-learn's LogisticRegression.
template <class T = float>
class logistic_regression final : public linear_classifier<T> {
 public:
  explicit logistic_regression(logistic_options options = {}) : options_(std::move(options)) {}

  std::string_view kind() const noexcept override { return "logistic_regression"; }
  std::unique_ptr<classifier<T>> unfitted() const override {
    return std::make_unique<logistic_regression>(options_);
  }
  const logistic_options& options() const& noexcept { return options_; }
  logistic_options options() const&& { return options(); }

 protected:
  const class_weights& weights() const noexcept override { return options_.weights; }
  int threads() const noexcept override { return options_.threads; }

  void fit_rows(const typename classifier<T>::training_data& data) override {
    this->minimise(data, {.objective = {detail::linear_loss::log, options_.c, false, options_.threads},
                          .tolerance = options_.tolerance,
                          .max_iterations = options_.max_iterations,
                          .progress = options_.progress});
  }
  void write(detail::model_writer& out) const override { this->write_linear(out, options_.c); }
  void read(const detail::model_reader& in) override { this->read_linear(in, options_.c); }

 private:
  logistic_options options_;
};

// Without a template argument features are floats.
logistic_regression()->logistic_regression<float>;
logistic_regression(logistic_options)->logistic_regression<float>;

AISLE_EXTERN_TEMPLATE(class logistic_regression<float>)
AISLE_EXTERN_TEMPLATE(class logistic_regression<double>)

AISLE_NAMESPACE_END
