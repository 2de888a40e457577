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
  /// Bytes of the output that are summed side by side in both passes: 16 pixels of a row, or of 16 rows.
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
  /// Samples [begin, end) of the axis are read: columns, or rows.
  std::int64_t begin = 0, end = 0;
  std::uint8_t* scratch = nullptr;  ///< scratch_bytes() bytes on a 64 byte boundary

  /// The samples of a group side by side, and the coefficients cut into digits: 12 bytes for 4 at most.
  std::int64_t scratch_bytes() const noexcept {
    return (end - begin + 8) * group + 64 + count * (taps * 4 + 32);
  }
};

}  // namespace kernels
AISLE_NAMESPACE_END
