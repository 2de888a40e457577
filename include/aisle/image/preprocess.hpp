#pragma once

#include <cstdint>

#include <aisle/base/config.hpp>
#include <aisle/image/image.hpp>
#include <aisle/image/image_tensor.hpp>
#include <aisle/image/jpeg.hpp>
#include <aisle/models/preset.hpp>

AISLE_NAMESPACE_BEGIN

/// Resize and crop of a preset: the exact bytes torchvision, timm or transformers see before they normalise,
/// crop_height x crop_width x 3 in RGB. Where the picture is smaller than the crop, black is added around it.
/// Throws shape_error for an empty picture.
image crop_for(const image_view& picture, const preset& p);

/// A picture as the tensor a model expects: 1 x crop_height x crop_width pixels. Throws as crop_for.
image_tensor preprocess(const image_view& picture, const preset& p,
                        tensor_layout layout = tensor_layout::channels_last);
/// The same as picture `at` of `out`, in its layout. Throws shape_error where `out` has pictures of another
/// size, or fewer of them.
void preprocess(const image_view& picture, const preset& p, image_tensor& out, std::int64_t at);

namespace detail {
/// What a preset needs of a picture's file: nothing but where it decodes at a smaller scale.
size_demand demand_of(const preset& p);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/preprocess.ipp>
#endif
