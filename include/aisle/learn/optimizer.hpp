#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/kernels/table.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

enum class optimizer_kind {
  adam,  ///< Kingma, Ba 2015, with bias correction
  sgd    ///< with momentum, as PyTorch: velocity = momentum * velocity + gradient
};

struct optimizer_options {
  optimizer_kind kind = optimizer_kind::adam;
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< of Adam
  double momentum = 0.9;                              ///< of SGD
  /// L2 penalty, added to the gradient (weight_decay * parameter): Adam, not AdamW. On every parameter.
  double weight_decay = 0;
};

/// Moves parameters against gradients; keeps the moments between steps.
template <class T>
class optimizer {
 public:
  /// Throws option_error for a negative rate or decay, or a momentum or beta outside [0, 1).
  explicit optimizer(optimizer_options options = {}) : options_(options) {
    const auto require_that = [](const char* name, const double& v, bool good, const char* expected) {
      if (is_nan(v) || !good)
        throw option_error(std::string("optimizer: ") + name + " is " +
                           (is_nan(v) ? "NaN" : std::to_string(v)) + ", expected " + expected);
    };
    const auto not_negative = [&](const char* name, const double& v) {
      require_that(name, v, v >= 0, "a number not below 0");
    };
    const auto share = [&](const char* name, const double& v) {
      require_that(name, v, v >= 0 && v < 1, "a share in [0, 1)");
    };
    not_negative("learning_rate", options_.learning_rate);
    not_negative("weight_decay", options_.weight_decay);
    require_that("epsilon", options_.epsilon, options_.epsilon > 0, "a number above 0");
    share("beta1", options_.beta1);
    share("beta2", options_.beta2);
    share("momentum", options_.momentum);
  }

  /// One step. Both spans have the same size at every call.
  void step(std::span<T> parameters, std::span<const T> gradients, int threads = 0) {
    if (parameters.size() != gradients.size() || (!first_.empty() && first_.size() != parameters.size()))
      throw shape_error(std::to_string(gradients.size()) + " gradients for " +
                        std::to_string(parameters.size()) + " parameters");
    const bool adam = options_.kind == optimizer_kind::adam;
    if (first_.empty()) {
      first_.assign(parameters.size(), T{0});
      if (adam) second_.assign(parameters.size(), T{0});
    }
    kernels::adam_step kernel = nullptr;
    if constexpr (std::same_as<T, float>)
      if (adam) kernel = optimizer_kernels_of(kernels::plain_table()).adam;  // may throw: AISLE_ISA
    ++steps_;
    constexpr std::int64_t block = 1 << 15;
    const auto count = static_cast<std::int64_t>(parameters.size());
    parallel_for((count + block - 1) / block, count < (std::int64_t{1} << 20) ? 1 : threads,
                 [&](std::int64_t b) {
                   const std::int64_t from = b * block, n = std::min(block, count - from);
                   if (adam)
                     adam_step(kernel, parameters.data() + from, gradients.data() + from,
                               first_.data() + from, second_.data() + from, n);
                   else
                     sgd_step(parameters.data() + from, gradients.data() + from, first_.data() + from, n);
                 });
  }

 private:
  void adam_step(kernels::adam_step kernel, T* p, const T* g, T* m, T* v, std::int64_t n) const noexcept {
    const auto t = static_cast<double>(steps_);
    const T b1 = static_cast<T>(options_.beta1), b2 = static_cast<T>(options_.beta2),
            rest1 = static_cast<T>(1 - options_.beta1), rest2 = static_cast<T>(1 - options_.beta2);
    const T rate = static_cast<T>(options_.learning_rate / (1 - std::pow(options_.beta1, t)));
    const T correction = static_cast<T>(1 / std::sqrt(1 - std::pow(options_.beta2, t)));
    const T epsilon = static_cast<T>(options_.epsilon), decay = static_cast<T>(options_.weight_decay);
    if constexpr (std::same_as<T, float>) {
      kernel({.parameters = p,
              .gradients = g,
              .first = m,
              .second = v,
              .count = n,
              .beta1 = b1,
              .beta2 = b2,
              .rest1 = rest1,
              .rest2 = rest2,
              .rate = rate,
              .correction = correction,
              .epsilon = epsilon,
              .decay = decay});
      return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const T gradient = g[i] + decay * p[i];
      m[i] = b1 * m[i] + rest1 * gradient;
      v[i] = b2 * v[i] + rest2 * gradient * gradient;
      p[i] -= rate * m[i] / (std::sqrt(v[i]) * correction + epsilon);
    }
  }

  void sgd_step(T* p, const T* g, T* m, std::int64_t n) const noexcept {
    const T momentum = static_cast<T>(options_.momentum), rate = static_cast<T>(options_.learning_rate),
            decay = static_cast<T>(options_.weight_decay);
    for (std::int64_t i = 0; i < n; ++i) {
      m[i] = momentum * m[i] + g[i] + decay * p[i];
      p[i] -= rate * m[i];
    }
  }

  optimizer_options options_;
  std::int64_t steps_ = 0;
  buffer<T> first_, second_;
};

AISLE_NAMESPACE_END
