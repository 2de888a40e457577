#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/image/image.hpp>

AISLE_NAMESPACE_BEGIN

/// Decodes one BMP file to RGB. Throws format_error, beginning with `where`, for anything damaged or too
/// large. 1, 4, 8, 16, 24 and 32 bits, palette, bit fields, RLE4 and RLE8, bottom-up or top-down; alpha is
/// dropped. Source: the Windows BITMAPINFOHEADER family, tolerance as in Pillow's BmpImagePlugin.
image decode_bmp(std::span<const std::byte> bytes, std::string_view where);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/bmp.ipp>
#endif
