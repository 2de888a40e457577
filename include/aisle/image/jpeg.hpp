#pragma once

#include <cstddef>
#include <functional>
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

namespace detail {

struct pixel_size {
  int width = 0, height = 0;
};
/// From the size of a picture to what of it is needed: a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size,
/// but not smaller than that.
using size_demand = std::function<pixel_size(pixel_size)>;

image decode_jpeg(std::span<const std::byte> bytes, std::string_view where, const size_demand& demand);

/// Decodes the pixels of a file whose structure has been checked; `least` is 0 x 0 where all are wanted.
using jpeg_decoder = image (*)(std::span<const std::byte> bytes, pixel_size size, pixel_size least,
                               std::string_view where);
/// What decodes JPEG in this program instead of stb_image; null: nothing. aisle/image/libjpeg.hpp is one.
void set_jpeg_decoder(jpeg_decoder decoder) noexcept;
jpeg_decoder other_jpeg_decoder() noexcept;

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/jpeg.ipp>
#endif
