#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A number as it stands in messages, also one that is none.
inline std::string number_text(const double& v) {
  return is_finite(v) ? std::to_string(v) : is_nan(v) ? "NaN" : "infinite";
}

/// Throws row_error at the first NaN of `x` (or infinity, unless allowed); `what` says what x is.
template <class T>
void require_numbers(const std::string& what, matrix_view<const T> x, bool allow_infinity = false,
                     int threads = 1) {
  const auto good = [&](std::span<const T> row) { return allow_infinity ? no_nan(row) : all_finite(row); };
  const std::int64_t block = 1 + (std::int64_t{1} << 20) / std::max<std::int64_t>(x.cols(), 1);  // rows
  std::atomic<bool> all_good{true};
  parallel_for((x.rows() + block - 1) / block, x.rows() > block ? threads : 1, [&](std::int64_t b) {
    const std::int64_t end = std::min((b + 1) * block, x.rows());
    for (std::int64_t r = b * block; r < end && all_good; ++r)
      if (!good(x.row(r))) all_good = false;
  });
  for (std::int64_t r = 0; r < x.rows() && !all_good; ++r) {
    const auto row = x.row(r);
    if (good(row)) continue;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (is_finite(row[c]) || (allow_infinity && is_infinite(row[c]))) continue;
      throw row_error(what, r, std::to_string(c),
                      is_nan(row[c]) ? "NaN, expected a number" : "infinite, expected a finite number");
    }
  }
}

}  // namespace detail

AISLE_NAMESPACE_END
