#pragma once

#include <algorithm>
#include <cstring>

#include <aisle/base/file.hpp>
#include <aisle/image/bmp.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/gif.hpp>
#include <aisle/image/jpeg.hpp>
#include <aisle/image/png.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API void check_image_size(std::uint64_t width, std::uint64_t height, std::string_view where) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
  if (width == 0 || height == 0) throw format_error(std::string(where), "an image of " + size);
  // Dimensions come from 32 bit fields, so the product cannot overflow.
  if (width * height > max_image_pixels)
    throw format_error(std::string(where), "an image of " + size + ", more than the " +
                                               std::to_string(max_image_pixels) +
                                               " allowed: a decompression bomb?");
}

namespace detail {

/// What bytes that are none of our formats look like, for the message.
AISLE_API std::string describe_bytes(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  using namespace std::string_view_literals;
  struct signature {
    std::string_view magic, name;
  };
  static constexpr signature known[] = {
      {"%PDF"sv, "a PDF document"sv},
      {"\x1f\x8b"sv, "gzip data"sv},
      {"PK\x03\x04"sv, "a ZIP archive"sv},
      {"II*\0"sv, "a TIFF image"sv},
      {"MM\0*"sv, "a TIFF image"sv},
      {"8BPS"sv, "a Photoshop image"sv},
      {"\0\0\1\0"sv, "a Windows icon"sv},
      {"<!DOCTYPE"sv, "an HTML page"sv},
      {"<!doctype"sv, "an HTML page"sv},
      {"<html"sv, "an HTML page"sv},
      {"<svg"sv, "an SVG drawing"sv},
      {"<?xml"sv, "an XML document"sv},
      {"{"sv, "JSON text"sv},
  };
  if (text.size() >= 12 && text.starts_with("RIFF") && text.substr(8, 4) == "WEBP") return "a WebP image";
  if (text.size() >= 12 && text.substr(4, 4) == "ftyp") return "a HEIF, AVIF or MP4 file";
  for (const auto& s : known)
    if (text.starts_with(s.magic)) return std::string(s.name);
  std::string hex;
  for (const char c : text.substr(0, 8)) {
    const auto v = static_cast<unsigned>(static_cast<unsigned char>(c));
    if (!hex.empty()) hex += ' ';
    hex += "0123456789abcdef"[v >> 4];
    hex += "0123456789abcdef"[v & 15];
  }
  return std::to_string(text.size()) + (text.size() == 1 ? " byte, " : " bytes that begin with ") + hex;
}

}  // namespace detail

AISLE_API image decode_image(std::span<const std::byte> bytes, std::string_view where) {
  if (bytes.empty()) throw format_error(std::string(where), "an empty file, expected an image");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(bytes, where);
  if (text.starts_with("\xff\xd8\xff")) return decode_jpeg(bytes, where);
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return decode_gif(bytes, where);
  if (text == "\xff\xd8") throw format_error(std::string(where), "JPEG: cut off after its first marker");
  if (text.starts_with("BM")) return decode_bmp(bytes, where);
  throw format_error(std::string(where),
                     "not a PNG, JPEG, GIF or BMP image but " + detail::describe_bytes(bytes));
}

AISLE_API image read_image(const std::string& path) {
  const std::string bytes = read_file(path, picture_file_limit);
  return decode_image(std::as_bytes(std::span(bytes)), path);
}

AISLE_NAMESPACE_END
