#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/image/image.hpp>

AISLE_NAMESPACE_BEGIN

/// Decodes one GIF file to RGB. Throws format_error, beginning with `where`, for anything damaged or too
/// large. The first frame on its canvas. What the frame leaves bare is colour 0 of the palette or, where the
/// frame has a transparent index, the colour of that index. Source: GIF89a specification, tolerance as in
/// Pillow's GifImagePlugin.
image decode_gif(std::span<const std::byte> bytes, std::string_view where);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/gif.ipp>
#endif
