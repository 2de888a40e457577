#pragma once

#include <cstddef>
#include <cstdint>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace kernels {

/// One pass of a separable resize of 8 bit RGB rows, along one axis. Output i is the sum over t < lengths[i]
/// of coefficients[i * taps + t] (22 bit fixed point) times sample firsts[i] + t, plus half, shifted back and
/// clipped.
struct resize_pass {
  /// Group size of both passes: 16 pixels, or 16 rows side by side.
  static constexpr std::int64_t group = 48;

  const std::uint8_t* source = nullptr;
  std::ptrdiff_t source_stride = 0;  ///< bytes from row to row
  std::uint8_t* target = nullptr;
  std::ptrdiff_t target_stride = 0;
  const std::int32_t *coefficients = nullptr, *firsts = nullptr, *lengths = nullptr;
  std::int64_t taps = 0;   ///< coefficients per output
  std::int64_t count = 0;  ///< outputs along the axis: pixels of a row, or rows
  /// Horizontal: rows. Vertical: bytes of a row.
  std::int64_t line_count = 0;
  /// Horizontal only: columns [column_begin, column_end) of the source are read.
  std::int64_t column_begin = 0, column_end = 0;
  std::uint8_t* scratch = nullptr;  ///< horizontal only: scratch_bytes() bytes

  std::int64_t scratch_bytes() const noexcept { return (column_end - column_begin) * group + 16; }
};

}  // namespace kernels
AISLE_NAMESPACE_END
