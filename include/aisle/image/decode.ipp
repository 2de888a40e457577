#pragma once

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <aisle/base/process.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/image/bmp.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/gif.hpp>
#include <aisle/image/jpeg.hpp>
#include <aisle/image/picture_turn.hpp>
#include <aisle/image/png.hpp>
#include <aisle/io/file_kind.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API void check_image_size(std::uint64_t width, std::uint64_t height, std::string_view where) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
  if (width == 0 || height == 0) throw format_error(std::string(where), "an image of " + size);
  // Dimensions come from 32 bit fields, so the product cannot overflow.
  if (width * height > max_image_pixels)
    throw format_error(std::string(where), "an image of " + size + ", more than the " +
                                               std::to_string(max_image_pixels) +
                                               " allowed: a decompression bomb?");
  if (std::max(width, height) > max_image_side)
    throw format_error(std::string(where), "an image of " + size + ", a side of more than the " +
                                               std::to_string(max_image_side) + " allowed");
}

AISLE_API void check_image_data(std::uint64_t width, std::uint64_t height, std::uint64_t bytes,
                                std::uint64_t most_pixels_a_byte, std::string_view where) {
  if (width * height <= free_image_pixels || width * height / most_pixels_a_byte <= bytes) return;
  throw format_error(std::string(where), "cut off: " + counted(bytes, "byte") + " cannot hold " +
                                             std::to_string(width) + " x " + std::to_string(height) +
                                             " pixels");
}

namespace detail {

/// What bytes that are none of our formats look like, for the message.
AISLE_API std::string describe_bytes(std::span<const std::byte> bytes) {
  const known_file found = recognise_file({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const std::string name(found.name);
  if (found.name == "a WebP image")
    return name +
           ", which needs libwebp: the command reads it when it was built where libwebp is installed "
           "(Debian: libwebp-dev), a program after add_webp() of aisle/image/webp.hpp";
  if (found.is == file_class::pointer) return name + ": " + std::string(found.advice);
  if (found.is != file_class::unknown) return name;
  // Never the bytes themselves: a catalogue may name any file, and messages are passed on.
  return counted(static_cast<std::int64_t>(bytes.size()), "byte") + " of no kind known here";
}

struct added_image_formats {
  std::mutex mutex;
  std::vector<image_format> formats;
};
AISLE_API added_image_formats& added_formats() {
  static added_image_formats all;
  return all;
}

}  // namespace detail

AISLE_API void add_image_format(image_format format) {
  auto& added = detail::added_formats();
  const std::lock_guard lock(added.mutex);
  std::erase_if(added.formats, [&](const image_format& f) { return f.name == format.name; });
  added.formats.push_back(std::move(format));
}

AISLE_API image detail::decode_image(std::span<const std::byte> bytes, std::string_view where,
                                     picture_turn& turn, const size_demand& demand) {
  throw_if_interrupted();
  if (bytes.empty()) throw format_error(std::string(where), "an empty file, expected an image");
  if (stated_pixels(bytes) >= big_picture_pixels) turn.take();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(bytes, where);
  if (text.starts_with("\xff\xd8\xff")) return decode_jpeg(bytes, where, demand);
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return decode_gif(bytes, where);
  if (text == "\xff\xd8") throw format_error(std::string(where), "JPEG: cut off after its first marker");
  if (text.starts_with("BM")) return decode_bmp(bytes, where);
  std::optional<image_format> other;
  std::string names = "PNG, JPEG, GIF, BMP";
  {
    auto& added = detail::added_formats();
    const std::lock_guard lock(added.mutex);
    for (const image_format& f : added.formats) {
      names += ", " + f.name;
      if (!other && f.recognises(bytes)) other = f;
    }
  }
  if (other) return other->decode(bytes, where);
  names.replace(names.rfind(", "), 2, " or ");
  throw format_error(std::string(where), "not a " + names + " image but " + detail::describe_bytes(bytes));
}

AISLE_NAMESPACE_END
