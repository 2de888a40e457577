#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/process.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

// Probabilities of several classifiers as one: p(class) as the product of theirs, each to a power, scaled to
// sum 1.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Logarithms of probabilities at a temperature, scaled to sum 1.
template <class T>
void tempered_logs(std::span<const T> p, double temperature, std::span<T> out) {
  double top = -std::numeric_limits<double>::max(), sum = 0;
  const auto log_of = [&](T v) {
    return std::log(std::max(static_cast<double>(v), probability_floor)) / temperature;
  };
  for (const T v : p) top = std::max(top, log_of(v));
  for (const T v : p) sum += std::exp(log_of(v) - top);
  const double shift = top + std::log(sum);
  for (std::size_t c = 0; c < p.size(); ++c) out[c] = static_cast<T>(log_of(p[c]) - shift);
}

/// `logs`: [rows, blocks * classes]. Fills `out` [rows, classes].
template <class T>
void pool(matrix_view<const T> logs, std::span<const double> weights, matrix_view<T> out) {
  const auto classes = static_cast<std::size_t>(out.cols());
  std::vector<double> sum(classes);
  for (std::int64_t r = 0; r < out.rows(); ++r) {
    const std::span<const T> from = logs.row(r);
    std::fill(sum.begin(), sum.end(), 0.0);
    for (std::size_t b = 0; b < weights.size(); ++b)
      for (std::size_t c = 0; c < classes; ++c)
        sum[c] += weights[b] * static_cast<double>(from[b * classes + c]);
    const double top = *std::max_element(sum.begin(), sum.end());
    double total = 0;
    for (double& v : sum) total += v = std::exp(v - top);
    for (std::size_t c = 0; c < classes; ++c) out.row(r)[c] = static_cast<T>(sum[c] / total);
  }
}

/// The weights, none below 0, with the least log loss of what they make of rows that the classifiers did not
/// see: of the mean loss, and of one row's worth of leaning to equal weights. Convex; found by steps down the
/// gradient.
template <class T>
std::vector<double> fit_pool(matrix_view<const T> logs, const label_vector& truth, std::size_t blocks) {
  const auto rows = static_cast<double>(logs.rows());
  const std::size_t classes = static_cast<std::size_t>(logs.cols()) / blocks;
  const double equal = 1 / static_cast<double>(blocks);
  std::vector<double> sum(classes);
  // The loss, and its gradient where one is asked for.
  const auto loss_at = [&](const std::vector<double>& w, std::vector<double>* gradient) {
    double loss = 0;
    if (gradient) gradient->assign(blocks, 0.0);
    for (std::int64_t r = 0; r < logs.rows(); ++r) {
      const std::span<const T> from = logs.row(r);
      const auto log_of = [&](std::size_t b, std::size_t c) {
        return static_cast<double>(from[b * classes + c]);
      };
      std::fill(sum.begin(), sum.end(), 0.0);
      for (std::size_t b = 0; b < blocks; ++b)
        for (std::size_t c = 0; c < classes; ++c) sum[c] += w[b] * log_of(b, c);
      const double top = *std::max_element(sum.begin(), sum.end());
      const auto y = static_cast<std::size_t>(truth.codes()[static_cast<std::size_t>(r)]);
      const double own = sum[y];
      double total = 0;
      for (double& v : sum) total += v = std::exp(v - top);
      loss += (top + std::log(total) - own) / rows;
      for (std::size_t b = 0; gradient && b < blocks; ++b) {
        double mean = 0;
        for (std::size_t c = 0; c < classes; ++c) mean += sum[c] / total * log_of(b, c);
        (*gradient)[b] += (mean - log_of(b, y)) / rows;
      }
    }
    for (std::size_t b = 0; b < blocks; ++b) {
      loss += (w[b] - equal) * (w[b] - equal) / rows;
      if (gradient) (*gradient)[b] += 2 * (w[b] - equal) / rows;
    }
    return loss;
  };
  std::vector<double> w(blocks, equal), gradient, next(blocks);
  double loss = loss_at(w, &gradient), step = 1;
  for (int i = 0; i < 200; ++i) {
    throw_if_interrupted();
    double moved = 0;
    for (;; step /= 2) {
      moved = 0;
      for (std::size_t b = 0; b < blocks; ++b) {
        next[b] = std::clamp(w[b] - step * gradient[b], 0.0, 10.0);
        moved += std::abs(next[b] - w[b]);
      }
      if (moved < 1e-5 || loss_at(next, nullptr) < loss) break;
    }
    if (moved < 1e-5) break;
    w = next;
    loss = loss_at(w, &gradient);
    step *= 4;
  }
  return w;
}

}  // namespace detail
AISLE_NAMESPACE_END
