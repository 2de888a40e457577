#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <aisle/base/progress.hpp>
#include <aisle/learn/linear_classifier.hpp>

AISLE_NAMESPACE_BEGIN

struct linear_svm_options {
  double c = 1.0;  ///< weight of the losses beside the penalty
  /// Converged when no entry of the gradient of the mean loss is larger; in the dual, when no row's margin is
  /// further off than ten times this.
  double tolerance = 1e-5;
  std::int64_t max_iterations = 10'000;  ///< of the classes fitted together; passes of each in the dual
  class_weights weights = {};
  int threads = 0;                  ///< 0: all the process may use
  progress_callback progress = {};  ///< after every iteration
};

/// A linear support vector machine, one class against the rest: minimises for each class
///   sum over rows of weight * max(0, 1 - y score)^2 + (|coefficients|^2 + intercept^2) / (2 c)
/// where y is 1 for the class's rows and -1 for all others. The objective (divided by c) and the optimum of
/// LIBLINEAR's L2-regularised L2-loss machine, which is scikit-learn's LinearSVC. Of up to
/// 4,096 rows, no more than four times the features, by coordinate descent in the dual on the products of all
/// rows; of more by L-BFGS on the products of rows and classes.
///
/// Its probabilities are the softmax of the scores, which order classes well and say nothing else until they
/// are calibrated (learn/calibration.hpp).
template <class T = float>
class linear_svm final : public linear_classifier<T> {
 public:
  explicit linear_svm(linear_svm_options options = {}) : options_(std::move(options)) {}

  std::string_view kind() const noexcept override { return "linear_svm"; }
  std::unique_ptr<classifier<T>> unfitted() const override { return std::make_unique<linear_svm>(options_); }
  const linear_svm_options& options() const& noexcept { return options_; }
  linear_svm_options options() const&& { return options(); }

 protected:
  const class_weights& weights() const noexcept override { return options_.weights; }
  int threads() const noexcept override { return options_.threads; }

  void fit_rows(const typename classifier<T>::training_data& data) override {
    const typename linear_classifier<T>::settings how{
        .objective = {detail::linear_loss::squared_hinge, options_.c, true, options_.threads},
        .tolerance = options_.tolerance,
        .max_iterations = options_.max_iterations,
        .progress = options_.progress};
    // Products of all rows take their square in memory, and descent stalls where rows are many times the
    // features.
    const std::int64_t rows = data.features.rows();
    if (rows <= 4096 && rows <= 4 * data.features.cols())
      this->minimise_dual(data, how);
    else
      this->minimise(data, how);
  }
  void write(detail::model_writer& out) const override { this->write_linear(out, options_.c); }
  void read(const detail::model_reader& in) override { this->read_linear(in, options_.c); }

 private:
  linear_svm_options options_;
};

// Without a template argument features are floats.
linear_svm()->linear_svm<float>;
linear_svm(linear_svm_options)->linear_svm<float>;

AISLE_EXTERN_TEMPLATE(class linear_svm<float>)
AISLE_EXTERN_TEMPLATE(class linear_svm<double>)

AISLE_NAMESPACE_END
