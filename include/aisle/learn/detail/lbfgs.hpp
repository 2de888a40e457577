#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

struct lbfgs_options {
  std::int64_t max_iterations = 1000;
  double gradient_tolerance = 1e-5;  ///< converged when no entry of the gradient is larger
  int history = 10;
  /// Relative error of a function value. Near the optimum differences of values drown in it; a step is then
  /// judged by its slope alone (the approximate Wolfe conditions of Hager, Zhang 2005).
  double function_noise = 0;
};

struct lbfgs_result {
  std::int64_t iterations = 0;
  double value = 0;
  bool converged = false;  ///< to the tolerance, or as near as the precision of the function allows
};

/// Minimises a smooth function by limited-memory BFGS (Nocedal, Wright 2006, algorithms 7.4, 7.5) with a line
/// search for the strong Wolfe conditions (3.5, 3.6, cubic interpolation). `evaluate(x, gradient)` returns
/// the value and fills the gradient; `each(iteration, value)` is called after every step. `x` is the start
/// and becomes the result.
template <class Evaluate, class Each>
class lbfgs {
 public:
  lbfgs(std::vector<double>& x, Evaluate& evaluate, Each& each, const lbfgs_options& options)
      : x_(x),
        evaluate_(evaluate),
        each_(each),
        options_(options),
        gradient_(x.size()),
        next_x_(x.size()),
        next_gradient_(x.size()),
        direction_(x.size()) {}

  lbfgs_result run() {
    lbfgs_result result;
    value_ = evaluate_(x_, gradient_);
    double smallest = largest(gradient_), reference = value_;
    int idle = 0;
    for (;;) {
      result.value = value_;
      if (largest(gradient_) <= options_.gradient_tolerance) {
        result.converged = true;
        break;
      }
      if (result.iterations >= options_.max_iterations) break;
      find_direction();
      double slope = dot(direction_, gradient_);
      if (!(slope < 0)) {  // rounding spoilt the history
        pairs_.clear();
        find_direction();
        slope = dot(direction_, gradient_);
      }
      if (!search(slope)) {
        if (pairs_.empty()) {
          result.converged = true;
          break;
        }
        pairs_.clear();  // once more, down the gradient
        continue;
      }
      ++result.iterations;
      remember();
      value_ = next_value_;
      x_.swap(next_x_);
      gradient_.swap(next_gradient_);
      each_(result.iterations, value_);
      // Where neither the value nor the gradient has got better for a while, rounding is all that is left.
      // All the while counts: many steps of little gain each get somewhere.
      const double now = largest(gradient_);
      const double noise =
          std::max(options_.function_noise, std::numeric_limits<double>::epsilon()) * std::abs(reference);
      if (reference - value_ > noise || now <= 0.5 * smallest) {
        reference = value_;
        idle = 0;
      } else {
        ++idle;
      }
      smallest = std::min(smallest, now);
      if (idle == 10) {
        result.value = value_;
        result.converged = true;
        break;
      }
    }
    return result;
  }

 private:
  struct pair {
    std::vector<double> step, change;
    double inverse = 0;  // 1 / (step . change)
  };

  static double dot(const std::vector<double>& a, const std::vector<double>& b) {
    // Four sums: an order of its own, the same on every machine, that the compiler may keep in one vector.
    double sums[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= a.size(); i += 4)
      for (std::size_t j = 0; j < 4; ++j) sums[j] += a[i + j] * b[i + j];
    for (; i < a.size(); ++i) sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
  static double largest(const std::vector<double>& v) {
    double out = 0;
    for (const double e : v)
      out = std::max(out, is_nan(e) ? std::numeric_limits<double>::infinity() : std::abs(e));
    return out;
  }

  void find_direction() {
    for (std::size_t i = 0; i < direction_.size(); ++i) direction_[i] = -gradient_[i];
    std::vector<double> alpha(pairs_.size());
    for (std::size_t p = pairs_.size(); p-- > 0;) {
      alpha[p] = pairs_[p].inverse * dot(pairs_[p].step, direction_);
      for (std::size_t i = 0; i < direction_.size(); ++i) direction_[i] -= alpha[p] * pairs_[p].change[i];
    }
    if (!pairs_.empty()) {
      const auto& last = pairs_.back();
      const double scale = 1 / (last.inverse * dot(last.change, last.change));
      for (double& d : direction_) d *= scale;
    }
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      const double beta = pairs_[p].inverse * dot(pairs_[p].change, direction_);
      for (std::size_t i = 0; i < direction_.size(); ++i)
        direction_[i] += (alpha[p] - beta) * pairs_[p].step[i];
    }
  }

