#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/image/image.hpp>

AISLE_NAMESPACE_BEGIN

/// Decodes one PNG file to RGB. Throws format_error, beginning with `where`, for anything damaged or too
/// large. Every colour type and depth, interlaced or not. As Pillow does, takes a wrong checksum of image
/// data, surplus or missing rows in a complete data stream (black), no end chunk, no palette (black); 16 bit
/// grey without alpha clips at 255. Source: PNG specification (ISO/IEC 15948), tolerance as in Pillow's
/// PngImagePlugin and ZipDecode.
image decode_png(std::span<const std::byte> bytes, std::string_view where);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/png.ipp>
#endif
