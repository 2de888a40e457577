#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/detail/ridge.hpp>

AISLE_NAMESPACE_BEGIN

struct kernel_ridge_options {
  ridge_kernel kernel = ridge_kernel::linear;
  /// Of rbf; 0: 1 / (features x variance of all their numbers), scikit-learn's "scale".
  double gamma = 0;
  /// Penalties to choose from, in units of the mean of the kernel's diagonal (of the centred rows), so that
  /// they do not depend on the features' scale. Empty: 13 from 0.001 to 1000, each the root of 10 times the
  /// one before.
  std::vector<double> alphas = {};
  /// fit refuses more rows than these (for a linear kernel: more of both rows and features): for n of them it
  /// takes about 5 n^2 doubles and 10 n^3 operations.
  std::int64_t most_rows = 5'000;
  class_weights weights = {};
  int threads = 0;                  ///< 0: all the process may use
  progress_callback progress = {};  ///< after each of four steps
};

/// Ridge regression of 1 for a class's own rows and -1 for all others, in the space of a kernel: minimises
///   sum over rows of weight * (target - value)^2 + alpha * |function|^2
/// for each class, intercepts not penalised; two classes have one function, of the second. With a linear
/// kernel the objective and the optimum of scikit-learn's RidgeClassifierCV. One eigendecomposition serves
/// every alpha; the one with the least squared error of rows left out (by weight, over all functions) is
/// taken. That error is exact, of refitting without the row with gamma, penalty and all weights as they are.
/// Probabilities are the softmax of the values divided by a temperature, fitted (fit_temperature) on the
/// values of rows left out, each counting once. Everything is computed in double. Throws option_error for a
/// single class.
template <class T = float>
class kernel_ridge final : public classifier<T> {
 public:
  explicit kernel_ridge(kernel_ridge_options options = {}) : options_(std::move(options)) {}

  std::string_view kind() const noexcept override { return "kernel_ridge"; }
  std::unique_ptr<classifier<T>> unfitted() const override {
    return std::make_unique<kernel_ridge>(options_);
  }
  const kernel_ridge_options& options() const& noexcept { return options_; }
  kernel_ridge_options options() const&& { return options(); }

  /// [classes, features] or, of rbf, [classes, rows of a weight above 0]; one row, of the second class, when
  /// there are two; rows follow the classes that had rows.
  const matrix<double>& coefficients() const& noexcept { return coefficients_; }
  matrix<double> coefficients() const&& { return coefficients(); }
  const std::vector<double>& intercepts() const& noexcept { return intercepts_; }
  std::vector<double> intercepts() const&& { return intercepts(); }
  /// What the options' alphas stood for, and of each the mean squared error of rows left out.
  const std::vector<double>& alphas() const& noexcept { return alphas_; }
  std::vector<double> alphas() const&& { return alphas(); }
  const std::vector<double>& left_out_errors() const& noexcept { return errors_; }
  std::vector<double> left_out_errors() const&& { return left_out_errors(); }
  double alpha() const noexcept { return alpha_; }  ///< the chosen one
  double penalty() const noexcept {
    return penalty_;
  }                                                 ///< alpha in the units of the features: scikit-learn's
  double gamma() const noexcept { return gamma_; }  ///< 0 for a linear kernel
  double temperature() const noexcept { return temperature_; }

  /// [rows, classes], or [rows, 1] of the second class when there are two: above 0 for rows of the class, as
  /// far as they can be told. Throws what predict_proba throws.
  matrix<double> decision_values(matrix_view<const T> x) const {
    this->check_features(feature_view<T>(x));
    matrix<double> out = decisions(x);
    for (std::int64_t r = 0; r < out.rows(); ++r)
      if (!all_finite(std::span<const double>(out.row(r))))
        throw row_error("features", r, {}, "too large for this kernel_ridge: its values are not numbers");
    return out;
  }

 protected:
  using training_data = typename classifier<T>::training_data;

  const class_weights& weights() const noexcept override { return options_.weights; }
  int threads() const noexcept override { return options_.threads; }

