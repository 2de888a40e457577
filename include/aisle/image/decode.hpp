#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/image/image.hpp>

// Image files as Pillow 13 reads them: what `Image.open(f).convert("RGB")` holds, byte for byte for PNG, GIF
// and BMP. Alpha and transparency are dropped, which exposes the colours hidden under them; EXIF orientation
// and colour profiles are ignored; of an animation the first frame counts.

AISLE_NAMESPACE_BEGIN

/// The most bytes a picture's file may have: read_image() refuses larger ones unread.
inline constexpr std::uint64_t picture_file_limit = std::uint64_t{1} << 30;
/// The most pixels a picture may have: Pillow's limit against decompression bombs.
inline constexpr std::uint64_t max_image_pixels = 178'956'970;
/// A resize has as many coefficients as a side has pixels, times some, for a picture of one row, too.
inline constexpr std::uint64_t max_image_side = 1'000'000;
/// Pictures of up to so many pixels are decoded however few bytes claim them.
inline constexpr std::uint64_t free_image_pixels = std::uint64_t{1} << 20;

/// Decodes PNG, JPEG, GIF, BMP or a format that was added, recognised by content. `where` (the file's path,
/// say) begins every message. Throws format_error for bytes that are no such image, are damaged or cut off,
/// or exceed max_image_pixels. Time and memory follow the number of bytes, the pixels that they can hold at
/// most; of pictures of more than 32 million pixels one is decoded at a time in the whole process.
image decode_image(std::span<const std::byte> bytes, std::string_view where);
inline image decode_image(std::span<const std::uint8_t> bytes, std::string_view where) {
  return decode_image(std::as_bytes(bytes), where);
}
/// The same of a file's content in a string, as read_file() gives it.
inline image decode_image(std::string_view content, std::string_view where) {
  return decode_image(std::as_bytes(std::span(content.data(), content.size())), where);
}

/// Decodes a file; `on_bytes` is shown its bytes before. Throws file_error if it cannot be read or is none (a
/// pipe, a device), format_error as decode_image does.
image read_image(const std::string& path,
                 const std::function<void(std::span<const std::byte>)>& on_bytes = {});

/// A format that is not built in.
struct image_format {
  std::string name;
  /// Whether the bytes begin as its files do.
  bool (*recognises)(std::span<const std::byte> bytes);
  /// As decode_image: refuses pictures of more than max_image_pixels before it takes memory for them.
  image (*decode)(std::span<const std::byte> bytes, std::string_view where);
};

/// Makes decode_image, and so everything that reads pictures, take one more format; one of the same name is
/// replaced. For the whole program, from any thread; aisle/image/webp.hpp is one.
void add_image_format(image_format format);

/// Throws format_error unless 0 < width * height <= max_image_pixels.
void check_image_size(std::uint64_t width, std::uint64_t height, std::string_view where);

/// Throws format_error where a picture is large and `bytes` of a format that packs at most so many pixels
/// into one cannot hold it.
void check_image_data(std::uint64_t width, std::uint64_t height, std::uint64_t bytes,
                      std::uint64_t most_pixels_a_byte, std::string_view where);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/decode.ipp>
#include <aisle/image/picture_turn.ipp>
#endif
