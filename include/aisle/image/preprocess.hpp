#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <aisle/base/config.hpp>
#include <aisle/image/image.hpp>
#include <aisle/models/preset.hpp>

AISLE_NAMESPACE_BEGIN

enum class tensor_layout : std::uint8_t {
  channels_first,  ///< C x H x W, as the toolkits hand it out
  channels_last    ///< H x W x C, as the engine reads it
};

/// Number of floats that preprocess writes.
inline std::size_t tensor_size(const preset& p) noexcept {
  return std::size_t{3} * static_cast<std::size_t>(p.crop_width) * static_cast<std::size_t>(p.crop_height);
}

/// Resize and crop of a preset: the exact bytes torchvision, timm or transformers see before they normalise,
/// crop_height x crop_width x 3 in RGB. Where the picture is smaller than the crop, black is added around it.
/// Throws shape_error for an empty picture.
image crop_for(const image& picture, const preset& p);

/// A picture to the float32 tensor a model expects. `out` holds tensor_size(p) floats; shape_error otherwise.
void preprocess(const image& picture, const preset& p, std::span<float> out,
                tensor_layout layout = tensor_layout::channels_first);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/preprocess.ipp>
#endif
