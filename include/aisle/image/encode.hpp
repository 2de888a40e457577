#pragma once

#include <cstdint>
#include <string>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/image/image.hpp>

AISLE_NAMESPACE_BEGIN

struct jpeg_options {
  int quality = 90;  ///< 1 to 100
};

/// A PNG file of the picture: 8 bit RGB, lossless. Throws shape_error for an empty picture.
std::string encode_png(const image_view& picture);

/// A baseline JPEG file of the picture; chroma is subsampled 4:2:0 up to quality 90. After use_libjpeg()
/// (aisle/image/libjpeg.hpp) it is the file that Pillow writes, with 4:2:0 at any quality. Throws shape_error
/// for an empty picture or sides above 65535, option_error for a quality outside 1 to 100.
std::string encode_jpeg(const image_view& picture, const jpeg_options& options = {});

/// Writes a .png, .jpg or .jpeg file, by the path's ending, atomically. Throws option_error for another
/// ending.
void write_image(const std::string& path, const image_view& picture);

namespace detail {
/// A JPEG of sides and a quality that have been checked.
using jpeg_encoder = std::string (*)(const image_view& picture, int quality);
/// What encodes JPEG in this program instead of stb_image_write; null: nothing.
void set_jpeg_encoder(jpeg_encoder encoder) noexcept;
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/encode.ipp>
#endif
