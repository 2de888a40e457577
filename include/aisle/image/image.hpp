#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

/// A picture of 8 bit RGB: `rgb` is height x width x 3, rows from the top, no padding.
struct image {
  int width = 0;
  int height = 0;
  buffer<std::uint8_t> rgb;

  image() = default;
  /// Uninitialised pixels.
  image(int w, int h)
      : width(w), height(h), rgb(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 3) {}

  std::size_t stride() const noexcept { return static_cast<std::size_t>(width) * 3; }
  std::uint8_t* row(int y) noexcept { return rgb.data() + static_cast<std::size_t>(y) * stride(); }
  const std::uint8_t* row(int y) const noexcept {
    return rgb.data() + static_cast<std::size_t>(y) * stride();
  }
};

AISLE_NAMESPACE_END
