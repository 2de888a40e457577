#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

enum class tensor_layout : std::uint8_t {
  channels_last,  ///< height x width x 3, as the engine reads it
  channels_first  ///< 3 x height x width, as the toolkits hand it out
};

/// Pictures prepared for a model: count x height x width pixels of three floats. It knows its layout, so that
/// what preprocess() made and what others made mean the same to image_encoder::encode_tensors(). Moved from,
/// it holds no pictures. Spans of it cannot be taken of a temporary.
class image_tensor {
 public:
  image_tensor() = default;
  /// Uninitialised. Throws shape_error for sizes that are negative or absurd.
  image_tensor(std::int64_t count, int height, int width, tensor_layout layout = tensor_layout::channels_last)
      : count_(count), height_(height), width_(width), layout_(layout) {
    constexpr std::int64_t most = std::int64_t{1} << 56;
    const std::int64_t pixels = std::int64_t{std::max(height, 0)} * std::max(width, 0);
    if (count < 0 || height < 0 || width < 0 || (pixels > 0 && count > most / pixels))
      throw shape_error("a tensor of " + size_text());
    values_.resize(static_cast<std::size_t>(count * pixels * 3));
  }
  /// A copy of what someone else prepared. Throws shape_error unless `values` are count x height x width x 3.
  image_tensor(std::span<const float> values, std::int64_t count, int height, int width, tensor_layout layout)
      : image_tensor(count, height, width, layout) {
    if (values.size() != values_.size())
      throw shape_error("a tensor of " + size_text() + " takes " + counted(values_.size(), "float") +
                        ", found " + std::to_string(values.size()));
    std::copy(values.begin(), values.end(), values_.begin());
  }

  std::int64_t count() const noexcept { return count_; }
  int height() const noexcept { return height_; }
  int width() const noexcept { return width_; }
  tensor_layout layout() const noexcept { return layout_; }
  std::span<float> values() & noexcept { return values_; }
  std::span<const float> values() const& noexcept { return values_; }
  std::span<const float> values() const&& = delete;
  /// Picture `i` of count(): height x width x 3 floats.
  std::span<float> picture(std::int64_t i) & noexcept {
    return values().subspan(static_cast<std::size_t>(i) * floats(), floats());
  }
  std::span<const float> picture(std::int64_t i) const& noexcept {
    return values().subspan(static_cast<std::size_t>(i) * floats(), floats());
  }
  std::span<const float> picture(std::int64_t i) const&& = delete;

 private:
  std::size_t floats() const noexcept {
    return static_cast<std::size_t>(height()) * static_cast<std::size_t>(width()) * 3;
  }
  std::string size_text() const {
    return counted(count(), "picture") + " of " + std::to_string(width()) + " x " + std::to_string(height()) +
           " pixels";
  }

  detail::moved_size<std::int64_t> count_;
  detail::moved_size<int> height_, width_;
  tensor_layout layout_ = tensor_layout::channels_last;
  buffer<float> values_;
};

AISLE_NAMESPACE_END