  void fit_rows(const training_data& data) override {
    check_options();
    if (data.classes < 2)
      throw option_error("kernel_ridge: all rows are of one class (\"" + (*data.labels)[0] +
                         "\"), expected at least two");
    const std::vector<double> all_weights = data.row_weights();
    index_vector used;
    std::vector<double> weights;
    for (std::size_t r = 0; r < all_weights.size(); ++r) {
      if (!(all_weights[r] > 0)) continue;
      used.push_back(static_cast<std::int64_t>(r));
      weights.push_back(all_weights[r]);
    }
    if (used.empty()) throw option_error("kernel_ridge: every row has weight 0");
    const bool all = weights.size() == all_weights.size(), linear = options_.kernel == ridge_kernel::linear;
    const matrix<T> part = all ? matrix<T>() : data.x.rows(used);
    const matrix_view<const T> x = all ? data.x : matrix_view<const T>(part);
    require_room(x);

    std::vector<std::int32_t> codes;
    for (const std::int64_t r : used) codes.push_back(data.codes[static_cast<std::size_t>(r)]);
    const std::int64_t outputs = data.classes == 2 ? 1 : data.classes;
    matrix<double> targets(outputs, x.rows());
    for (std::int64_t o = 0; o < outputs; ++o)
      for (std::int64_t r = 0; r < x.rows(); ++r)
        targets(o, r) = codes[static_cast<std::size_t>(r)] == (outputs == 1 ? 1 : o) ? 1 : -1;

    alphas_ = options_.alphas;
    for (int i = 0; options_.alphas.empty() && i < 13; ++i) alphas_.push_back(std::pow(10.0, i / 2.0 - 3));
    std::optional<detail::ridge_fit> fit = detail::fit_ridge(
        x, targets, weights,
        {options_.kernel, linear ? 0 : options_.gamma, alphas_, options_.threads, &options_.progress});
    if (!fit) this->throw_overflow(data.x);
    alpha_ = alphas_[fit->chosen];
    penalty_ = fit->penalty;
    gamma_ = fit->gamma;
    errors_ = std::move(fit->errors);
    intercepts_ = std::move(fit->intercepts);
    coefficients_ = std::move(fit->coefficients);
    rows_ = linear ? matrix<T>() : all ? matrix<T>(x) : part;
    similar_ =
        linear ? detail::ridge_rows{} : detail::pack_ridge_rows(rows_.view(), std::move(fit->centre), gamma_);
    fit_temperature_to(fit->left_out, std::move(codes), data.classes);
  }

  void probabilities(matrix_view<const T> x, matrix_view<T> out) const override {
    const matrix<double> values = decisions(x);
    for (std::int64_t r = 0; r < x.rows(); ++r) softmax(values.row(r), temperature_, out.row(r));
  }

  void write(detail::model_writer& out) const override {
    const bool linear = options_.kernel == ridge_kernel::linear;
    out.text("kernel", linear ? "linear" : "rbf");
    out.add<double>("coefficients", coefficients_);
    out.add<double>("intercepts", intercepts_);
    out.add<double>("alphas", alphas_);
    out.add<double>("left_out_errors", errors_);
    out.number("alpha", alpha_);
    out.number("penalty", penalty_);
    out.number("temperature", temperature_);
    if (linear) return;
    out.number("gamma", gamma_);
    out.add<T>("rows", rows_);
    out.add<double>("centre", similar_.centre);
  }
  void read(const detail::model_reader& in) override {
    const std::int64_t classes = this->classes_with_rows();
    if (classes < 2) in.fail("a kernel_ridge of one class");
    const std::string& kernel = in.text("kernel");
    if (kernel != "linear" && kernel != "rbf")
      in.fail("aisle.kernel is \"" + kernel + "\", expected \"linear\" or \"rbf\"");
    const bool linear = kernel == "linear";
    const auto positive = [&](const char* name) {
      const double v = in.number(name);
      if (!is_finite(v) || !(v > 0))
        in.fail("aisle." + std::string(name) + " is " + in.text(name) + ", expected a number above 0");
      return v;
    };
    rows_ = linear ? matrix<T>() : in.template table<T>("rows");
    if (!linear && (rows_.rows() < 1 || rows_.cols() != this->features())) in.fail("rows of other features");
    const std::int64_t outputs = classes == 2 ? 1 : classes;
    coefficients_ =
        in.template table<double>("coefficients", outputs, linear ? this->features() : rows_.rows());
    intercepts_ = in.template list<double>("intercepts");
    if (static_cast<std::int64_t>(intercepts_.size()) != outputs) in.fail("intercepts of other classes");
    alphas_ = in.template list<double>("alphas");
    errors_ = in.template list<double>("left_out_errors");
    if (alphas_.size() != errors_.size()) in.fail("left_out_errors of other alphas");
    alpha_ = positive("alpha");
    penalty_ = in.number("penalty");
    temperature_ = positive("temperature");
    gamma_ = linear ? 0 : positive("gamma");
    similar_ = {};
    if (!linear) {
      auto centre = in.template list<double>("centre");
      if (static_cast<std::int64_t>(centre.size()) != this->features()) in.fail("a centre of other features");
      similar_ = detail::pack_ridge_rows(rows_.view(), std::move(centre), gamma_);
    }
    options_.kernel = linear ? ridge_kernel::linear : ridge_kernel::rbf;
    options_.gamma = gamma_;
    options_.alphas = alphas_;
  }

