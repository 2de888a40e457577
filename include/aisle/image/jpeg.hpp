#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/image/image.hpp>

AISLE_NAMESPACE_BEGIN

/// Decodes one JPEG file to RGB. Throws format_error, beginning with `where`, for anything damaged or too
/// large. Baseline and progressive Huffman JPEG of 8 bits: grey, YCbCr, RGB, CMYK and YCCK (taken as
/// inverted, as Adobe writes them and Pillow assumes). The structure is checked before stb_image decodes it:
/// every table a scan needs must be there, every component must have a scan, every scan its restart markers,
/// and the file must reach its end marker. Pillow fills what is missing with grey. Arithmetic coding,
/// lossless and 12 bit are not supported.
image decode_jpeg(std::span<const std::byte> bytes, std::string_view where);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/jpeg.ipp>
#endif
