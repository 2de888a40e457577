#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <aisle/base/error.hpp>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// How a window's input is extended at the borders.
enum class padding : std::uint8_t {
  fixed,  ///< `pad` zeros on every side (PyTorch)
  same,   ///< TensorFlow's SAME: ceil(size / stride) outputs, the odd zero goes after
  after,  ///< ceil(size / stride) outputs, all zeros after: where windows lie side by side
};

/// A window along one axis of a map.
struct window_axis {
  std::int64_t kernel, stride, pad;
  padding mode;

  /// Positions along an axis of `size`; 0 where the window does not fit.
  std::int64_t positions(std::int64_t size) const {
    if (mode != padding::fixed) return (size + stride - 1) / stride;
    return size + 2 * pad < kernel ? 0 : (size + 2 * pad - kernel) / stride + 1;
  }
  /// Padding in front of an axis of `size`.
  std::int64_t before(std::int64_t size) const {
    if (mode == padding::fixed) return pad;
    if (mode == padding::after) return 0;
    return std::max<std::int64_t>((positions(size) - 1) * stride + kernel - size, 0) / 2;
  }
};

/// A window that moves over a map: what convolutions and pooling have in common.
struct window {
  std::int64_t kernel = 1, stride = 1, pad = 0;
  padding mode = padding::fixed;
  std::int64_t kernel_width = 0;  ///< where it is not square; 0: as wide as it is high

  std::int64_t height() const { return kernel; }
  std::int64_t width() const { return kernel_width > 0 ? kernel_width : kernel; }
  std::int64_t taps() const { return height() * width(); }
  window_axis rows() const { return {height(), stride, pad, mode}; }
  window_axis columns() const { return {width(), stride, pad, mode}; }
  /// The map of its positions over `in`, with `channels`. Throws shape_error, which begins with `who`.
  value_shape over(const value_shape& in, std::int64_t channels, const std::string& who) const {
    const std::int64_t h = rows().positions(in.h), w = columns().positions(in.w);
    if (h <= 0 || w <= 0)
      throw shape_error(who + ": an input of " + to_string(in) + " is smaller than its window of " +
                        std::to_string(height()) + " x " + std::to_string(width()));
    return value_shape::map(h, w, channels);
  }
  line_window needed_lines(const value_shape& in) const { return {stride, rows().before(in.h), height()}; }
};

}  // namespace nn
AISLE_NAMESPACE_END
