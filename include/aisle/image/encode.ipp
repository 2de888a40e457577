#pragma once

#include <aisle/base/counted.hpp>
#include <aisle/image/detail/stb.ipp>

#include <atomic>
#include <climits>

#include <aisle/base/ascii.hpp>
#include <aisle/base/file.hpp>
#include <aisle/image/encode.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void append_bytes(void* to, void* data, int size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

AISLE_API void check_encodable(const image_view& picture, int largest) {
  if (picture.width() < 1 || picture.height() < 1 || picture.width() > largest || picture.height() > largest)
    throw shape_error("cannot encode a picture of " + std::to_string(picture.width()) + " x " +
                      std::to_string(picture.height()) + " pixels");
}

AISLE_API std::atomic<jpeg_encoder>& added_jpeg_encoder() noexcept {
  static std::atomic<jpeg_encoder> encoder = nullptr;
  return encoder;
}
AISLE_API void set_jpeg_encoder(jpeg_encoder encoder) noexcept { added_jpeg_encoder().store(encoder); }

}  // namespace detail

AISLE_API std::string encode_png(const image_view& picture) {
  detail::check_encodable(picture, 1 << 20);
  if (picture.stride() > INT_MAX)
    throw shape_error("cannot encode rows of " + counted(picture.stride(), "byte"));
  std::string out;
  if (stbi_write_png_to_func(detail::append_bytes, &out, picture.width(), picture.height(), 3,
                             picture.row(0).data(), static_cast<int>(picture.stride())) == 0)
    throw error{"PNG encoding failed"};
  return out;
}

AISLE_API std::string encode_jpeg(const image_view& picture, const jpeg_options& options) {
  detail::check_encodable(picture, 65535);
  if (options.quality < 1 || options.quality > 100)
    throw option_error("a JPEG quality of " + std::to_string(options.quality) + ", expected 1 to 100");
  if (const detail::jpeg_encoder other = detail::added_jpeg_encoder().load())
    return other(picture, options.quality);
  image copy;  // stb_image_write's JPEG knows no stride
  const bool gaps = picture.stride() != static_cast<std::size_t>(picture.width()) * 3;
  if (gaps) copy = image(picture);
  std::string out;
  if (stbi_write_jpg_to_func(detail::append_bytes, &out, picture.width(), picture.height(), 3,
                             gaps ? copy.rgb().data() : picture.row(0).data(), options.quality) == 0)
    throw error{"JPEG encoding failed"};
  return out;
}

AISLE_API void write_image(const std::string& path, const image_view& picture) {
  const auto dot = path.find_last_of("./");
  const std::string ending =
      dot == std::string::npos || path[dot] == '/' ? std::string() : ascii::lower(path.substr(dot + 1));
  if (ending == "png")
    write_file(path, encode_png(picture));
  else if (ending == "jpg" || ending == "jpeg")
    write_file(path, encode_jpeg(picture));
  else
    throw option_error(path + ": images are written as .png, .jpg or .jpeg");
}

AISLE_NAMESPACE_END
