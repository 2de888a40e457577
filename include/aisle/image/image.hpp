#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Bytes of `height` rows of `width` pixels, `stride` bytes from one to the next. Throws shape_error for
/// sides below 0, rows that overlap, and more bytes than any memory holds.
inline std::size_t rgb_bytes(int width, int height, std::size_t stride) {
  constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();
  const std::size_t row = static_cast<std::size_t>(width < 0 ? 0 : width) * 3;
  const std::size_t gaps = height > 1 ? static_cast<std::size_t>(height - 1) : 0;
  if (width < 0 || height < 0 || stride < row || stride > most ||
      (width > 0 && gaps > 0 && stride > (most - row) / gaps))
    throw shape_error("a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                      " pixels with rows of " + counted(stride, "byte"));
  return width == 0 || height == 0 ? 0 : gaps * stride + row;
}

}  // namespace detail

/// Someone's picture of 8 bit RGB: rows from the top, `stride` bytes from one to the next. The pixels must
/// outlive it.
class image_view {
 public:
  image_view() = default;
  /// Throws shape_error unless `rgb` holds all rows.
  image_view(std::span<const std::uint8_t> rgb, int width, int height, std::size_t stride)
      : data_(rgb.data()), width_(width), height_(height), stride_(stride) {
    if (const std::size_t least = detail::rgb_bytes(width, height, stride); rgb.size() < least)
      throw shape_error("a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                        " pixels in RGB takes " + counted(least, "byte") + ", found " +
                        std::to_string(rgb.size()));
  }
  /// Rows without a gap.
  image_view(std::span<const std::uint8_t> rgb, int width, int height)
      : image_view(rgb, width, height, static_cast<std::size_t>(width < 0 ? 0 : width) * 3) {}

  int width() const noexcept { return width_; }
  int height() const noexcept { return height_; }
  bool empty() const noexcept { return width_ == 0 || height_ == 0; }
  std::size_t stride() const noexcept { return stride_; }
  /// width x 3 bytes.
  std::span<const std::uint8_t> row(int y) const noexcept {
    return {data_ + static_cast<std::size_t>(y) * stride_, static_cast<std::size_t>(width_) * 3};
  }

 private:
  const std::uint8_t* data_ = nullptr;
  int width_ = 0, height_ = 0;
  std::size_t stride_ = 0;
};

/// A picture of 8 bit RGB: height x width x 3 bytes, rows from the top without a gap. Spans of it cannot be
/// taken of a temporary: give the picture a name first.
class image {
 public:
  image() = default;
  /// Uninitialised pixels. Throws shape_error for sides below 0 and more bytes than any memory holds.
  image(int width, int height)
      : width_(width), height_(height), rgb_(detail::rgb_bytes(width, height, stride_of(width))) {}
  /// A copy.
  explicit image(const image_view& from) : image(from.width(), from.height()) {
    for (int y = 0; y < height_ && width_ > 0; ++y) {
      const auto source = from.row(y);
      std::copy(source.begin(), source.end(), row(y).begin());
    }
  }
  image(const image&) = default;
  image& operator=(const image&) = default;
  // What was moved from is empty, not of its old size without pixels.
  image(image&& other) noexcept { swap(other); }
  image& operator=(image&& other) noexcept {
    image taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~image() = default;

  int width() const noexcept { return width_; }
  int height() const noexcept { return height_; }
  bool empty() const noexcept { return rgb_.empty(); }
  /// Bytes from one row to the next.
  std::size_t stride() const noexcept { return stride_of(width_); }
  std::span<std::uint8_t> rgb() & noexcept { return rgb_; }
  std::span<const std::uint8_t> rgb() const& noexcept { return rgb_; }
  std::span<const std::uint8_t> rgb() const&& = delete;
  /// width x 3 bytes.
  std::span<std::uint8_t> row(int y) & noexcept {
    return {rgb_.data() + static_cast<std::size_t>(y) * stride(), stride()};
  }
  std::span<const std::uint8_t> row(int y) const& noexcept {
    return {rgb_.data() + static_cast<std::size_t>(y) * stride(), stride()};
  }
  std::span<const std::uint8_t> row(int y) const&& = delete;
  // As an argument a temporary lives long enough.
  operator image_view() const AISLE_LIFETIME_BOUND { return {rgb_, width_, height_}; }
  friend bool operator==(const image&, const image&) = default;

 private:
  static std::size_t stride_of(int width) noexcept {
    return static_cast<std::size_t>(width < 0 ? 0 : width) * 3;
  }
  void swap(image& other) noexcept {
    std::swap(width_, other.width_);
    std::swap(height_, other.height_);
    rgb_.swap(other.rgb_);
  }

  int width_ = 0, height_ = 0;
  buffer<std::uint8_t> rgb_;
};

AISLE_NAMESPACE_END
