#pragma once

#include <cmath>
#include <limits>
#include <span>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// Mean of some scores and their standard deviation as a sample (n - 1).
struct spread {
  double mean = 0, sd = 0;

  /// Without values the mean is NaN; the deviation of fewer than two is 0.
  static spread of(std::span<const double> values) {
    if (values.empty()) return {std::numeric_limits<double>::quiet_NaN(), 0};
    const auto n = static_cast<double>(values.size());
    spread out;
    for (const double v : values) out.mean += v / n;
    double squares = 0;
    for (const double v : values) squares += (v - out.mean) * (v - out.mean);
    if (values.size() > 1) out.sd = std::sqrt(squares / (n - 1));
    return out;
  }
};

AISLE_NAMESPACE_END
