#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <aisle/learn/calibration.hpp>
#include <aisle/learn/detail/probabilities.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

template <class T>
double log_of(T p) {
  return std::log(std::max(static_cast<double>(p), probability_floor));
}

/// First and second derivative of the log loss by the inverse of the temperature, b. Of a row with the
/// logarithms l and the true class y the loss is log sum exp(b l) - b l_y; it is convex in b.
struct loss_slope {
  std::vector<double> logs;     // [rows, classes]
  std::vector<double> targets;  // of a row: the mean of its logarithms by what it is said to be
  std::size_t classes = 0;

  template <class T>
  loss_slope(const label_vector& truth, matrix_view<const T> p)
      : classes(static_cast<std::size_t>(p.cols())) {
    constexpr std::int64_t most = 20'000;
    const std::int64_t rows = std::min(p.rows(), most);
    const double spread = 1 / (static_cast<double>(rows) + 1);  // one more row, of every class alike
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t r = rows == p.rows() ? i : i * p.rows() / rows;
      double mean = 0;
      for (const T v : p.row(r)) {
        logs.push_back(log_of(v));
        mean += logs.back() / static_cast<double>(classes);
      }
      const auto y = static_cast<std::size_t>(truth.codes()[static_cast<std::size_t>(r)]);
      targets.push_back((1 - spread) * logs[logs.size() - classes + y] + spread * mean);
    }
  }

  std::pair<double, double> at(double b) const {
    double slope = 0, curvature = 0;
    for (std::size_t r = 0; r < targets.size(); ++r) {
      const double* l = logs.data() + r * classes;
      const double top = *std::max_element(l, l + classes);
      double sum = 0, first = 0, second = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        const double e = std::exp(b * (l[c] - top));
        sum += e;
        first += e * l[c];
        second += e * l[c] * l[c];
      }
      const double mean = first / sum;
      slope += mean - targets[r];
      curvature += second / sum - mean * mean;
    }
    return {slope, curvature};
  }
};

template <class T>
double temperature_of(const label_vector& truth, matrix_view<const T> p) {
  require_probabilities(truth, p);
  const loss_slope loss(truth, p);
  double low = 1 / 20.0, high = 20;  // b, between which the slope changes its sign
  if (loss.at(low).first >= 0) return 1 / low;
  if (loss.at(high).first <= 0) return 1 / high;
  double b = 1;
  for (int i = 0; i < 100; ++i) {  // Newton's steps, halving where they leave the bracket
    const auto [slope, curvature] = loss.at(b);
    (slope < 0 ? low : high) = b;
    const double step = curvature > 0 ? b - slope / curvature : low;
    const double next = step > low && step < high ? step : (low + high) / 2;
    if (std::abs(next - b) < 1e-12 * b) break;
    b = next;
  }
  return 1 / b;
}

template <class T>
matrix<T> tempered(matrix_view<const T> p, double temperature) {
  if (!is_finite(temperature) || temperature <= 0)
    throw option_error("temperature is " + number_text(temperature) + ", expected a number above 0");
  matrix<T> out(p.rows(), p.cols());
  for (std::int64_t r = 0; r < p.rows(); ++r) {
    const auto from = p.row(r);
    auto to = out.row(r);
    std::copy(from.begin(), from.end(), to.begin());
    if (temperature == 1 || from.empty()) continue;
    const double top = log_of(*std::max_element(from.begin(), from.end()));
    double sum = 0;
    for (const T v : from) sum += std::exp((log_of(v) - top) / temperature);
    for (std::size_t c = 0; c < from.size(); ++c)
      to[c] = static_cast<T>(std::exp((log_of(from[c]) - top) / temperature) / sum);
  }
  return out;
}

template <class T>
double calibration_error(const label_vector& truth, matrix_view<const T> p, int bins) {
  require_probabilities(truth, p);
  if (bins < 1) throw option_error("bins is " + std::to_string(bins) + ", expected at least 1");
  std::vector<double> off(static_cast<std::size_t>(bins));  // of a bin: the sum of confidence less right
  for (std::int64_t r = 0; r < p.rows(); ++r) {
    const auto row = p.row(r);
    const auto best = std::max_element(row.begin(), row.end());
    const double sure = std::min(1.0, static_cast<double>(*best));
    const auto bin = std::clamp(static_cast<int>(std::ceil(sure * bins)) - 1, 0, bins - 1);
    const bool right = best - row.begin() == truth.codes()[static_cast<std::size_t>(r)];
    off[static_cast<std::size_t>(bin)] += sure - (right ? 1 : 0);
  }
  double sum = 0;
  for (const double v : off) sum += std::abs(v);
  return sum / static_cast<double>(p.rows());
}

}  // namespace detail

AISLE_API double fit_temperature(const label_vector& truth, matrix_view<const float> probabilities) {
  return detail::temperature_of(truth, probabilities);
}
AISLE_API double fit_temperature(const label_vector& truth, matrix_view<const double> probabilities) {
  return detail::temperature_of(truth, probabilities);
}
AISLE_API matrix<float> at_temperature(matrix_view<const float> probabilities, double temperature) {
  return detail::tempered(probabilities, temperature);
}
AISLE_API matrix<double> at_temperature(matrix_view<const double> probabilities, double temperature) {
  return detail::tempered(probabilities, temperature);
}
AISLE_API double expected_calibration_error(const label_vector& truth, matrix_view<const float> probabilities,
                                            int bins) {
  return detail::calibration_error(truth, probabilities, bins);
}
AISLE_API double expected_calibration_error(const label_vector& truth,
                                            matrix_view<const double> probabilities, int bins) {
  return detail::calibration_error(truth, probabilities, bins);
}

AISLE_NAMESPACE_END