  void remember() {
    pair p;
    if (static_cast<int>(pairs_.size()) == options_.history) {
      p = std::move(pairs_.front());
      pairs_.erase(pairs_.begin());
    }
    p.step.resize(x_.size());
    p.change.resize(x_.size());
    for (std::size_t i = 0; i < x_.size(); ++i) {
      p.step[i] = next_x_[i] - x_[i];
      p.change[i] = next_gradient_[i] - gradient_[i];
    }
    const double curvature = dot(p.step, p.change);
    if (!(curvature > std::numeric_limits<double>::epsilon() * dot(p.change, p.change))) return;
    p.inverse = 1 / curvature;
    pairs_.push_back(std::move(p));
  }

  struct point {
    double at = 0, value = 0, slope = 0;
  };

  point probe(double at) {
    for (std::size_t i = 0; i < x_.size(); ++i) next_x_[i] = x_[i] + at * direction_[i];
    next_value_ = evaluate_(next_x_, next_gradient_);
    return {at, next_value_, dot(next_gradient_, direction_)};
  }

  /// The minimum of the cubic through two points and their slopes, kept off the ends of the interval.
  static double between(const point& a, const point& b) {
    const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.at - b.at);
    const double root = d1 * d1 - a.slope * b.slope;
    const double low = std::min(a.at, b.at), high = std::max(a.at, b.at), margin = 0.1 * (high - low);
    double at = 0.5 * (low + high);
    if (root >= 0) {
      const double d2 = (b.at > a.at ? 1.0 : -1.0) * std::sqrt(root);
      const double cubic = b.at - (b.at - a.at) * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
      if (is_finite(cubic)) at = cubic;
    }
    return std::clamp(at, low + margin, high - margin);
  }

  bool search(double slope) {
    constexpr double sufficient = 1e-4, curvature = 0.9;
    const point start{0, value_, slope};
    const double noise = options_.function_noise * std::abs(value_);
    const auto too_high = [&](const point& p) {
      return !(p.value <= start.value + sufficient * p.at * start.slope + noise);
    };
    const auto flat = [&](const point& p) { return std::abs(p.slope) <= -curvature * start.slope; };

    point before = start, low, high;
    // Without a history the gradient's length says nothing about the step: the first is of length 1 at most.
    double at = pairs_.empty() ? std::min(1.0, 1.0 / length(direction_)) : 1.0;
    bool bracketed = false;
    for (int tries = 0; tries < 20 && !bracketed; ++tries) {
      const point p = probe(at);
      if (too_high(p) || (tries > 0 && p.value > before.value + noise)) {
        low = before;
        high = p;
        bracketed = true;
      } else if (flat(p)) {
        return true;
      } else if (p.slope >= 0) {
        low = p;
        high = before;
        bracketed = true;
      } else {
        before = p;
        at *= 4;
      }
    }
    if (!bracketed) return before.at > 0 && usable(before, start);
    for (int tries = 0; tries < 30; ++tries) {
      const point p = probe(is_finite(high.value) ? between(low, high) : 0.5 * (low.at + high.at));
      if (too_high(p) || p.value > low.value + noise) {
        high = p;
      } else {
        if (flat(p)) return true;
        if (p.slope * (high.at - low.at) >= 0) high = low;
        low = p;
      }
      if (std::abs(high.at - low.at) <= 1e-12 * std::max(low.at, high.at)) break;
    }
    return low.at > 0 && usable(low, start);
  }

  /// Takes a point that met no curvature condition but lies lower than the start.
  bool usable(const point& p, const point& start) {
    if (!(p.value < start.value)) return false;
    probe(p.at);
    return true;
  }

  static double length(const std::vector<double>& v) {
    return std::max(std::sqrt(dot(v, v)), std::numeric_limits<double>::min());
  }

  std::vector<double>& x_;
  Evaluate& evaluate_;
  Each& each_;
  lbfgs_options options_;
  double value_ = 0, next_value_ = 0;
  std::vector<double> gradient_, next_x_, next_gradient_, direction_;
  std::vector<pair> pairs_;
};

}  // namespace detail

AISLE_NAMESPACE_END