 private:
  void check_options() const {
    if (!is_finite(options_.gamma) || options_.gamma < 0 || options_.most_rows < 1)
      throw option_error("kernel_ridge: gamma " + detail::number_text(options_.gamma) + ", most_rows " +
                         std::to_string(options_.most_rows) +
                         ", expected a number above 0 (0: by the features' variance) and at least 1");
    for (const double& a : options_.alphas)
      if (!is_finite(a) || !(a > 0))
        throw option_error("kernel_ridge: an alpha is " + detail::number_text(a) +
                           ", expected numbers above 0");
  }

  void require_room(matrix_view<const T> x) const {
    const bool linear = options_.kernel == ridge_kernel::linear;
    if ((linear ? std::min(x.rows(), x.cols()) : x.rows()) <= options_.most_rows) return;
    throw option_error("kernel_ridge: " + counted(x.rows(), "row") +
                       (linear ? " of " + counted(x.cols(), "feature") : std::string(" for an rbf kernel")) +
                       ", expected at most " + std::to_string(options_.most_rows) +
                       (linear ? " of either" : "") +
                       " (most_rows): memory grows with their square, time with their cube");
  }

  matrix<double> decisions(matrix_view<const T> x) const {
    return detail::ridge_decisions(x, similar_, coefficients_, intercepts_, options_.threads);
  }

  /// Of one value: the second class's, whose opposite is the first's.
  template <class P>
  static void softmax(std::span<const double> values, double temperature, std::span<P> out) {
    const auto value = [&](std::size_t c) {
      return values.size() > 1 ? values[c] : c == 1 ? values[0] : -values[0];
    };
    double high = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::size_t c = 0; c < out.size(); ++c) high = std::max(high, value(c));
    for (std::size_t c = 0; c < out.size(); ++c) sum += std::exp((value(c) - high) / temperature);
    for (std::size_t c = 0; c < out.size(); ++c)
      out[c] = static_cast<P>(std::exp((value(c) - high) / temperature) / sum);
  }

  void fit_temperature_to(const matrix<double>& left_out, std::vector<std::int32_t> codes,
                          std::int64_t classes) {
    matrix<double> p(left_out.cols(), classes);
    std::vector<double> values(static_cast<std::size_t>(left_out.rows()));
    for (std::int64_t r = 0; r < p.rows(); ++r) {
      for (std::size_t o = 0; o < values.size(); ++o) values[o] = left_out(o, r);
      softmax(std::span<const double>(values), 1, p.row(r));
    }
    std::vector<std::int64_t> names(static_cast<std::size_t>(classes));
    for (std::size_t c = 0; c < names.size(); ++c) names[c] = static_cast<std::int64_t>(c);
    temperature_ = fit_temperature(
        label_vector(std::move(codes), std::make_shared<const class_list>(std::move(names))), p.view());
  }

  kernel_ridge_options options_;
  matrix<double> coefficients_;
  std::vector<double> intercepts_, alphas_, errors_;
  matrix<T> rows_;              // rbf: those learnt from
  detail::ridge_rows similar_;  // the same as products want them
  double alpha_ = 0, penalty_ = 0, gamma_ = 0, temperature_ = 1;
};

// Without a template argument features are floats.
kernel_ridge()->kernel_ridge<float>;
kernel_ridge(kernel_ridge_options)->kernel_ridge<float>;

AISLE_EXTERN_TEMPLATE(class kernel_ridge<float>)
AISLE_EXTERN_TEMPLATE(class kernel_ridge<double>)

AISLE_NAMESPACE_END
